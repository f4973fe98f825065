"""How a request to Qliro is signed (qliro-api.md 1.2)."""

from __future__ import annotations

import base64
import hashlib


def authorization(body: bytes, secret: str) -> str:
    """The Authorization header for exactly these bytes; a GET has none, so its header is the same for ever."""
    digest = hashlib.sha256(body + secret.encode()).digest()
    return f"Qliro {base64.b64encode(digest).decode('ascii')}"
