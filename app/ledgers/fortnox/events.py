"""Fortnox's WebSocket API: one connection for the events of all companies (fortnox-api.md 2.8).

Only the topic and the verb of an event's type are read: how a singular is spelled, and its version, differ from topic
to topic, and a word that we do not know must not stop the stream.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import simplejson
from pydantic import BaseModel, Field, ValidationError
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from app.ledgers.base import BookEvent, TokensAdded, TopicsLostError

TOPICS = (
    "articles", "customers", "invoices", "financial-years", "currencies", "cost-centers", "termsofpayments",
    "waysofdeliveries",
)  # fmt: skip
"""Topics that concern the local register and the posting log; of the others we keep nothing."""
PING_SECONDS = 30.0
"""How often we ping (fortnox-api.md 2.8). A connection whose answer stays away as long is taken for dead."""
_ANSWER_SECONDS = 20.0
_OPEN_SECONDS = 10.0
_TOKENS_PER_COMMAND = 50
"""So that one command stays below a frame of some 64 KB: a token has about 1 KB."""
_VERBS = ("created", "updated", "deleted", "cancelled", "canceled", "bookkeep")
_TYPE = re.compile(rf"(?P<subject>[a-z-]+?)-?(?P<verb>{'|'.join(_VERBS)})(-v\d+)?")


class WireEvent(BaseModel):
    """An event as it comes."""

    topic: str
    offset: str
    type: str = ""
    tenant: int = Field(alias="tenantId")
    entity: str | int = Field("", alias="entityId")
    timestamp: datetime


@contextmanager
def open_stream(url: str) -> Iterator[TopicStream]:
    """Connect for the length of the block. Raises TopicsLostError."""
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(
                connect(
                    url,
                    open_timeout=_OPEN_SECONDS,
                    close_timeout=2,
                    ping_interval=PING_SECONDS,
                    ping_timeout=PING_SECONDS,
                )
            )
        except (OSError, WebSocketException) as error:
            raise TopicsLostError(f"{type(error).__name__}: {error}") from error
        yield TopicStream(connection)


@dataclass
class TopicStream:
    """The connection. Every method raises TopicsLostError when it ends; none of them repeats anything."""

    connection: ClientConnection = field(repr=False)
    _waiting: deque[BookEvent] = field(default_factory=deque)

    @property
    def topics(self) -> tuple[str, ...]:
        """What there is to listen to."""
        return TOPICS

    def add_tenants(self, client_secret: str, tokens: Sequence[str]) -> TokensAdded:
        """Listen to the companies of these access tokens. One bad token does not keep the others out."""
        accounts: dict[str, str] = {}
        invalid: list[str] = []
        for start in range(0, len(tokens), _TOKENS_PER_COMMAND):
            part = tokens[start : start + _TOKENS_PER_COMMAND]
            refused = self._add_some(client_secret, part, accounts)
            if refused:
                invalid += refused
                # Whether the good ones of a refused command are taken is not documented: say them again.
                good = [token for token in part if token not in refused and token not in accounts]
                if good and (again := self._add_some(client_secret, good, accounts)):
                    invalid += again
        return TokensAdded(accounts, tuple(invalid))

    def _add_some(self, client_secret: str, tokens: Sequence[str], accounts: dict[str, str]) -> list[str]:
        bearers = [f"Bearer {token}" for token in tokens]
        answer = self._ask(
            "add-tenants-v1", includeChildTenants=False, clientSecret=client_secret, accessTokens=bearers
        )
        tenant_ids = answer.get("tenantIds") or {}
        accounts |= {str(bearer).removeprefix("Bearer "): str(tenant) for bearer, tenant in tenant_ids.items()}
        refused = [str(bearer).removeprefix("Bearer ") for bearer in answer.get("invalidTokens") or ()]
        if answer.get("result") == "error" and not refused:
            raise TopicsLostError("add-tenants-v1 was refused")
        return refused

    def remove_tenants(self, accounts: Sequence[str]) -> None:
        """Listen to these companies no longer."""
        self._ask("remove-tenants-v1", tenants=[int(account) for account in accounts])

    def add_topics(self, offsets: Mapping[str, str | None]) -> tuple[str, ...]:
        """Listen to these topics, each from its offset or from now on; the topics that Fortnox refuses so."""
        topics = [
            {"topic": topic} | ({"offset": offset} if offset is not None else {}) for topic, offset in offsets.items()
        ]
        answer = self._ask("add-topics-v1", topics=topics)
        refused = [
            topic.get("topic", "") if isinstance(topic, dict) else topic for topic in answer.get("invalidTopics") or ()
        ]
        if answer.get("result") == "error" and not refused:
            raise TopicsLostError("add-topics-v1 was refused")
        return tuple(str(topic) for topic in refused)

    def subscribe(self) -> None:
        """Let events come."""
        if self._ask("subscribe-v1").get("result") == "error":
            raise TopicsLostError("subscribe-v1 was refused")

    def receive(self, seconds: float) -> BookEvent | None:
        """The next event, or None when none comes for so long."""
        if self._waiting:
            return self._waiting.popleft()
        try:
            return _event(self._frame(seconds))
        except TimeoutError:
            return None

    def _ask(self, command: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        try:
            self.connection.send(simplejson.dumps({"command": command, **values}))
            while True:
                frame = self._frame(_ANSWER_SECONDS)
                if frame.get("response") == command:
                    return frame
                if (event := _event(frame)) is not None:
                    self._waiting.append(event)
        except TimeoutError as error:
            raise TopicsLostError(f"no answer to {command}") from error
        except (OSError, WebSocketException) as error:
            raise TopicsLostError(f"{type(error).__name__}: {error}") from error

    def _frame(self, seconds: float) -> dict[str, Any]:
        try:
            frame = simplejson.loads(self.connection.recv(seconds))
        except TimeoutError:
            raise
        except (OSError, WebSocketException) as error:
            raise TopicsLostError(f"{type(error).__name__}: {error}") from error
        except ValueError as error:
            raise TopicsLostError("a frame that is no JSON") from error
        if not isinstance(frame, dict):
            raise TopicsLostError("a frame that is no object")
        return frame


def _event(frame: Mapping[str, Any]) -> BookEvent | None:
    """An event as the pipeline knows it. One that lacks its offset is no event: nobody could go on after it."""
    if "offset" not in frame:
        return None
    try:
        wire = WireEvent.model_validate(frame)
    except ValidationError as error:
        raise TopicsLostError(f"an event that is not understood: {error.error_count()} errors") from error
    if wire.timestamp.tzinfo is None:
        raise TopicsLostError("an event without a time zone")
    match = _TYPE.fullmatch(wire.type)
    subject, verb = (match["subject"], match["verb"]) if match else (wire.type, "")
    verb = "cancelled" if verb == "canceled" else verb
    return BookEvent(wire.topic, wire.offset, subject, verb, str(wire.tenant), str(wire.entity), wire.timestamp)
