"""Signatures: of a webhook's raw body and of an OAuth query (shopify-api.md 1.3, 2.3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def body_signature(secret: str, body: bytes) -> str:
    """X-Shopify-Hmac-Sha256: base64 of HMAC-SHA256 over the raw body with the app's client secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def query_signature(secret: str, query: Mapping[str, str]) -> str:
    """`hmac` of a redirect: hex over the other pairs, sorted by key and joined as k=v with &."""
    text = "&".join(f"{key}={value}" for key, value in sorted(query.items()) if key not in {"hmac", "signature"})
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
