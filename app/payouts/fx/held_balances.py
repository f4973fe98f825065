"""Computes the held balance at a provider from the booked payouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Select, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONPATH

from app.kit.db.engine import ReadSession
from app.model.payout import Payout, PayoutLineKind
from app.payouts.fx.booked_values import amount_at_bank, carrying_amounts_of
from app.payouts.fx.carrying_amounts import together
from app.payouts.fx.exchange import BookedPayment
from app.payouts.fx.held_balance import HELD_KINDS, NEEDS_PRE_EXISTING, HeldBalance
from app.payouts.line_answer_store import line_answers_of
from app.payouts.repository import as_booked, read_payout
from app.schema import Job, JobState, PayoutLineUse, StoredPayout

_KINDS = " || ".join(f'@.kind == "{kind}"' for kind in sorted(HELD_KINDS))
_CHANGES_BALANCE = or_(
    func.jsonb_path_exists(StoredPayout.content, cast(f"$.lines[*] ? ({_KINDS})", JSONPATH)),
    StoredPayout.content["bounced"].astext == "true",
)


def held_balance_of(
    session: ReadSession,
    stored: StoredPayout,
    payout: Payout,
    payments: Mapping[int, Sequence[BookedPayment]],
) -> HeldBalance | None:
    """The held balance for a payout to take back; None while an earlier one that decides it is not booked.

    First in, first out holds only in the payouts' own order. `payments`: order → what is booked of it.
    """
    held_balance = HeldBalance()
    if not any(line.kind in NEEDS_PRE_EXISTING for line in payout.lines):
        return held_balance
    if any(_is_to_come(session, row) for row in session.scalars(_earlier_unbooked(stored))):
        return None
    for order, booked in payments.items():
        _put_refunds(held_balance, order, [payment for payment in booked if payment.held.currency == payout.currency])
    for other in session.scalars(_booked(stored)):
        _replay(session, held_balance, other)
    return held_balance


def _put_refunds(held_balance: HeldBalance, order: int, booked: Iterable[BookedPayment]) -> None:
    """Each refund as a whole, because it may come back; one without an amount in kronor from Fortnox cannot."""
    refunds: dict[str, list[BookedPayment]] = {}
    for payment in booked:
        if payment.held.minor < 0:
            refunds.setdefault(payment.transaction_id, []).append(payment)
    for parts in refunds.values():
        held, kronor = together(parts)
        if kronor is not None:
            held_balance.put(PayoutLineKind.REFUND, -held, -kronor, order)


def _same_account(stored: StoredPayout) -> tuple[ColumnElement[bool], ...]:
    """Other payouts of the provider's account in the same currency that change the held balance."""
    other = StoredPayout
    return (
        other.connection_id == stored.connection_id, other.provider == stored.provider,
        other.currency == stored.currency, other.id != stored.id, _CHANGES_BALANCE,
    )  # fmt: skip


def _booked(stored: StoredPayout) -> Select[StoredPayout]:
    conditions = (*_same_account(stored), StoredPayout.booked.is_not(None))
    return select(StoredPayout).where(*conditions).order_by(StoredPayout.paid_on, StoredPayout.id)


def _earlier_unbooked(stored: StoredPayout) -> Select[StoredPayout]:
    """Earlier ones that are final and will be booked. One that is not final may never be, and blocks no other."""
    is_pre_existing = tuple_(StoredPayout.paid_on, StoredPayout.id) < tuple_(stored.paid_on, stored.id)
    conditions = (is_pre_existing, StoredPayout.booked.is_(None), StoredPayout.content["is_final"].astext == "true")
    skipped = Job.state == JobState.SKIPPED.value
    return (
        select(StoredPayout)
        .join(Job, Job.payout_id == StoredPayout.id)
        .where(*_same_account(stored), *conditions, ~skipped)
    )


def _is_to_come(session: ReadSession, other: StoredPayout) -> bool:
    """Whether Bokbro will book it. A payout that a person holds is booked by hand, and the others go on."""
    return not line_answers_of(session, other.id).is_held


def _replay(session: ReadSession, held_balance: HeldBalance, other: StoredPayout) -> None:
    """Apply what a booked payout added to and took from the held balance, and what it left behind if it bounced."""
    condition = PayoutLineUse.payout_id == other.id
    uses = session.execute(select(PayoutLineUse.line_id, PayoutLineUse.order_id).where(condition))
    orders = {line: order for line, order in uses if order is not None}
    carrying_amounts = carrying_amounts_of(other) or {}
    for line in as_booked(other).lines:
        if line.kind in HELD_KINDS and line.id in carrying_amounts:
            held_balance.note(line, orders.get(line.id, 0), carrying_amounts[line.id].kronor)
    kronor = amount_at_bank(other)
    now = read_payout(other.content)
    if now.bounced and kronor is not None:
        held_balance.put(PayoutLineKind.PAYOUT_FAILED, now.paid_out, kronor)
