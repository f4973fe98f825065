"""One payout's lane: stored settlement → matched lines → vouchers → pre-flight → carried out, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from app.domain.findings import Finding
from app.domain.line_answers import OF_AN_ORDER
from app.domain.payout_plan import plan_payout
from app.domain.plan import Plan, Skipped, Stopped
from app.domain.rules import ReferenceField
from app.domain.settlements import Settlement
from app.store.engine import Store, WriteSession
from app.store.tables import LaneState, SettlementUse, StoredSettlement
from app.sync import lanes
from app.sync.carrying import Halt, Later
from app.sync.desk import Ended, company_of
from app.sync.foreign_invoices import wish_for_invoices
from app.sync.lanes import Lease
from app.sync.line_answers import line_answers_of
from app.sync.matching import match_lines
from app.sync.references import Matched
from app.sync.report_lane import report_is_due
from app.sync.rules import load_rules
from app.sync.settlements import read_settlement
from app.sync.voucher_booking import VoucherBooking


@dataclass(frozen=True, slots=True)
class PayoutLane:
    """Works on payout lanes."""

    store: Store
    booking: VoucherBooking
    now: Callable[[], datetime]

    def work(self, lease: Lease) -> Ended | Later | Halt:
        """Bring the books to what the payout's newest state asks for."""
        with self.store.read() as session:
            stored = session.get_one(StoredSettlement, lease.lane_id)
            rules = load_rules(session, lease.tenant_id)
            settlement = read_settlement(stored.content)
            answers = line_answers_of(session, lease.lane_id)
            matched = answers.over(match_lines(session, lease.tenant_id, settlement, rules))
            company = company_of(session, lease.tenant_id)
        unknown = any(line.id not in matched for line in settlement.lines if line.kind in OF_AN_ORDER)
        with self.store.write() as session:
            if company is not None and unknown and rules.payout_reference_field is not ReferenceField.NOWHERE:
                wish_for_invoices(session, company.connection_id, self.now())
            lanes.absorb(session, lease.inbox_ids)
            doubled = _enter_uses(session, lease, stored, settlement, matched)
        if doubled:
            return Halt(tuple(doubled))
        if stored.booked_hash not in (None, stored.content_hash):
            data = {"payout": settlement.id, "shop_amount": str(settlement.paid_out)}
            return Halt((Finding("PAYOUT_CHANGED_AFTER_BOOKING", settlement.id, data),))
        if answers.is_held:
            return Halt((Finding("PAYOUT_HELD", "", {"payout": settlement.id}),))
        decision = plan_payout(settlement, rules, {line: one.match for line, one in matched.items()})
        if isinstance(decision, Stopped):
            return Halt(decision.findings)
        if not isinstance(decision, Plan):
            return Ended(LaneState.SKIPPED if isinstance(decision, Skipped) else LaneState.WAITING)
        if company is None:
            return Halt((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
        note = partial(_is_what_it_is, lease, stored.content_hash)
        ended = self.booking.book(lease, company, decision, rules, note)
        if isinstance(ended, Ended) and rules.attach_report and stored.file_id is not None:
            with self.store.write() as session:
                report_is_due(session, lease)
        return ended


def _is_what_it_is(lease: Lease, content_hash: str, session: WriteSession) -> None:
    """From the first voucher on the payout is what it was: a later state of it is a question for a person."""
    here = update(StoredSettlement).where(StoredSettlement.lane_id == lease.lane_id)
    session.execute(here.values(booked_hash=content_hash))


def _enter_uses(
    session: WriteSession, lease: Lease, stored: StoredSettlement, settlement: Settlement, matched: dict[str, Matched]
) -> list[Finding]:
    """Note which payout has which line; a line that another payout has already is never booked again."""
    account = (SettlementUse.connection_id == stored.connection_id, SettlementUse.provider == stored.provider)
    session.execute(delete(SettlementUse).where(*account, SettlementUse.lane_id == lease.lane_id))
    rows = [
        {
            "connection_id": stored.connection_id,
            "provider": stored.provider,
            "line_id": line.id,
            "lane_id": lease.lane_id,
            "matched_lane_id": matched[line.id].lane_id if line.id in matched else None,
            "matched_by": matched[line.id].match.by if line.id in matched else "",
        }
        for line in settlement.lines
    ]
    if not rows:
        return []
    statement = insert(SettlementUse).on_conflict_do_nothing().returning(SettlementUse.line_id)
    entered = set(session.scalars(statement, rows))
    return [
        Finding("REFUND_PAYOUT_DOUBLED", line.id, {"reference": line.id, "shop_amount": str(line.amount)})
        for line in settlement.lines
        if line.id not in entered
    ]
