"""What one WebSocket connection has asked for: companies by token, topics by offset, and whether it listens."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from sandbox.fortnox.topics.events import TOPICS, Event, place_of
from sandbox.fortnox.world import World

Answer = dict[str, Any]
_ids = itertools.count(1)


@dataclass
class TopicSession:
    """One connection. Callers hold no lock; the world's is taken here."""

    world: World
    id: int = field(default_factory=lambda: next(_ids))
    tenants: dict[int, str] = field(default_factory=dict)
    """Company → the token it was added with."""
    places: dict[str, int] = field(default_factory=dict)
    """Topic → place of the last event sent."""
    subscribed: bool = False
    is_dropped: bool = False

    def command(self, frame: Any) -> Answer:  # noqa: ANN401  any JSON
        """Obey one command."""
        name = frame.get("command") if isinstance(frame, dict) else None
        with self.world.lock:
            match name:
                case "add-tenants-v1":
                    return self._add_tenants(frame)
                case "add-topics-v1":
                    return self._add_topics(frame.get("topics") or [])
                case "subscribe-v1":
                    self.subscribed = bool(self.places)
                    return {"response": name, "result": "ok" if self.subscribed else "error"}
                case "remove-tenants-v1":
                    for tenant in frame.get("tenants") or []:
                        self.tenants.pop(int(tenant), None)
                    return {"response": name, "result": "ok"}
                case "list-tenants-v1":
                    return {"response": name, "result": "ok", "tenantIds": sorted(self.tenants)}
                case _:
                    return {"response": str(name), "result": "error", "message": "unknown command"}

    def _add_tenants(self, frame: dict[str, Any]) -> Answer:
        secret = frame.get("clientSecret")
        client = next((one for one in self.world.config.clients if one.client_secret == secret), None)
        found: dict[str, int] = {}
        for header in frame.get("accessTokens") or []:
            grant = self.world.tokens.grant_of(str(header).removeprefix("Bearer "))
            ours = grant is not None and client is not None and grant.client_id == client.client_id
            if grant is not None and ours and grant.tenant in self.world.companies:
                found[header] = grant.tenant
        invalid = [header for header in frame.get("accessTokens") or [] if header not in found]
        if invalid:
            return {"response": "add-tenants-v1", "result": "error", "invalidTokens": invalid}
        self.tenants |= {tenant: header.removeprefix("Bearer ") for header, tenant in found.items()}
        return {"response": "add-tenants-v1", "result": "ok", "tenantIds": found}

    def _add_topics(self, wanted: list[dict[str, str]]) -> Answer:
        places: dict[str, int] = {}
        invalid = []
        for one in wanted:
            topic, offset = one.get("topic", ""), one.get("offset")
            place = self.world.events.last() if offset is None else place_of(offset)
            if topic not in TOPICS or place is None or not self.world.events.holds(place):
                invalid.append(topic)
            else:
                back = offset is not None and self.world.switches.offset_is_repeated
                places[topic] = place - 1 if back else place
        if invalid:
            return {"response": "add-topics-v1", "result": "error", "invalidTopics": invalid}
        self.places |= places
        return {"response": "add-topics-v1", "result": "ok"}

    def due(self) -> list[Event]:
        """Give what is to be sent now, in order within each topic."""
        if not self.subscribed:
            return []
        return [
            event
            for topic, place in self.places.items()
            for event in self.world.events.after(topic, place)
            if self._hears(event.tenant)
        ]

    def _hears(self, tenant: int) -> bool:
        token = self.tenants.get(tenant)
        ends = self.world.switches.tenant_ends_with_token
        return token is not None and (not ends or self.world.tokens.grant_of(token) is not None)

    def sent(self, event: Event) -> None:
        """Note that an event has gone out."""
        self.places[event.topic] = event.place

    def as_json(self) -> dict[str, Any]:
        """Show the connection."""
        return {"id": self.id, "tenants": sorted(self.tenants), "topics": sorted(self.places), "on": self.subscribed}
