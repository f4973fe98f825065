"""Adyen, settlement details (qliro-api.md 7.2, 7.3): one batch per `Batch Number` and merchant account.

Fee columns are commission, markup, scheme fees and interchange, whose total is `Payment Fees (NC)`; a report may have
only the total, and a markup of currency conversion (DCC) beside it (columns: navipartner/npcore, Adyen reconciliation).
Where gross and net are of one currency they prove which of them are the row's fee.

A whole batch adds up to zero with its payout and what it carries to the next. A batch that paid nothing out is a
settlement of zero; an excerpt of a batch stays unexplained. Each merchant account numbers its batches for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, Grouped, Sheet, as_booked, by_sign, hashed
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Record, column_key

PROVIDER = "adyen"

_KINDS = {
    "settled": PayoutLineKind.CHARGE,
    "refunded": PayoutLineKind.REFUND,
    "refundedreversed": PayoutLineKind.REFUND_FAILED,
    "chargeback": PayoutLineKind.CHARGEBACK,
    "secondchargeback": PayoutLineKind.CHARGEBACK,
    "chargebackreversed": PayoutLineKind.CHARGEBACK_REVERSED,
    "fee": PayoutLineKind.FEE,
    "paymentcost": PayoutLineKind.FEE,
    "balancetransfer": PayoutLineKind.CARRIED_FORWARD,
    "manualcorrected": PayoutLineKind.ADJUSTMENT,
}
_RESERVES = frozenset(("depositcorrection", "reserveadjustment"))
_FEES = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
_FEES_TOTAL, _DCC = "Payment Fees (NC)", "DCC Markup (NC)"
_KEYS = {
    MatchKey.TRANSACTION_ID: ("Modification Reference",),
    MatchKey.PAYMENT_ID: ("Merchant Reference",),
    MatchKey.PROVIDER_ORDER_ID: ("Psp Reference",),
}
"""Of payments only: elsewhere the columns hold words ("Transaction Fees March")."""

_PAYMENTS = frozenset(
    (
        PayoutLineKind.CHARGE,
        PayoutLineKind.REFUND,
        PayoutLineKind.REFUND_FAILED,
        PayoutLineKind.CHARGEBACK,
        PayoutLineKind.CHARGEBACK_REVERSED,
    )
)


def _entry(record: Record) -> Entry:
    currency = record.currency("Net Currency")
    raw_kind = record.needed("Type")
    net = record.exact("Net Credit (NC)", _signed(record, "Net", "NC"), currency)
    written_fee = _fee(record, net, currency)
    gross = net + written_fee
    kind = _kind(raw_kind, net)
    amount, fee = as_booked(kind, gross, written_fee)
    at = _at(record)
    account, batch = record.word("Merchant Account"), record.needed("Batch Number")
    keys = record.keys(_KEYS if kind in _PAYMENTS else {})
    reference = record.word("Modification Reference")
    return Entry(
        PayoutLine(
            id=hashed(
                account,
                batch,
                raw_kind,
                record.word("Psp Reference"),
                reference,
                at.isoformat(),
                f"{net.minor} {currency}",
            ),
            kind=kind,
            occurred_on=at.date(),
            amount=amount,
            fee=fee,
            keys=keys,
            order_amount=None if kind is PayoutLineKind.FEE else _order_amount(record, gross),  # a cost has no gross
            text=record.word("Payment Method", "Modification Merchant Reference", "Modification Reference"),
            raw_kind=raw_kind,
        ),
        at=at,
        file_line=record.line,
        payout_id=batch,
        account=account,
        is_payout=raw_kind.lower() == "merchantpayout",
        is_hashed=True,
    )


def _fee(record: Record, net: Money, currency: str) -> Money:
    """The row's fee: of the readings of its fee columns the one that its gross proves, else the first that is any."""
    parts = record.exact(_FEES[0], sum((record.number(name) for name in _FEES), Decimal(0)), currency)
    more, whole = record.money(_DCC, currency), record.money(_FEES_TOTAL, currency)
    readings = (parts, parts + more, whole, whole + more)
    if record.word("Gross Currency") and record.currency("Gross Currency") == currency:
        gross = record.exact("Gross Credit (GC)", _signed(record, "Gross", "GC"), currency)
        for side in (gross, -gross):
            proven = next((fee for fee in readings if net + fee == side), None)
            if proven is not None:
                return proven
    return next((fee for fee in readings if fee), parts)


def _at(record: Record) -> datetime:
    return record.moment("Creation Date", record.word("TimeZone"))


def _signed(record: Record, name: str, side: str) -> Decimal:
    return record.number(f"{name} Credit ({side})") - record.number(f"{name} Debit ({side})")


def _kind(raw_kind: str, net: Money) -> PayoutLineKind:
    name = raw_kind.lower()
    if name in _RESERVES:
        return by_sign(net, taken=PayoutLineKind.RESERVE_HELD, given=PayoutLineKind.RESERVE_RELEASED)
    return _KINDS.get(name, PayoutLineKind.OTHER)


def _order_amount(record: Record, gross: Money) -> Money | None:
    """The gross amount in the order's currency, where Adyen converted. In the same currency it must be our own.

    Which way money moved is what the net columns say: in a sample of Adyen's a sale's gross stands as a debit (so says
    a public reader of it; docs.adyen.com calls Settled a credit).
    """
    if not record.word("Gross Currency"):
        return None
    currency = record.currency("Gross Currency")
    written = record.exact("Gross Credit (GC)", _signed(record, "Gross", "GC"), currency)
    if currency != gross.currency:
        return -abs(written) if gross.minor < 0 else abs(written)
    if abs(written) != abs(gross):
        raise record.contradiction("Gross Credit (GC)", written, gross)
    return None


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    """A batch without a payout row paid nothing, whatever its lines add up to."""
    grouped = by_payout_id(PROVIDER)(sheet, entries)
    paid = {(entry.account, entry.payout_id, entry.currency) for entry in entries if entry.is_payout}
    batches = (replace(_of_zero(payout, paid), is_numbered_per_account=True) for payout in grouped.payouts)
    return Grouped(tuple(batches), grouped.pending)


def _of_zero(batch: Payout, paid: set[tuple[str, str, str]]) -> Payout:
    number = batch.id.removesuffix(f" {batch.currency}")  # of a batch in two currencies
    if (batch.account, number, batch.currency) in paid:
        return batch
    return replace(batch, paid_out=Money.zero(batch.currency), is_captured=True)


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Adyen, settlement details",
        columns=frozenset(
            map(
                column_key,
                (
                    "Merchant Account",
                    "Psp Reference",
                    "Creation Date",
                    "TimeZone",
                    "Type",
                    "Modification Reference",
                    "Net Currency",
                    "Net Debit (NC)",
                    "Net Credit (NC)",
                    *_FEES,
                    "Batch Number",
                ),
            )
        ),
        amounts=(
            "Gross Debit (GC)",
            "Gross Credit (GC)",
            "Net Debit (NC)",
            "Net Credit (NC)",
            *_FEES,
            _FEES_TOTAL,
            _DCC,
        ),
        days=("Creation Date",),
        reader=lambda _: _entry,
        group=_group,
    ),
)
