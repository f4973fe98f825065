"""What stands aside at a provider in foreign money, by the payouts that are booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Select, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONPATH

from app.kit.db.engine import ReadSession
from app.model.payout import Settlement, SettlementKind
from app.payouts.fx.booked_values import worth_at_bank, worths_of
from app.payouts.fx.carrying_amounts import together
from app.payouts.fx.exchange import BookedPayment
from app.payouts.fx.held_balance import NEEDS_EARLIER, STANDING_KINDS, Standing
from app.payouts.line_answer_store import line_answers_of
from app.payouts.repository import as_booked, read_settlement
from app.schema import Lane, LaneState, SettlementUse, StoredSettlement

_KINDS = " || ".join(f'@.kind == "{kind}"' for kind in sorted(STANDING_KINDS))
_MOVES_WHAT_STANDS = or_(
    func.jsonb_path_exists(StoredSettlement.content, cast(f"$.lines[*] ? ({_KINDS})", JSONPATH)),
    StoredSettlement.content["bounced"].astext == "true",
)


def standing_of(
    session: ReadSession,
    stored: StoredSettlement,
    settlement: Settlement,
    payments: Mapping[int, Sequence[BookedPayment]],
) -> Standing | None:
    """What stands aside for a payout to take back; None while an earlier one that decides it is not booked.

    First in, first out holds only in the payouts' own order. `payments`: order → what is booked of it.
    """
    standing = Standing()
    if not any(line.kind in NEEDS_EARLIER for line in settlement.lines):
        return standing
    if any(_is_to_come(session, one) for one in session.scalars(_earlier_unbooked(stored))):
        return None
    for order, booked in payments.items():
        _put_refunds(standing, order, [one for one in booked if one.held.currency == settlement.currency])
    for other in session.scalars(_booked(stored)):
        _replay(session, standing, other)
    return standing


def _put_refunds(standing: Standing, order: int, booked: Iterable[BookedPayment]) -> None:
    """Each refund as a whole, for it may come back; one that Fortnox told no worth of cannot."""
    refunds: dict[str, list[BookedPayment]] = {}
    for one in booked:
        if one.held.minor < 0:
            refunds.setdefault(one.transaction_id, []).append(one)
    for parts in refunds.values():
        held, kronor = together(parts)
        if kronor is not None:
            standing.put(SettlementKind.REFUND, -held, -kronor, order)


def _same_account(stored: StoredSettlement) -> tuple[ColumnElement[bool], ...]:
    """Other payouts of the provider's account in the same currency that set something aside or take it back."""
    other = StoredSettlement
    return (
        other.connection_id == stored.connection_id, other.provider == stored.provider,
        other.currency == stored.currency, other.lane_id != stored.lane_id, _MOVES_WHAT_STANDS,
    )  # fmt: skip


def _booked(stored: StoredSettlement) -> Select[StoredSettlement]:
    there = (*_same_account(stored), StoredSettlement.booked.is_not(None))
    return select(StoredSettlement).where(*there).order_by(StoredSettlement.paid_on, StoredSettlement.lane_id)


def _earlier_unbooked(stored: StoredSettlement) -> Select[StoredSettlement]:
    """Earlier ones that are final and will be booked. One that is not final may never be, and holds nobody up."""
    is_earlier = tuple_(StoredSettlement.paid_on, StoredSettlement.lane_id) < tuple_(stored.paid_on, stored.lane_id)
    here = (is_earlier, StoredSettlement.booked.is_(None), StoredSettlement.content["is_final"].astext == "true")
    skipped = Lane.state == LaneState.SKIPPED.value
    return (
        select(StoredSettlement)
        .join(Lane, Lane.id == StoredSettlement.lane_id)
        .where(*_same_account(stored), *here, ~skipped)
    )


def _is_to_come(session: ReadSession, other: StoredSettlement) -> bool:
    """Whether Bokbro will book it: a person who holds one books it by hand, and the others go on."""
    return not line_answers_of(session, other.lane_id).is_held


def _replay(session: ReadSession, standing: Standing, other: StoredSettlement) -> None:
    """Note what a booked payout set aside and took back, and what it left behind if it bounced."""
    here = SettlementUse.lane_id == other.lane_id
    uses = session.execute(select(SettlementUse.line_id, SettlementUse.matched_lane_id).where(here))
    orders = {line: order for line, order in uses if order is not None}
    worths = worths_of(other) or {}
    for line in as_booked(other).lines:
        if line.kind in STANDING_KINDS and line.id in worths:
            standing.note(line, orders.get(line.id, 0), worths[line.id].kronor)
    kronor = worth_at_bank(other)
    now = read_settlement(other.content)
    if now.bounced and kronor is not None:
        standing.put(SettlementKind.PAYOUT_FAILED, now.paid_out, kronor)
