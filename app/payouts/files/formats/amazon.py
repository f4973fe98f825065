"""Amazon, settlement report, flat file V2: a first row per settlement with its total, then one row per amount.

Columns: developer-docs.amazon.com/sp-api/docs/settlement-reports-attributes; the first row and the amounts in local
form ("95,00"): the announcement of the change to V2 and public schemas. Words of `amount-type` that stand in no table
wait for a person: withheld tax, advertising and subscriptions are no payment fees of a known treatment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.payouts.files.cells import DayOrder
from app.payouts.files.description import Entry, Format, Grouped, RowReader, Sheet, as_booked, by_sign, hashed
from app.payouts.files.faults import Fault
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Record, column_key

PROVIDER = "amazon"
_SALES = frozenset(("itemprice", "promotion"))
_FEES = frozenset(("itemfees", "itemrelatedfees"))
_OF_ORDERS = {
    "order": PayoutLineKind.CHARGE,
    "refund": PayoutLineKind.REFUND,
    "chargeback refund": PayoutLineKind.CHARGEBACK,
    "a-to-z guarantee refund": PayoutLineKind.CHARGEBACK,
}
_RESERVES = frozenset(("current reserve amount", "previous reserve amount balance"))
_KEYS = {
    MatchKey.PAYMENT_ID: ("merchant-order-id",),
    MatchKey.PROVIDER_ORDER_ID: ("order-id",),
    MatchKey.ORDER_NAME: ("order-id",),
}


def _is_first(record: Record) -> bool:
    return not record.word("transaction-type") and bool(record.word("total-amount"))


def _reader(sheet: Sheet) -> RowReader:
    first = {record.word("settlement-id"): record for record in sheet.records if _is_first(record)}

    def entry(record: Record) -> Entry | None:
        if _is_first(record):
            return None
        own = first.get(record.needed("settlement-id"))
        if own is None:
            raise record.fault("total-amount", Fault("FILE_CELL_EMPTY"))
        return _entry(record, own)

    return entry


def _entry(record: Record, own: Record) -> Entry:
    currency = own.currency("currency")
    written = record.money("amount", currency)
    transaction, words = (
        record.needed("transaction-type"),
        (record.needed("amount-type"), record.word("amount-description")),
    )
    kind = _kind(transaction, words[0], words[1], written)
    amount, fee = as_booked(kind, written, Money.zero(currency))
    column = "posted-date-time" if record.word("posted-date-time") else "posted-date"
    at = record.moment(column)
    payout_id = record.word("settlement-id")
    keys = record.keys(_KEYS)
    item = record.word("order-item-code", "sku")
    values = (payout_id, transaction, *words, *keys.values(), item, at.isoformat(), f"{written.minor} {currency}")
    return Entry(
        PayoutLine(
            id=hashed(*values),
            kind=kind,
            occurred_on=at.date(),
            amount=amount,
            fee=fee,
            keys=keys,
            text=record.word("amount-description"),
            raw_kind=f"{transaction}, {words[0]}",
        ),
        at=at,
        file_line=record.line,
        payout_id=payout_id,
        paid_on=own.moment("deposit-date").date(),
        is_hashed=True,
    )


def _kind(transaction: str, amount_type: str, word: str, amount: Money) -> PayoutLineKind:
    if word.casefold() in _RESERVES:
        return by_sign(amount, taken=PayoutLineKind.RESERVE_HELD, given=PayoutLineKind.RESERVE_RELEASED)
    if amount_type.casefold() in _FEES:
        return PayoutLineKind.FEE
    if amount_type.casefold() in _SALES:
        return _OF_ORDERS.get(transaction.casefold(), PayoutLineKind.OTHER)
    return PayoutLineKind.OTHER


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    """Each settlement with the total of its first row."""
    grouped = by_payout_id(PROVIDER)(sheet, entries)
    totals = {
        record.word("settlement-id"): record.money("total-amount", record.currency("currency"))
        for record in sheet.records
        if _is_first(record)
    }
    return replace(
        grouped,
        payouts=tuple(replace(payout, paid_out=totals[payout.id], is_captured=True) for payout in grouped.payouts),
    )


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Amazon, settlement report V2",
        columns=frozenset(
            map(
                column_key,
                (
                    "settlement-id", "deposit-date", "total-amount", "currency", "transaction-type", "order-id",
                    "amount-type", "amount-description", "amount", "posted-date",
                ),
            )
        ),
        amounts=("total-amount", "amount"),
        days=("deposit-date", "posted-date"),
        reader=_reader,
        group=_group,
        decimals=None,
        day_order=DayOrder.DAY_FIRST,
    ),
)  # fmt: skip
