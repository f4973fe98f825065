"""The few ASGI pieces that faults and the call log share: types, whole bodies, and the client's connection."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SERVER_RECEIVE = "sandbox.server_receive"
_NO_LINGER = struct.pack("ii", 1, 0)
_TURNS_UNTIL_CLOSED = 50


async def read_body(receive: Receive) -> bytes:
    """Read the request body to its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Make a receive channel that hands out ``body`` once and then follows the real channel."""
    handed_out = False

    async def replay() -> Message:
        nonlocal handed_out
        if handed_out:
            return await receive()
        handed_out = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def remember_server_channel(scope: Scope, receive: Receive) -> None:
    """Keep the server's own receive channel; the outermost middleware calls this before wrapping it."""
    scope.setdefault(_SERVER_RECEIVE, receive)


async def drop_connection(scope: Scope, receive: Receive, *, reset: bool) -> None:
    """Close the client's TCP connection: with a reset (RST), or plainly (FIN) after what was written.

    ASGI has no word for this, and raising before the answer began makes uvicorn send a 500. But uvicorn's receive
    channel is a method of the request cycle, which owns the transport. So we take that. The client of a plain close
    sees ``httpx2.RemoteProtocolError``, that of a reset ``httpx2.ReadError``. Afterwards we wait until uvicorn has
    noticed, because an application that returns on an open connection without an answer is turned into a 500.
    """
    cycle = getattr(scope.get(_SERVER_RECEIVE, receive), "__self__", None)
    transport = getattr(cycle, "transport", None)
    if cycle is None or transport is None:
        msg = "dropping a connection needs uvicorn's own receive channel"
        raise RuntimeError(msg)
    if reset:
        client = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
    else:
        transport.close()
    for _ in range(_TURNS_UNTIL_CLOSED):
        if cycle.disconnected:
            return
        await asyncio.sleep(0.001)
