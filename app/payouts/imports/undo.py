"""Undoes the import of a payout file: payouts of which nothing is booked are removed, what is booked stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import delete, exists, func, select, update

from app.jobs.inbox import make_due
from app.kit.db.engine import Store, WriteSession
from app.payouts.batch_gaps import report_gaps
from app.payouts.line_answer_store import leave_answers
from app.payouts.repository import read_payout
from app.payouts.stated_sums import forget_sums
from app.schema import (
    Finding,
    Job,
    JobState,
    Operation,
    OperationState,
    PayoutFile,
    PayoutLineUse,
    PayoutMovement,
    StoredPayout,
)

log = structlog.get_logger(__name__)

_MAY_STAND = (OperationState.SENDING.value, OperationState.UNKNOWN.value, OperationState.DONE.value)

_STOPS_OTHERS = ("REFUND_PAYOUT_DOUBLED", "PAYOUT_BEYOND_ORDER")


class ImportUndoError(ValueError):
    """An import that cannot be taken back. Its text says why: `gone`, `busy`, `booked`, `nothing`."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What taking an import back came to, in payouts."""

    removed: int = 0
    """Removed: the file may be imported again."""
    restored: int = 0
    """Booked as an earlier file reported them: that version applies again."""
    booked: int = 0
    """Booked as this file reports them: they stay."""


@dataclass(frozen=True, slots=True)
class ImportUndo:
    """Takes imports back. The file itself stays, and who took it back."""

    store: Store
    due: Callable[[], object]
    """Called when a payout was made due."""
    now: Callable[[], datetime]

    def take_back(self, tenant_id: int, file_id: int, by: str) -> TakenBack:
        """Take back payouts of which nothing is booked. Raises ImportUndoError where there are none."""
        with self.store.write() as session:
            file = session.get(PayoutFile, file_id, with_for_update=True)
            if file is None or file.tenant_id != tenant_id:
                raise ImportUndoError("gone")
            conditions = (StoredPayout.tenant_id == tenant_id, StoredPayout.file_id == file_id)
            jobs = select(Job).join(StoredPayout, StoredPayout.id == Job.payout_id).where(*conditions)
            locked = session.scalars(jobs.order_by(Job.id).with_for_update(of=Job)).all()
            sums = forget_sums(session, file_id)
            if not locked and not sums:
                raise ImportUndoError("nothing")
            _refuse_if_at_work(session, locked)
            numbered = {(row.connection_id, row.subject.split(":")[1]) for row in locked}
            done = [_take_back(session, job) for job in locked]
            taken_back = TakenBack(done.count("removed"), done.count("restored"), done.count("booked"))
            if not (taken_back.removed or taken_back.restored or sums):
                raise ImportUndoError("booked")
            for connection, provider in numbered:
                report_gaps(session, tenant_id, provider, connection)
            if not taken_back.booked:
                file.imported_at = None
            file.taken_back_at, file.taken_back_by = self.now(), by
        log.info("settlement_import_taken_back", file=file_id, removed=taken_back.removed, restored=taken_back.restored)
        self.due()
        return taken_back


def _refuse_if_at_work(session: WriteSession, jobs: Sequence[Job]) -> None:
    now = session.scalars(select(func.clock_timestamp())).one()
    if any(job.lease_until is not None and job.lease_until > now for job in jobs):
        raise ImportUndoError("busy")


def _take_back(session: WriteSession, job: Job) -> str:
    stored = session.get_one(StoredPayout, job.payout_id)
    if stored.booked is not None and stored.booked_hash != stored.content_hash:
        _restore(session, job, stored)
        return "restored"
    if stored.booked is not None or _stands_in_books(session, job.id, stored.id):
        return "booked"
    _remove(session, job, stored)
    return "removed"


def _stands_in_books(session: WriteSession, job_id: int, payout_id: int) -> bool:
    """Whether a voucher of the payout may be posted, or a payment that an order made because of it."""
    sent = Operation.state.in_(_MAY_STAND)
    voucher = select(Operation.id).where(Operation.job_id == job_id, sent)
    payment = exists().where(
        Operation.job_id == Job.id, Job.order_id == PayoutLineUse.order_id, Operation.kind == "PayInvoice", sent,
        Operation.payload["source"]["transaction"].astext == PayoutLineUse.transaction_id,
    )  # fmt: skip
    paid_lines = (
        PayoutLineUse.payout_id == payout_id,
        PayoutLineUse.transaction_id != "",
        PayoutLineUse.paid_on.is_not(None),
    )
    paid = select(PayoutLineUse.line_id).where(*paid_lines, payment)
    return any(session.scalar(statement.limit(1)) is not None for statement in (voucher, paid))


def _restore(session: WriteSession, job: Job, stored: StoredPayout) -> None:
    """Restore the booked state as the payout's state, with the file that reported it."""
    booked = (stored.booked or {})["payout"]
    payout = read_payout(booked)
    stored.content, stored.content_hash = booked, stored.booked_hash or ""
    stored.paid_on, stored.currency, stored.paid_out = payout.paid_on, payout.currency, payout.paid_out.minor
    stored.file_id = (stored.booked or {}).get("file_id")
    make_due(session, stored.tenant_id, stored.connection_id, job.subject)


def _remove(session: WriteSession, job: Job, stored: StoredPayout) -> None:
    """The job stays with its findings; a later import starts again on it, with another payout."""
    waiting_payouts = _payouts_that_wait_for(session, job)
    for table in (PayoutLineUse, PayoutMovement):
        session.execute(delete(table).where(table.payout_id == stored.id))
    leave_answers(session, stored.id, job.id)
    open_here = (Finding.job_id == job.id, Finding.resolved_at.is_(None))
    session.execute(update(Finding).where(*open_here).values(resolved_at=func.clock_timestamp()))
    planned = (Operation.job_id == job.id, Operation.state.not_in(_MAY_STAND))
    session.execute(update(Operation).where(*planned).values(state=OperationState.SUPERSEDED.value))
    job.state, job.due_at, job.attempts, job.first_failure_at = JobState.SKIPPED.value, None, 0, None
    job.payout_id = None
    session.flush()
    session.delete(stored)
    session.flush()
    for other in waiting_payouts:
        make_due(session, other.tenant_id, other.connection_id, other.subject)


def _payouts_that_wait_for(session: WriteSession, removed: Job) -> list[Job]:
    """Payouts that may be stopped because this one has their transactions, or more of their orders than was paid."""
    stopped = exists().where(Finding.job_id == Job.id, Finding.code.in_(_STOPS_OTHERS), Finding.resolved_at.is_(None))
    named = (Job.tenant_id == removed.tenant_id, Job.id != removed.id, stopped)
    return list(session.scalars(select(Job).where(*named)))
