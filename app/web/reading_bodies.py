"""Reads request bodies within limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

_LENGTH_DIGITS = 15
"""More digits than any body we could take in has."""
BODY_SECONDS = 4.5
"""Seconds for a whole body: Shopify gives up after five seconds, and a slow sender holds memory and a socket."""


def refused_length(length: str, max_bytes: int) -> tuple[int, str] | None:
    """What the Content-Length alone forbids, as status and reason; None where the body may be read."""
    if not (length.isascii() and length.isdigit()):
        return 400, "bad_length"
    # Compared by its digits first: Python refuses to read numbers of thousands of them.
    return (413, "too_large") if len(length) > _LENGTH_DIGITS or int(length) > max_bytes else None


async def read_body(receive: Receive, max_bytes: int) -> bytes | tuple[int, str]:
    """The raw body; or status and reason as soon as it is larger than allowed, or takes longer: it is never held."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive, max_bytes)
    except TimeoutError:
        return 408, "too_slow"


async def _read(receive: Receive, max_bytes: int) -> bytes | tuple[int, str]:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return 413, "too_large"
        body += message.get("body", b"")
        if len(body) > max_bytes:
            return 413, "too_large"
        if not message.get("more_body"):
            return bytes(body)


class UnreadBody:
    """Whether a request has a body that was not read to its end.

    A server goes on to read such a body and throws it away, however long it is, unless the connection is closed.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self.is_left = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        self._receive = receive

    async def receive(self) -> Message:
        """What the server hands over next."""
        message = await self._receive()
        if not message.get("more_body"):
            self.is_left = False
        return message
