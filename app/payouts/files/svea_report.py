"""Svea's reconciliation report, which is JSON (qliro-api.md 7.3), as rows under one header: then read as any file.

Each row carries what the report says of its payout: the client, the day, and what Svea paid. Among the fees of a row
stand two that are none (sveawebpay/webpay-common, `ReportConverter`: "An invoice transferred back / dismissed is not a
fee", and a deposit is kept on an account of its own): each becomes a row of its own. Pure.
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
_NO_FEES = frozenset(("Dismissed", "Deposit"))
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
    for written in client.get("rows") or ():
        for row in _apart(written):
            yield tuple(_text(value) for value in (*of_payout, *(_cell(row, name) for name in _OF_ROWS)))


def _apart(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A row without the parts that are no fees, and those as rows, in hundredths as the report.

    How Svea signs a fee is not documented: the parts together are what it did not pay of the row.
    Where they are not, the row stays as it is, and is refused for not adding up.
    """
    parts = [fee for fee in row.get("fees") or () if fee.get("type") in _NO_FEES and _whole(fee)]
    if not parts:
        yield row
        return
    kept = int(row.get("nominalAmount") or 0) - int(row.get("sveaPaidAmount") or 0)
    written = sum(_total(row, name) for name in _FEES)
    if abs(kept) != abs(written):
        yield row
        return
    sign = 1 if kept == written else -1
    fees = {
        total: _total(row, total) - sum(int(part.get(name) or 0) for part in parts) for total, name in _FEES.items()
    }
    taken = sign * sum(map(_whole, parts))
    if kept != taken or int(row.get("nominalAmount") or 0):
        yield {**row, **fees, "sveaPaidAmount": int(row.get("sveaPaidAmount") or 0) + taken}
    for part in parts:
        amount = -sign * _whole(part)
        nothing = dict.fromkeys(_FEES, 0)
        yield {**row, **nothing, "rowType": part["type"], "nominalAmount": amount, "sveaPaidAmount": amount}


def _whole(fee: Mapping[str, Any]) -> int:
    return sum(int(fee.get(name) or 0) for name in _FEES.values())


def _total(row: Mapping[str, Any], name: str) -> int:
    return int(str(_cell(row, name) or 0))


def _cell(row: Mapping[str, Any], name: str) -> object:
    """A field of the row; where the fees are stated only one by one, their sum."""
    value = row.get(name)
    if value is None and name in _FEES:
        return sum(int(fee.get(_FEES[name]) or 0) for fee in row.get("fees") or ())
    return value


def _text(value: object) -> str:
    return "" if value is None else str(value)
