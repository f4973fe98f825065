"""After a restore: what the posting log does not hold as done may stand in Fortnox all the same."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, delete, exists, func, or_, update
from sqlalchemy.dialects.postgresql import insert

from app.kit.db.backups import ORIGIN
from app.kit.db.engine import Store, WriteSession
from app.schema import Installation, Job, JobState, Operation, OperationState, ScheduledRun, Tenant

log = structlog.get_logger(__name__)

_IDLE = (JobState.BOOKED.value, JobState.SKIPPED.value, JobState.PLANNED.value)
_ENDED = (OperationState.DONE.value, OperationState.SUPERSEDED.value)


def notice_restore(store: Store, now: datetime) -> bool:
    """Distrust the posting log if this database is not the one that we worked on last. To be called at every start.

    So a restore by any person and any tool is safe, as long as it made a new database, new tables or a new
    timeline. Several processes may start at once: one of them does it, the others wait for it.
    """
    with store.write() as session:
        origin = str(session.scalar(ORIGIN))
        session.execute(insert(Installation).values(id=1, origin=origin).on_conflict_do_nothing())
        installation = session.get_one(Installation, 1, with_for_update=True)
        if installation.origin == origin:
            return False
        installation.origin = origin
        jobs = distrust_posting_log(session, now)
    log.warning("database_was_restored", jobs=jobs)
    return True


def distrust_posting_log(session: WriteSession, now: datetime) -> int:
    """From now on every step that is not proven done is looked for in Fortnox before it is sent. Returns jobs due.

    That holds for orders, payouts and all other vouchers. Due is every job that was not idle; what happened to the
    others meanwhile is found by scheduled work, all of which is due, too. Leases are those of workers that
    are gone.
    """
    session.execute(update(Tenant).values(log_trusted_since=now, restored_at=now, blocked_until=None))
    session.execute(delete(ScheduledRun))
    session.execute(
        update(Job).values(lease_until=None, lease_token=None, worker=None).where(Job.lease_token.is_not(None))
    )
    woken = update(Job).where(_unfinished()).values(due_at=func.clock_timestamp()).returning(Job.id)
    return len(session.execute(woken).all())


def _unfinished() -> ColumnElement[bool]:
    started = exists().where(Operation.job_id == Job.id, Operation.state.not_in(_ENDED))
    return or_(Job.state.not_in(_IDLE), Job.due_at.is_not(None), started)
