"""Svea's reconciliation report, which is JSON (qliro-api.md 7.3), as rows under one header: then read as any file.

Each row carries what the report says of its payout: the client, the day, and what Svea paid. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

CLIENT, DAY, PAID, PAID_WITH = (
    "clientId",
    "reconciliationDate",
    "paymentReport.sveaPaidAmountExcludingWithholding",
    "paymentReport.sveaPaidAmountIncludingWithholding",
)
_OF_ROWS = (
    "rowType", "paymentType", "externalOrderNo", "orderDate", "sveaInvoiceNo", "sveaOrderNo", "sveaCheckoutId",
    "deliveryId", "nominalAmount", "sveaPaidAmount", "totalFeeAmountExcludingVat", "totalFeeVatAmount", "currency",
    "destinationCurrency", "comment",
)  # fmt: skip
HEADER = (CLIENT, DAY, PAID, PAID_WITH, *_OF_ROWS)
_FEES = {"totalFeeAmountExcludingVat": "amountExcludingVat", "totalFeeVatAmount": "vatAmount"}


def rows_of(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The columns of a file and its rows."""
    yield HEADER
    yield from cells_of(report)


def cells_of(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The rows of every client's payouts."""
    for client in report["clientReports"]:
        yield from _rows(client)


def _rows(client: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    paid = client.get("paymentReport") or {}
    of_payout = (client.get(CLIENT), client.get(DAY), paid.get(PAID.split(".")[1]), paid.get(PAID_WITH.split(".")[1]))
    for row in client.get("rows") or ():
        yield tuple(_text(value) for value in (*of_payout, *(_cell(row, name) for name in _OF_ROWS)))


def _cell(row: Mapping[str, Any], name: str) -> object:
    """A field of the row; where the fees are told one by one only, their sum."""
    value = row.get(name)
    if value is None and name in _FEES:
        return sum(int(fee.get(_FEES[name]) or 0) for fee in row.get("fees") or ())
    return value


def _text(value: object) -> str:
    return "" if value is None else str(value)
