"""Svea, reconciliation report (qliro-api.md 7.2, 7.3): one payout per client and day, amounts in hundredths.

The fee is what Svea did not pay of a row; how its own fields are signed is not told anywhere, so only their sizes have
to come to the same. A row that belongs to no order by its type waits for a person; a debt carried on is known as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, Grouped, Sheet, as_booked, by_sign, hashed
from app.payouts.files.faults import Fault
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Record, column_key
from app.payouts.files.svea_report import CLIENT, DAY, HEADER, PAID, PAID_WITH

PROVIDER = "svea"

_KINDS = {
    "order": PayoutLineKind.CHARGE,
    "credit": PayoutLineKind.REFUND,
    "cost": PayoutLineKind.FEE,
    "openingbalancedebt": PayoutLineKind.CARRIED_FORWARD,
    "closingbalancedebt": PayoutLineKind.CARRIED_FORWARD,
}
_KEYS = {
    MatchKey.TRANSACTION_ID: ("deliveryId",),
    MatchKey.PAYMENT_ID: ("externalOrderNo",),
    MatchKey.ORDER_NAME: ("externalOrderNo",),
    MatchKey.PROVIDER_ORDER_ID: ("sveaOrderNo", "sveaCheckoutId"),
}


def _entry(record: Record) -> Entry:
    currency = record.currency("currency")
    if record.word("destinationCurrency") and record.currency("destinationCurrency") != currency:
        values = {"currency": currency, "other": record.currency("destinationCurrency")}
        raise record.fault("destinationCurrency", Fault("FILE_CURRENCY_CONVERTED", values))
    raw_kind = record.needed("rowType")
    nominal, paid = _hundredths(record, "nominalAmount", currency), _hundredths(record, "sveaPaidAmount", currency)
    kind = _kind(raw_kind, nominal)
    amount, fee = as_booked(kind, nominal, nominal - paid)
    vat = _vat(record, nominal - paid, currency)
    client, day = record.needed(CLIENT), record.moment(DAY).date()
    at = record.moment("orderDate") if record.word("orderDate") else record.moment(DAY)
    identity = (client, day.isoformat(), raw_kind, record.word("deliveryId"), record.word("sveaInvoiceNo"))
    return Entry(
        PayoutLine(
            id=hashed(
                *identity, record.word("sveaOrderNo", "sveaCheckoutId"), f"{nominal.minor} {paid.minor} {currency}"
            ),
            kind=kind,
            occurred_on=day,
            amount=amount,
            fee=fee - vat if vat else fee,
            fee_vat=vat,
            keys=record.keys(_KEYS),
            text=record.word("comment", "paymentType"),
            raw_kind=raw_kind,
        ),
        at=at,
        file_line=record.line,
        payout_id=f"{client} {day}",
        paid_on=day,
        account=client,
        is_hashed=True,
    )


def _kind(raw_kind: str, nominal: Money) -> PayoutLineKind:
    if raw_kind.casefold() == "deposit":
        return by_sign(nominal, taken=PayoutLineKind.RESERVE_HELD, given=PayoutLineKind.RESERVE_RELEASED)
    return _KINDS.get(raw_kind.casefold(), PayoutLineKind.OTHER)


def _vat(record: Record, whole: Money, currency: str) -> Money | None:
    """VAT shown on the fee, signed as the fee. Raises FileNotUnderstoodError where both parts are not the whole."""
    without = abs(_hundredths(record, "totalFeeAmountExcludingVat", currency))
    vat = abs(_hundredths(record, "totalFeeVatAmount", currency))
    if without + vat != abs(whole):
        raise record.contradiction("totalFeeAmountExcludingVat", without + vat, abs(whole))
    if not vat:
        return None
    return -vat if whole.minor < 0 else vat


def _hundredths(record: Record, column: str, currency: str) -> Money:
    return record.exact(column, record.number(column) * Decimal("0.01"), currency)


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    """What Svea says it paid; with a sum held back it says two, and which of them is the bank's the rows tell."""
    grouped = by_payout_id(PROVIDER)(sheet, entries)
    by_day = {(record.word(CLIENT), record.moment(DAY).date()): record for record in sheet.records}
    return Grouped(
        tuple(_paid(payout, by_day[payout.account, payout.paid_on]) for payout in grouped.payouts), grouped.pending
    )


def _paid(built: Payout, record: Record) -> Payout:
    amounts = [_hundredths(record, column, built.currency) for column in (PAID, PAID_WITH) if record.word(column)]
    if not amounts or built.paid_out in amounts:
        return replace(built, is_captured=bool(amounts))
    return replace(built, paid_out=amounts[-1], is_captured=True)


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Svea, reconciliation report",
        columns=frozenset(map(column_key, HEADER)),
        amounts=(),
        days=(),
        reader=lambda _: _entry,
        group=_group,
    ),
)
