"""Klarna's Settlements API kept as a file, as the rows of Klarna's CSV: blocks of totals, each with its rows. Pure.

Klarna Settlements API 1.0.0-rc2 (docs.klarna.com/settlement-reports/api; schemas: api-evangelist/klarna): transactions
name their payout by `payment_reference`, a payout has `totals`; all amounts are in minor units. Kustom has the same API
(docs.kustom.co, Settlement reports). A file has transactions, payouts or both; payouts alone are a list of sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.kit.money import exponent

Cells = tuple[str, ...]
Json = Mapping[str, Any]
LIST: Cells = (
    "klarna.payouts",
    "payment_reference",
    "payout_date",
    "currency_code",
    "settlement_amount",
    "merchant_id",
)
"""Of payouts without transactions."""
_WORDS = (
    "type", "detailed_type", "currency_code", "sale_date", "capture_date", "capture_id", "refund_id", "order_id",
    "merchant_reference1", "merchant_reference2", "merchant_capture_reference", "payment_reference", "klarna_comment",
)  # fmt: skip
_AMOUNTS = ("amount", "vat_amount")
_OF_PAYOUT = ("payment_reference", "payout_date", "currency_code", "merchant_settlement_type", "merchant_id")


def is_klarnas(report: Json) -> bool:
    """Whether a report is an answer of this API: by what its transactions and payouts hold."""
    payouts, transactions = _payouts(report), _transactions(report)
    return any("totals" in payout for payout in payouts) or any(
        "sale_date" in transaction for transaction in transactions
    )


def cells_of(report: Json) -> Iterator[Cells]:
    """Headers and rows as Klarna's CSV has them. Raises LookupError, TypeError and ValueError for what is neither."""
    payouts, transactions = _payouts(report), _transactions(report)
    if not transactions and not isinstance(report.get("transactions"), list):
        yield LIST
        yield from map(_of_list, payouts)
        return
    known = {str(payout["payment_reference"]) for payout in payouts}
    loose = [transaction for transaction in transactions if _text(transaction.get("payment_reference")) not in known]
    if loose or not payouts:
        yield from _table(loose)
    for payout in payouts:
        names = tuple(payout["totals"])
        currency = _text(payout["currency_code"])
        yield (*_OF_PAYOUT, *(f"total_{name}" for name in names))
        yield (
            *(_text(payout.get(name)) for name in _OF_PAYOUT),
            *(_major(payout["totals"][name], currency) for name in names),
        )
        yield from _table(
            [
                transaction
                for transaction in transactions
                if _text(transaction.get("payment_reference")) == _text(payout["payment_reference"])
            ]
        )


def _payouts(report: Json) -> Sequence[Json]:
    payouts = [report] if "totals" in report else report.get("payouts") or []
    return [payout for payout in payouts if isinstance(payout, Mapping)]


def _transactions(report: Json) -> Sequence[Json]:
    transactions = report.get("transactions")
    return (
        [transaction for transaction in transactions if isinstance(transaction, Mapping)]
        if isinstance(transactions, list)
        else []
    )


def _table(transactions: Sequence[Json]) -> Iterator[Cells]:
    yield (*_WORDS, *_AMOUNTS, "vat_rate")
    for transaction in transactions:
        currency = _text(transaction["currency_code"])
        rate = transaction.get("vat_rate")
        yield (
            *(_text(transaction.get(name)) for name in _WORDS),
            *(_major(transaction.get(name), currency) for name in _AMOUNTS),
            "" if rate is None else str(Decimal(rate).scaleb(-2)),
        )


def _of_list(payout: Json) -> Cells:
    currency = _text(payout["currency_code"])
    day, merchant = _text(payout["payout_date"]), _text(payout.get("merchant_id"))
    settled = _major(payout["totals"]["settlement_amount"], currency)
    return "", _text(payout["payment_reference"]), day, currency, settled, merchant


def _major(minor: Any, currency: str) -> str:  # noqa: ANN401 -- any JSON
    """An amount with decimals, which show that it is in the major unit."""
    if minor is None:
        return ""
    text = str(Decimal(int(minor)).scaleb(-exponent(currency)))
    return text if "." in text else f"{text}.0"


def _text(value: object) -> str:
    return "" if value is None else str(value)
