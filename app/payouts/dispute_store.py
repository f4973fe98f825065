"""Lost disputes: stored once, and booked when the payout that took the money is in the books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH, insert

from app.execution.voucher_execution import VoucherBooking
from app.findings.repository import Place, open_one, resolve_others
from app.jobs.inbox import make_due
from app.jobs.outcomes import Ended, Halt, Later
from app.jobs.queue import Lease, wake
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.master_data.company import company_of
from app.model.finding import Finding
from app.model.payout import LostDispute, MatchKey, OpenDispute, SettlementKind
from app.payouts.fx.booked_values import worths_of
from app.payouts.planning.disputes import Claim, claim_of, plan_lost
from app.payouts.repository import as_booked
from app.posting.plan import Stopped
from app.schema import Connection, Lane, LaneState, StoredDispute, StoredSettlement
from app.tenants.repository import load_rules

DISPUTE_LANE = "dispute:"
"""Begins the subject; provider and id follow."""
_DISPUTE: TypeAdapter[LostDispute] = TypeAdapter(LostDispute)


def store_disputes(store: Store, connection_id: int, disputes: Iterable[LostDispute]) -> int:
    """Store what is new and make it due; returns how many. A stored one never changes: it was final."""
    new = 0
    for one in disputes:
        subject = f"{DISPUTE_LANE}{one.provider}:{one.id}"
        with store.write() as session:
            known = select(Lane.id).where(Lane.connection_id == connection_id, Lane.subject == subject)
            if session.scalar(known) is not None:
                continue
            tenant_id = session.get_one(Connection, connection_id).tenant_id
            lane_id = make_due(session, tenant_id, connection_id, subject)
            values = {"lane_id": lane_id, "tenant_id": tenant_id, "content": _DISPUTE.dump_python(one, mode="json")}
            session.execute(insert(StoredDispute).values(**values).on_conflict_do_nothing())
            new += 1
    return new


def tell_open_disputes(
    session: WriteSession, tenant_id: int, connection_id: int, disputes: Sequence[OpenDispute]
) -> None:
    """Make the notices about disputes that wait for the shop's evidence exactly these."""
    place = Place(tenant_id, connection_id=connection_id)
    resolve_others(session, place, "DISPUTE_OPEN", [one.id for one in disputes])
    for one in disputes:
        open_one(session, place, one.finding)


def wake_waiting(session: WriteSession) -> int:
    """Look again at disputes whose payout may have been booked meanwhile; returns how many."""
    waiting = (Lane.subject.startswith(DISPUTE_LANE), Lane.state == LaneState.WAITING.value)
    return wake(session, list(session.scalars(select(Lane.id).where(*waiting))))


@dataclass(frozen=True, slots=True)
class DisputeLane:
    """Works on lanes of lost disputes."""

    store: Store
    booking: VoucherBooking

    def work(self, lease: Lease) -> Ended | Later | Halt:
        """Move the claim to the loss; wait while the claim itself is not booked."""
        with self.store.read() as session:
            dispute = _DISPUTE.validate_python(session.get_one(StoredDispute, lease.lane_id).content)
            rules, company = load_rules(session, lease.tenant_id), company_of(session, lease.tenant_id)
            claim = claim_of(dispute, _claims(session, lease.connection_id, dispute))
        if rules.cut_over and dispute.finalized_on < rules.cut_over:
            return Ended(LaneState.SKIPPED)
        if claim is None:
            return Ended(LaneState.WAITING)
        if company is None:
            return Halt((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
        if isinstance(claim, Finding):
            return Ended(LaneState.SKIPPED, (claim,))  # a person books it: nothing comes of it here
        plan = plan_lost(dispute, claim, rules)
        return Halt(plan.findings) if isinstance(plan, Stopped) else self.booking.book(lease, company, plan, rules)


def _claims(session: ReadSession, connection_id: int, dispute: LostDispute) -> list[Claim]:
    """What booked payouts have of it on the disputed account; before, there is no claim to write off."""
    has_one = func.jsonb_path_exists(StoredSettlement.content, cast('$.lines[*] ? (@.kind == "chargeback")', JSONPATH))
    booked = (Lane.state == LaneState.BOOKED.value, StoredSettlement.connection_id == connection_id, has_one)
    statement = select(StoredSettlement).join(Lane, Lane.id == StoredSettlement.lane_id).where(*booked)
    claims = []
    for stored in session.scalars(statement.order_by(StoredSettlement.lane_id)):
        worths = worths_of(stored) or {}
        for line in as_booked(stored).lines:
            is_its_order = dispute.order_id in {"", line.keys.get(MatchKey.SHOP_ORDER_ID)}
            if line.kind is SettlementKind.CHARGEBACK and is_its_order:
                worth = worths.get(line.id)
                claims.append(Claim(-line.amount, -(worth.kronor if worth else line.amount)))
    return claims
