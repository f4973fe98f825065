"""Webhook verification: HMAC over the raw bytes, and the headers that route a delivery (shopify-api.md 2.2, 2.3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from app.kit.http.envelope import Envelope
from app.shops.base import Webhooks, has_neighbours
from app.shops.shopify.platform import SHOPIFY

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com")
"""The whole of a shop's domain. Everything we ever call or trust as a shop must match it in full."""

_ORDER_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
"""What Shopify gives as an order's number (64 bits): anything else would be a job that no order can have."""
_MAX_DELIVERY_ID = 100
"""Shopify sends a UUID. The header is not signed, and a unique index holds no text of any length."""

_ORDER_ID_TOPICS = ("refunds/", "order_transactions/", "fulfillments/")
"""Topics whose body names its order in `order_id`."""
_PLATFORM_TOPICS = ("app/", "shop/", "customers/", "bulk_operations/")
"""Topics that are about the shop or the app, not about an order."""


_SHOP_TOPICS = ("app/", "shop/", "customers/")
"""Of those, what is acted on."""
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)
"""An HMAC-SHA256 in Base64: nothing else can be one that holds."""


def is_shop_domain(domain: str) -> bool:
    """Whether this is a shop's own domain and nothing else (no port, path, user or other host)."""
    return SHOP_DOMAIN.fullmatch(domain) is not None


def signature_holds(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets signed these bytes; after a rotation the old one may sign for an hour.

    Every secret is tried, each in constant time, so that the time reveals nothing.
    """
    given = signature.encode("utf-8", "replace")
    holds = False
    for secret in secrets:
        if not secret:
            continue  # an empty secret means "not set up", never "sign with nothing"
        expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
        holds |= hmac.compare_digest(expected, given)
    return holds


def open_envelope(headers: Mapping[str, str], body: bytes) -> Envelope:
    """Read what routes a delivery. What names no order gets a job of its own: the next one must not replace it.

    Raises ValueError for a body that is no JSON.
    """
    parsed = _parsed(body)
    topic = headers.get("x-shopify-topic", "")
    delivery_id = _delivery_id(headers.get("x-shopify-webhook-id", ""), topic, body)
    return Envelope(
        topic=topic,
        delivery_id=delivery_id,
        event_id=headers.get("x-shopify-event-id"),
        triggered_at=_moment(headers.get("x-shopify-triggered-at")),
        subject=subject_of(topic, parsed) or _own_subject(topic, delivery_id),
    )


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """The body as JSON. orjson is three times as fast on the hot path; what it refuses gets a second opinion.

    Raises ValueError when it is no JSON, or nested beyond reading.
    """
    try:
        return orjson.loads(body)
    except ValueError:
        try:
            return json.loads(body)  # whole numbers beyond 64 bits are JSON too
        except RecursionError as error:
            raise ValueError("nested beyond reading") from error


def _delivery_id(given: str, topic: str, body: bytes) -> str:
    """Shopify's own id. Without one (it is required, but nothing may be lost) the content is its own identity."""
    if given and len(given) <= _MAX_DELIVERY_ID:
        return given
    return hashlib.sha256(given.encode() if given else topic.encode() + b"\n" + body).hexdigest()


def subject_of(topic: str, parsed: Any) -> str | None:  # noqa: ANN401 - any JSON
    """The order a body is about: `order:shopify:<numeric id>`, or None when it names none."""
    if not isinstance(parsed, dict) or topic.startswith(_PLATFORM_TOPICS):
        return None
    if topic == "orders/edited":
        edit = parsed.get("order_edit")
        order_id = edit.get("order_id") if isinstance(edit, dict) else None
    elif topic.startswith(_ORDER_ID_TOPICS):
        order_id = parsed.get("order_id")
    elif topic.startswith("orders/"):
        order_id = parsed.get("id")
    else:
        return None
    # Ids above 2^53 are common; a float here would be another order (shopify-api.md 2.5).
    if isinstance(order_id, bool) or not isinstance(order_id, int | str):
        return None
    return f"order:shopify:{order_id}" if _ORDER_ID.fullmatch(str(order_id)) else None


def _own_subject(topic: str, delivery_id: str) -> str:
    kind = f"shop:{SHOPIFY.name}:{topic}" if topic.startswith(_SHOP_TOPICS) else f"unknown:{SHOPIFY.name}"
    return f"{kind}:{delivery_id}"


def named_shop(body: bytes) -> str | None:
    """The domain that a shop-level body names: `myshopify_domain` of a shop, `shop_domain` of a privacy request."""
    parsed = json.loads(body)
    named = (parsed.get("myshopify_domain") or parsed.get("shop_domain")) if isinstance(parsed, dict) else None
    return named.lower() if isinstance(named, str) else None


def _moment(text: str | None) -> datetime | None:
    """RFC 3339 with up to nanoseconds; Python keeps micro."""
    if not text:
        return None
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        moment = datetime.fromisoformat(trimmed)
    except ValueError:
        return None
    return moment if moment.tzinfo and has_neighbours(moment) else None


WEBHOOKS = Webhooks(
    paths=frozenset({"/webhooks/shopify", "/webhooks/shopify/compliance"}),
    account_header="x-shopify-shop-domain",
    signature_header="x-shopify-hmac-sha256",
    kept_headers=("x-shopify-topic", "x-shopify-shop-domain", "x-shopify-api-version", "x-shopify-triggered-at"),
    is_account=is_shop_domain,
    is_signature=lambda signature: _SIGNATURE.fullmatch(signature) is not None,
    signature_holds=signature_holds,
    open_envelope=open_envelope,
)
