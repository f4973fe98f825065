"""Answers of Shopify's older REST (shopify-api.md 4.2) kept as a file: `balance/transactions.json`, one row each.

A row carries what the same file's `payouts`, where it holds them too, say of its payout. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.payouts.files.faults import Fault, FileNotUnderstoodError

FIELDS = (
    "id", "type", "test", "payout_id", "payout_status", "currency", "amount", "fee", "net", "source_id", "source_type",
    "source_order_id", "source_order_transaction_id", "processed_at", "adjustment_reason",
)  # fmt: skip
"""Of a balance transaction."""
STATED, STATED_DAY, STATED_STATUS = "payout.amount", "payout.date", "payout.status"
HEADER = (*FIELDS, STATED, STATED_DAY, STATED_STATUS)


def rows_of(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The columns of a file and its rows."""
    yield HEADER
    yield from cells_of(report)


def cells_of(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The rows of a file. Raises FileNotUnderstoodError for payouts without transactions."""
    payouts = {_text(payout["id"]): payout for payout in report.get("payouts") or ()}
    if "transactions" not in report:
        raise FileNotUnderstoodError(Fault("FILE_PAYOUTS_WITHOUT_LINES"))
    for transaction in report["transactions"]:
        payout = payouts.get(_text(transaction.get("payout_id")), {})
        of_payout = (payout.get(column.partition(".")[2]) for column in (STATED, STATED_DAY, STATED_STATUS))
        yield tuple(_text(value) for value in (*(transaction.get(name) for name in FIELDS), *of_payout))


def _text(value: object) -> str:
    return "" if value is None else str(value)
