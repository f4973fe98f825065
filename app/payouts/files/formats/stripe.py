"""Stripe: the dashboard's balance export, the itemized payout reconciliation and balance (qliro-api.md 7.2, 7.3).

An itemized file is grouped by `automatic_payout_id`. The balance export ties rows to a payout only in its column
Transfer, which not every export has or fills: without it all rows until the payout's own belong to it. That holds for
automatic payouts; with one ordered by hand Stripe "can't identify which transactions are included"
(docs.stripe.com/payouts/reconciliation), and a sum that the rows do not make stops it. So it is with an itemized file
that does not name payouts (docs.stripe.com/reports/balance, which "doesn't associate payouts with payment transactions"
and has both).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, Grouped, RowReader, Sheet, as_booked, by_sign
from app.payouts.files.grouping import by_payout_id, until_the_payout
from app.payouts.files.records import Record, column_key

PROVIDER = "stripe"

_KINDS = {
    "charge": PayoutLineKind.CHARGE,
    "payment": PayoutLineKind.CHARGE,
    "refund": PayoutLineKind.REFUND,
    "payment_refund": PayoutLineKind.REFUND,
    "refund_failure": PayoutLineKind.REFUND_FAILED,
    "dispute_reversal": PayoutLineKind.CHARGEBACK_REVERSED,
    "fee": PayoutLineKind.FEE,
    "stripe_fee": PayoutLineKind.FEE,
    "stripe_fx_fee": PayoutLineKind.FEE,
    "network_cost": PayoutLineKind.FEE,
    "adjustment": PayoutLineKind.ADJUSTMENT,
    "other_adjustment": PayoutLineKind.ADJUSTMENT,
    "payout_failure": PayoutLineKind.PAYOUT_FAILED,
    "payout_cancel": PayoutLineKind.PAYOUT_FAILED,
    "payout_reversal": PayoutLineKind.PAYOUT_FAILED,
}
_RESERVES = frozenset(
    (
        "reserve_transaction",
        "reserved_funds",
        "risk_reserved_funds",
        "payout_minimum_balance_hold",
        "payout_minimum_balance_release",
    )
)


@dataclass(frozen=True, slots=True)
class _Names:
    """What one of Stripe's files calls its columns, the better one first."""

    identity: str
    kind: str
    gross: str
    created: tuple[str, ...]
    source: str
    order: tuple[str, ...]
    payout: str
    paid_on: tuple[str, ...]

    @property
    def keys(self) -> dict[MatchKey, tuple[str, ...]]:
        """What lets a row be recognised."""
        return {
            MatchKey.TRANSACTION_ID: (self.source,),
            MatchKey.PROVIDER_ORDER_ID: self.order,
            MatchKey.SHOP_ORDER_ID: ("payment_metadata[order_id]",),
        }


_BALANCE = _Names(
    identity="id",
    kind="Type",
    gross="Amount",
    created=("Created (UTC)",),
    source="Source",
    order=("payment_intent_id",),
    payout="Transfer",
    paid_on=("Transfer Date (UTC)",),
)
_ITEMIZED = _Names(
    identity="balance_transaction_id",
    kind="reporting_category",
    gross="gross",
    # Without "utc" the time is in the zone that whoever ordered the report chose, which no column tells.
    created=("created_utc", "created"),
    source="source_id",
    order=("payment_intent_id", "charge_id"),
    payout="automatic_payout_id",
    paid_on=("automatic_payout_effective_at_utc", "automatic_payout_effective_at"),
)


def _kind(raw_kind: str, gross: Money) -> PayoutLineKind:
    name = raw_kind.lower()
    if name in _RESERVES:
        return by_sign(gross, taken=PayoutLineKind.RESERVE_HELD, given=PayoutLineKind.RESERVE_RELEASED)
    if name == "dispute":
        return by_sign(gross, taken=PayoutLineKind.CHARGEBACK, given=PayoutLineKind.CHARGEBACK_REVERSED)
    return _KINDS.get(name, PayoutLineKind.OTHER)


def _reader(names: _Names) -> RowReader:
    def entry(record: Record) -> Entry:
        currency = record.currency("Currency")
        raw_kind = record.needed(names.kind)
        gross = record.money(names.gross, currency)
        net = record.money("Net", currency)
        computed = gross - record.money("Fee", currency)
        if computed != net:
            raise record.contradiction("Net", net, computed)
        kind = _kind(raw_kind, gross)
        amount, fee = as_booked(kind, gross, gross - net)
        at = record.moment(_present(record, names.created), "UTC")
        is_payout = raw_kind.lower() == "payout"
        payout_id = record.word(names.payout) or (record.word(names.source) if is_payout else "")
        paid_on = _present(record, names.paid_on)
        return Entry(
            PayoutLine(
                id=record.needed(names.identity),
                kind=kind,
                occurred_on=at.date(),
                amount=amount,
                fee=fee,
                keys=record.keys(names.keys),
                order_amount=_order_amount(record, gross),
                text=record.word("Description"),
                raw_kind=raw_kind,
            ),
            at=at,
            file_line=record.line,
            payout_id=payout_id,
            paid_on=record.moment(paid_on, "UTC").date() if record.word(paid_on) else None,
            is_payout=is_payout,
        )

    return entry


def _present(record: Record, columns: tuple[str, ...]) -> str:
    return next((column for column in columns if record.has(column)), columns[0])


def _order_amount(record: Record, gross: Money) -> Money | None:
    """What the buyer paid, where Stripe converted; signed as the line is."""
    if not record.word("customer_facing_currency"):
        return None
    currency = record.currency("customer_facing_currency")
    if currency == gross.currency:
        return None
    size = abs(record.money("customer_facing_amount", currency))
    return -size if gross.minor < 0 else size


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    """By the payout that rows name. No row names one that was ordered by hand, though the column Transfer is there."""
    names_payouts = any(entry.payout_id for entry in entries if not entry.is_payout)
    return (by_payout_id if names_payouts else until_the_payout)(PROVIDER)(sheet, entries)


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Stripe, balance",
        columns=frozenset(
            map(column_key, ("id", "Type", "Source", "Amount", "Fee", "Net", "Currency", "Created (UTC)"))
        ),
        amounts=("Amount", "Fee", "Net"),
        days=("Created (UTC)",),
        reader=lambda _: _reader(_BALANCE),
        group=_group,
    ),
    Format(
        provider=PROVIDER,
        name="Stripe, itemized payouts",
        columns=frozenset(
            (
                "automatic_payout_id",
                "balance_transaction_id",
                "currency",
                "gross",
                "fee",
                "net",
                "reporting_category",
                "source_id",
            )
        ),
        amounts=("gross", "fee", "net", "customer_facing_amount"),
        days=_ITEMIZED.created,
        reader=lambda _: _reader(_ITEMIZED),
        group=by_payout_id(PROVIDER),
    ),
    Format(
        provider=PROVIDER,
        name="Stripe, itemized balance",
        columns=frozenset(
            ("balance_transaction_id", "currency", "gross", "fee", "net", "reporting_category", "source_id")
        ),
        amounts=("gross", "fee", "net", "customer_facing_amount"),
        days=_ITEMIZED.created,
        reader=lambda _: _reader(_ITEMIZED),
        group=until_the_payout(PROVIDER),
    ),
)
