"""Reads a push of Qliro: which order to look at, and its deduplication key (qliro-api.md 3). Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from app.kit.http.client import read_json
from app.kit.http.envelope import Envelope
from app.shops.base import BodyNotUnderstoodError, Pushes
from app.shops.qliro.orders.transactions import moment

_LONGEST_WORD = 60


def open_push(body: bytes) -> Envelope:
    """The few facts that route a push; a body without an order gets a job of its own. Raises ValueError: no JSON."""
    parsed: Any = read_json(body)
    fields = parsed if isinstance(parsed, dict) else {}
    order, transaction = _number(fields, "OrderId"), _number(fields, "PaymentTransactionId")
    kind, status = _word(fields, "PaymentType") or _word(fields, "NotificationType"), _word(fields, "Status")
    # Two pushes of one transaction in one status are one event whatever their times; a checkout's differ by their time.
    same = f"om|{transaction}|{status}" if fields.get("PaymentType") else f"{kind}|{status}|{fields.get('Timestamp')}"
    delivery = f"{order}|{same}" if order else hashlib.sha256(body).hexdigest()
    return Envelope(
        topic=f"qliro/{kind or 'unknown'}/{status or 'unknown'}",
        delivery_id=delivery[:200],
        event_id=None,
        triggered_at=_time(fields),
        subject=f"order:qliro:{order}" if order else f"unknown:qliro:{delivery}",
    )


def _number(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and 0 < len(text) <= 19 and int(text) else ""


def _word(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value[:_LONGEST_WORD] if isinstance(value, str) and value.isascii() and value.isalnum() else ""


def _time(fields: dict[str, Any]) -> datetime | None:
    try:
        return moment(fields.get("Timestamp"), "Timestamp") if fields.get("Timestamp") else None
    except BodyNotUnderstoodError:
        return None


PUSHES = Pushes(
    prefix="/hooks/qliro/",
    # The one answer that Qliro takes as delivered (qliro-api.md 3.3).
    received=b'{"CallbackResponse":"received"}',
    open_push=open_push,
)
