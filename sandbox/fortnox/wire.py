"""JSON in and out without binary fractions, and Fortnox's response headers."""

import json
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from fastapi import Response

from sandbox.fortnox.errors import FortnoxError, wrong_data
from sandbox.fortnox.money import plain

Document = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """An answer before it is written out. ``body`` is JSON, or bytes of ``kind``, or None for 204."""

    status: int
    body: Any
    location: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/pdf"


def parse(body: bytes) -> Any:  # noqa: ANN401  any JSON
    """Read a request body; decimal numbers become Decimal."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, UnicodeDecodeError):
        raise FortnoxError(2002115, "Error deserializing JSON: JSON_ERROR_SYNTAX") from None


def unwrap(body: Any, root: str) -> Document:  # noqa: ANN401  any JSON
    """Take the object out of its envelope: exactly one root key, an object inside."""
    if not isinstance(body, dict) or set(body) != {root} or not isinstance(body[root], dict):
        raise wrong_data()
    return dict(body[root])


def encode(value: Any) -> str:  # noqa: ANN401  any JSON
    """Write JSON; a Decimal becomes a number, whole when it is whole. The standard encoder cannot do that."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode_basestring(key)}:{encode(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join([encode(item) for item in value]) + "]"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, float):
        msg = "a binary fraction in an answer"
        raise TypeError(msg)
    return json.dumps(value)


def respond(reply: Reply) -> Response:
    """Write an answer with the headers that recordings show (fortnox-api.md 2.1)."""
    headers = {"X-Uid": secrets.token_hex(4), "X-Build": "5a4d0b0c5", "Server": "Fortnox", **reply.headers}
    if reply.location is not None:
        headers["Location"] = reply.location
    if isinstance(reply.body, bytes):
        return Response(reply.body, reply.status, headers, reply.kind)
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    return Response(encode(reply.body).encode(), reply.status, headers, "application/json")
