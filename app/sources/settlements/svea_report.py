"""Svea's reconciliation report, which is JSON (qliro-api.md 7.3), as rows under one header: then read as any file.

Each row carries what the report says of its payout: the client, the day, and what Svea paid. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.sources.settlements.faults import Fault, FileNotUnderstoodError
from app.sources.settlements.table import Row

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


def is_json(content: bytes) -> bool:
    """Whether a file is a JSON object, and so no table."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def rows_of(content: bytes) -> list[Row]:
    """Header and rows, which are numbered as people would count them. Raises FileNotUnderstoodError for other JSON."""
    try:
        report = json.loads(content, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise FileNotUnderstoodError(Fault("FILE_NO_TEXT")) from error
    try:
        found = [cells for client in report["clientReports"] for cells in _rows(client)]
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise FileNotUnderstoodError(Fault("FILE_UNKNOWN_KIND", {"columns": ", ".join(list(report)[:20])})) from error
    return [Row(line, cells) for line, cells in enumerate([HEADER, *found], start=0)]


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
