"""Lists that are no payouts to book: of payouts with their sums, and of payments that name no payout.

Stripe, dashboard exports of payouts and of unified payments: columns as public importers of both test them. Shopify
Payments, export of payouts: columns as public payout checkers test them; newer ones have more columns before the total,
all of which it holds. ePay and Bambora, list of transactions: columns as bornhack/bornhack-website imports them.
A list of sums proves payouts that are known. A list of payments cannot tell when which of them was paid out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from app.payouts.files.cells import DayOrder
from app.payouts.files.description import Entry, Format, Grouped, Sheet, StatedSum
from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.klarna_api import LIST
from app.payouts.files.records import Record, column_key

_PAID = "paid"
_BEFORE_PARTS, _PARTS_END = "Status", "Total"


def _stripe_sum(record: Record) -> StatedSum | None:
    if record.needed("Status").casefold() != _PAID:
        return None
    paid_out = record.money("Amount", record.currency("Currency"))
    return StatedSum(record.needed("id"), record.moment("Arrival Date (UTC)").date(), paid_out)


def _klarna_sum(record: Record) -> StatedSum:
    paid_out = record.money("settlement_amount", record.currency("currency_code"))
    return StatedSum(record.needed("payment_reference"), record.moment("payout_date", "UTC").date(), paid_out)


def _shopify_sum(record: Record) -> StatedSum | None:
    currency = record.currency("Currency")
    paid_out = record.money(_PARTS_END, currency)
    computed = sum((record.number(column) for column in _parts(record)), Decimal(0))
    if record.exact(_PARTS_END, computed, currency) != paid_out:
        raise record.contradiction(_PARTS_END, paid_out, record.exact(_PARTS_END, computed, currency))
    if record.needed("Status").casefold() != _PAID:
        return None
    return StatedSum("", record.moment("Payout Date").date(), paid_out)


def _parts(record: Record) -> list[str]:
    """The columns that make a payout's total: all between its status and it."""
    start, end = (record.places[column_key(name)] or 0 for name in (_BEFORE_PARTS, _PARTS_END))
    between = {place: name for name, place in record.places.items() if place is not None and start < place < end}
    return list(between.values())


def _sums(read: Callable[[Record], StatedSum | None]) -> Callable[[Sheet, Sequence[Entry]], Grouped]:
    def group(sheet: Sheet, _entries: Sequence[Entry]) -> Grouped:
        sums_or_none = tuple(read(record) for record in sheet.records)
        sums = tuple(stated for stated in sums_or_none if stated is not None)
        return Grouped((), len(sums_or_none) - len(sums), sums)

    return group


def _payments(_sheet: Sheet, _entries: Sequence[Entry]) -> Grouped:
    raise FileNotUnderstoodError(Fault("FILE_PAYMENTS_WITHOUT_PAYOUTS"))


def _list(
    provider: str,
    name: str,
    columns: tuple[str, ...],
    group: Callable[[Sheet, Sequence[Entry]], Grouped],
    amounts: tuple[str, ...] = (),
    days: tuple[str, ...] = (),
) -> Format:
    return Format(
        provider=provider,
        name=name,
        columns=frozenset(map(column_key, columns)),
        amounts=amounts,
        days=days,
        reader=lambda _: lambda _record: None,
        group=group,
        day_order=DayOrder.DAY_FIRST,
    )


FORMATS = (
    _list(
        "stripe",
        "Stripe, list of payouts",
        ("id", "Amount", "Currency", "Arrival Date (UTC)", "Status", "Destination", "Balance Transaction"),
        _sums(_stripe_sum),
        ("Amount",),
        ("Arrival Date (UTC)",),
    ),
    _list(
        "shopify_payments",
        "Shopify Payments, list of payouts",
        ("Payout Date", "Status", "Charges", "Refunds", "Adjustments", "Reserved Funds", "Fees", "Total", "Currency"),
        _sums(_shopify_sum),
        ("Charges", "Refunds", "Fees", "Total"),
        ("Payout Date",),
    ),
    _list("klarna", "Klarna, list of payouts", LIST, _sums(_klarna_sum), days=("payout_date",)),
    _list(
        "stripe",
        "Stripe, unified payments",
        ("id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Converted Amount", "Fee", "Status"),
        _payments,
    ),
    _list(
        "epay",
        "ePay (Bambora), transactions",
        ("transactionID", "merchantnumber", "orderID", "authamount", "capturedamount", "creditedAmount", "fee"),
        _payments,
    ),
)
