"""What a booked payout's newest state rests on, for its correction: worths, rates, fees that payments took, orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.execution.fee_owners import taken_by_payments
from app.kit.db.engine import ReadSession
from app.model.payout import OF_ORDERS, Payout, PayoutLine
from app.payments.fee_write_offs import WrittenOff
from app.payouts.fx.exchange import Exchange
from app.payouts.fx.payment_rates import exchange_of_reported
from app.payouts.matching.references import Matched, orders_of
from app.payouts.payment_at_payout import settled_transactions
from app.payouts.planning.correction import OrderEffect, OrderNote, unchanged
from app.payouts.repository import as_booked, read_payout
from app.schema import PayoutLineUse, Snapshot, StoredPayout
from app.tenants.rules import TenantRules

_Place = tuple[int, str]
"""An order and one of its transactions."""


@dataclass(frozen=True, slots=True)
class ReportedState:
    """What is known of it."""

    exchange: Exchange
    written_off: WrittenOff
    """Its lines whose payments wrote off their fees."""
    has_lost_write_off: bool
    """Whether a payment wrote off the fee of a line that is now reported as something else than an order's payment."""
    orders: tuple[OrderNote, ...]


def reported_state_of(
    session: ReadSession, stored: StoredPayout, rules: TenantRules, matched: Mapping[str, Matched]
) -> ReportedState:
    """Of a payout that is booked. `matched`: the lines of its newest state."""
    booked, reported = as_booked(stored), read_payout(stored.content)
    uses = {
        row.line_id: row
        for row in session.scalars(select(PayoutLineUse).where(PayoutLineUse.payout_id == stored.id))
        if row.order_id is not None and row.transaction_id
    }
    before = {line: (use.order_id or 0, use.transaction_id) for line, use in uses.items()}
    orders = orders_of(reported, matched)
    settled = settled_transactions(session, stored.id, reported, matched, rules)
    now: dict[str, _Place] = {line: (orders[line], transaction) for line, transaction in settled.items()}
    took = taken_by_payments(session, before)
    # A line keeps its payment as long as it is in the payout, whatever it is reported as.
    now |= {line.id: before[line.id] for line in reported.lines if line.id in took}
    return ReportedState(
        exchange=exchange_of_reported(session, stored, reported, matched, rules, unchanged(booked, reported)),
        written_off=taken_by_payments(session, now),
        has_lost_write_off=bool(
            {before[line][0] for line in took if before[line] not in now.values()}
            & {order for line, order in orders.items() if line not in now}
        ),
        orders=_notes(session, (booked, reported), orders, before, now) if before or now else (),
    )


def _notes(
    session: ReadSession,
    states: tuple[Payout, Payout],
    orders: Mapping[str, int],
    before: Mapping[str, _Place],
    now: Mapping[str, _Place],
) -> tuple[OrderNote, ...]:
    """Orders that the change touches. `before`, `now`: line → the payment that it is, in either state."""
    booked, reported = states
    removed = [line for line in booked.lines if line.id in before and before[line.id] not in now.values()]
    new = [line for line in reported.lines if line.id in now and now[line.id] not in before.values()]
    were = {line.id for line in booked.lines}
    no_payments = [
        line for line in reported.lines
        if line.kind in OF_ORDERS and line.id in orders and line.id not in now and line.id not in were
    ]  # fmt: skip
    touched: list[tuple[int, PayoutLine, OrderEffect]] = [
        *((before[line.id][0], line, OrderEffect.STAYS_PAID) for line in removed),
        *((now[line.id][0], line, OrderEffect.IS_PAID) for line in new),
        *((orders[line.id], line, OrderEffect.DIFFERS) for line in no_payments),
    ]
    differing = {order for order, _line, effect in touched if effect is OrderEffect.DIFFERS}
    touched_orders = {order for order, _line, _effect in touched}
    rows = session.execute(
        select(Snapshot.order_id, Snapshot.name).where(Snapshot.order_id.in_(sorted(touched_orders)))
    )
    names = {row.order_id: row.name for row in rows}
    return tuple(
        OrderNote(order, names.get(order, ""), line.amount, effect)
        for order, line, effect in touched
        # An order with another amount is reported once, as differing.
        if effect is not OrderEffect.STAYS_PAID or order not in differing
    )
