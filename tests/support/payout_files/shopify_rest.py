"""What several test modules share of `test_shopify_rest`."""

from __future__ import annotations

import json
from typing import Any


def transaction(number: int, kind: str, amount: str, fee: str, net: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "type": kind, "test": False, "payout_id": 7001, "payout_status": "paid", "currency": "SEK",
        "amount": amount, "fee": fee, "net": net, "source_id": 1, "source_type": "charge", "source_order_id": 4711,
        "source_order_transaction_id": 500 + number, "processed_at": "2026-11-02T23:30:00+01:00",
        "adjustment_reason": None,
    } | changes  # fmt: skip


CHARGE = transaction(9007199254740993, "charge", "499.00", "12.50", "486.50", source_order_transaction_id=501)


REFUND = transaction(2, "refund", "-99.00", "0.00", "-99.00")


PAYOUT_ROW = transaction(
    3, "payout", "-387.50", "0.00", "-387.50", source_order_id=None, source_order_transaction_id=None,
    processed_at="2026-11-05T08:00:00+01:00",
)  # fmt: skip


STATED = {"id": 7001, "status": "paid", "date": "2026-11-05", "currency": "SEK", "amount": "387.50"}


def rest(*transactions: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"transactions": transactions, **more}).encode()
