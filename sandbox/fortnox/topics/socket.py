"""``/topics-v1``: one connection for all companies of an integration.

Faults of the kit hit events like calls, under the method EVENT and the path ``/topics-v1/<topic>``: ``close_before``
and ``close_after`` drop the connection before or after the event is sent, ``latency`` makes the event late.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, WebSocket

from sandbox.fortnox.topics.events import Event
from sandbox.fortnox.topics.session import TopicSession
from sandbox.fortnox.world import World
from sandbox.kit.control import CONTROL_PREFIX
from sandbox.kit.faults import FaultBoard

PATH = "/topics-v1"
_LOOK_SECONDS = 0.02
_GOING_AWAY = 1012


class DroppedError(Exception):
    """The connection is to be closed now."""


@dataclass
class Sockets:
    """The connections that are open."""

    world: World
    faults: FaultBoard
    open: list[TopicSession] = field(default_factory=list)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection to its end."""
        await socket.accept()
        session = TopicSession(self.world)
        self.open.append(session)
        reader = asyncio.create_task(socket.receive())
        try:
            while True:
                done, _ = await asyncio.wait({reader}, timeout=_LOOK_SECONDS)
                if done:
                    message = reader.result()
                    if message["type"] == "websocket.disconnect":
                        return
                    await socket.send_json(session.command(_read(message.get("text"))))
                    reader = asyncio.create_task(socket.receive())
                await self._tell(socket, session)
        except DroppedError:
            await socket.close(_GOING_AWAY)
        finally:
            reader.cancel()
            self.open.remove(session)

    async def _tell(self, socket: WebSocket, session: TopicSession) -> None:
        if session.is_dropped:
            raise DroppedError
        for event in session.due():
            await self._send(socket, session, event)

    async def _send(self, socket: WebSocket, session: TopicSession, event: Event) -> None:
        fault = self.faults.take("EVENT", f"{PATH}/{event.topic}")
        if fault and fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "close_before":
            raise DroppedError
        await socket.send_json(event.as_json())
        if self.world.switches.events_twice:
            await socket.send_json(event.as_json())
        session.sent(event)
        if fault and fault.kind == "close_after":
            raise DroppedError


def install_topics(app: FastAPI, world: World, faults: FaultBoard) -> None:
    """Add the endpoint, and control routes to see and drop connections."""
    sockets = Sockets(world, faults)
    app.add_api_websocket_route(PATH, sockets.serve)
    router = APIRouter(prefix=CONTROL_PREFIX, tags=["sandbox"])

    @router.get("/topics")
    def show() -> dict[str, Any]:
        """Show the open connections and the newest events."""
        newest = [event.as_json() for event in world.events.newest(200)]
        return {"connections": [session.as_json() for session in list(sockets.open)], "events": newest}

    @router.post("/topics/drop")
    def drop() -> dict[str, int]:
        """Close every connection."""
        dropped = list(sockets.open)
        for session in dropped:
            session.is_dropped = True
        return {"dropped": len(dropped)}

    app.include_router(router)


def _read(text: str | None) -> Any:  # noqa: ANN401  any JSON
    try:
        return json.loads(text or "")
    except ValueError:
        return None
