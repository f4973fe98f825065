"""Lost disputes: stored once, with what the payouts that took their money have of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import TypeAdapter
from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH, insert

from app.findings.repository import Place, open_finding, resolve_others
from app.jobs.inbox import make_due
from app.jobs.queue import wake
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.model.payout import LostDispute, MatchKey, OpenDispute, PayoutLineKind
from app.payouts.fx.booked_values import carrying_amounts_of
from app.payouts.planning.disputes import Claim
from app.payouts.repository import as_booked
from app.schema import Connection, Job, JobKind, JobState, StoredDispute, StoredPayout

DISPUTE_JOB = "dispute:"
"""Prefix of the subject; provider and id follow."""
_DISPUTE: TypeAdapter[LostDispute] = TypeAdapter(LostDispute)


def store_disputes(store: Store, connection_id: int, disputes: Iterable[LostDispute]) -> int:
    """Store what is new and make it due; returns how many. A stored one never changes: it was final."""
    new = 0
    for dispute in disputes:
        subject = f"{DISPUTE_JOB}{dispute.provider}:{dispute.id}"
        with store.write() as session:
            known = select(Job.id).where(Job.connection_id == connection_id, Job.subject == subject)
            if session.scalar(known) is not None:
                continue
            tenant_id = session.get_one(Connection, connection_id).tenant_id
            job_id = make_due(session, tenant_id, connection_id, subject)
            values = {"job_id": job_id, "tenant_id": tenant_id, "content": _DISPUTE.dump_python(dispute, mode="json")}
            session.execute(insert(StoredDispute).values(**values).on_conflict_do_nothing())
            new += 1
    return new


def dispute_of(session: ReadSession, job_id: int) -> LostDispute:
    """The dispute that a job is about."""
    return _DISPUTE.validate_python(session.get_one(StoredDispute, job_id).content)


def report_open_disputes(
    session: WriteSession, tenant_id: int, connection_id: int, disputes: Sequence[OpenDispute]
) -> None:
    """Make these the open notices about disputes that wait for the shop's evidence."""
    place = Place(tenant_id, connection_id=connection_id)
    resolve_others(session, place, "DISPUTE_OPEN", [dispute.id for dispute in disputes])
    for dispute in disputes:
        open_finding(session, place, dispute.finding)


def wake_waiting(session: WriteSession, tenant_id: int) -> int:
    """Look again at a company's disputes whose payout may have been booked meanwhile; returns how many."""
    waiting = (Job.tenant_id == tenant_id, Job.kind == JobKind.DISPUTE, Job.state == JobState.WAITING.value)
    return wake(session, list(session.scalars(select(Job.id).where(*waiting))))


def claims_of(session: ReadSession, connection_id: int, dispute: LostDispute) -> list[Claim]:
    """What booked payouts have of it on the disputed account; before, there is no claim to write off."""
    has_one = func.jsonb_path_exists(StoredPayout.content, cast('$.lines[*] ? (@.kind == "chargeback")', JSONPATH))
    booked = (Job.state == JobState.BOOKED.value, StoredPayout.connection_id == connection_id, has_one)
    statement = select(StoredPayout).join(Job, Job.payout_id == StoredPayout.id).where(*booked)
    claims = []
    for stored in session.scalars(statement.order_by(StoredPayout.id)):
        carrying_amounts = carrying_amounts_of(stored) or {}
        for line in as_booked(stored).lines:
            is_its_order = dispute.order_id in {"", line.keys.get(MatchKey.SHOP_ORDER_ID)}
            if line.kind is PayoutLineKind.CHARGEBACK and is_its_order:
                carrying_amount = carrying_amounts.get(line.id)
                claims.append(Claim(-line.amount, -(carrying_amount.kronor if carrying_amount else line.amount)))
    return claims
