"""Reads the body of a delivery from outside: never more of it than is allowed."""

from __future__ import annotations

from starlette.types import Receive

_LENGTH_DIGITS = 15
"""More digits than any body we could take in has."""


def refused_length(length: str, max_bytes: int) -> tuple[int, str] | None:
    """What the Content-Length alone forbids, as status and reason; None where the body may be read."""
    if not (length.isascii() and length.isdigit()):
        return 400, "bad_length"
    # Compared by its digits first: Python refuses to read numbers of thousands of them.
    return (413, "too_large") if len(length) > _LENGTH_DIGITS or int(length) > max_bytes else None


async def read_body(receive: Receive, max_bytes: int) -> bytes | None:
    """The raw body, or None as soon as it is larger than allowed: what is over is never held."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > max_bytes:
            return None
        if not message.get("more_body"):
            return bytes(body)
