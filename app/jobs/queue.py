"""Jobs: claimed by a lease, fenced by its token, fair over tenants. The database is the queue."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, func, select, text, update
from sqlalchemy.orm import aliased

from app.kit.db.engine import Store, WriteSession
from app.schema import POLLS, Finding, Job, JobKind, JobState, Priority, Tenant, Worker
from app.schema.service import DEAD_AFTER, IS_LIVING


@dataclass(frozen=True, slots=True)
class Probe:
    """An outside system is down: one failing job of the company looks for all that fail by the same finding."""

    within: timedelta
    """How soon."""
    code: str
    """The catalogue's code, open on each of these jobs: it names the system."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that is ours until the lease runs out."""

    job_id: int
    tenant_id: int
    connection_id: int
    subject: str
    token: str
    attempts: int
    first_failure_at: datetime | None
    due_at: datetime
    """Set by the claim: a wake-up during the work changes it, and the close compares it."""
    woken_at: datetime
    """When something last asked for the job, before the claim."""
    is_live: bool
    """Whether the company was live at the claim (`CompanyState`)."""
    inbox_ids: tuple[int, ...]
    """Deliveries that were there at the claim: the state read after it covers them."""
    order_id: int | None = None
    """The order that it works on; None where its kind is another."""
    payout_id: int | None = None
    """The payout that it works on; None where its kind is another, and where the payout is gone."""

    @property
    def kind(self) -> JobKind:
        """What the subject is."""
        return JobKind(self.subject.partition(":")[0])

    @property
    def of_order(self) -> int:
        """The order that it works on. Raises ValueError where its kind is another."""
        if self.order_id is None:
            raise ValueError(f"{self.subject}: no order's job")
        return self.order_id


class LeaseLostError(Exception):
    """Another worker works on this job now: stop at once, write nothing more."""


JUDGES_AFTER = timedelta(seconds=6)
"""How long a worker must have beaten without a gap, until now, before it takes the lease of a dead one. When the
database was away, no worker has beaten: each gets the time to beat first."""
_SECONDS = {"dead": DEAD_AFTER.total_seconds(), "judges": JUDGES_AFTER.total_seconds()}

# Both subqueries are asked once per claim. A dead worker that was only frozen finds its token gone and writes nothing;
# what it sent is settled by the time of its mark, as after any other end of a lease.
_FREE = """(
    job.lease_until is null or job.lease_until < clock_timestamp()
    or (job.worker is not null
        and job.worker <> all (array(select name from worker
                                       where beat_at > clock_timestamp() - make_interval(secs => :dead)))
        and exists (select from worker where name = :worker
                       and beat_at > clock_timestamp() - make_interval(secs => :judges)
                       and steady_since <= clock_timestamp() - make_interval(secs => :judges))))"""
_NOT_BLOCKED = "(tenant.blocked_until is null or tenant.blocked_until <= clock_timestamp())"
_MAY_BE = f"(:polls or job.kind not in ({', '.join(repr(kind.value) for kind in POLLS)}))"
# The company that waited longest goes first, with its most urgent job (`Priority`), and of these the oldest: no queue
# is sorted, however long. Both loops run in the order in which they are written, and end at the first row. Where few
# jobs are due, only their companies are looked at, and not every idle one; one of the two halves never runs.
# What keeps two workers off one job is the row lock: a job that changed after the statement's snapshot is asked the
# condition again as it is when it is locked, and one that is being claimed is passed over (PostgreSQL's manual: SELECT,
# "The Locking Clause"; 13.2.1, Read Committed). A CTE with volatile functions is computed once (7.8.3): what is updated
# is what was locked. Of two claims for one company at the same instant one counts as its turn; the other does not wait.
_CLAIM = text(f"""
    with few as materialized (
        select job.tenant_id from job
         where job.due_at <= clock_timestamp() and {_FREE} and {_MAY_BE}
         order by job.due_at
         limit 101
    ), next as (
        select due.id, due.tenant_id
          from ((select tenant.id from tenant
                  where (select count(*) from few) <= 100 and tenant.id = any (array(select tenant_id from few))
                    and {_NOT_BLOCKED}
                  order by tenant.last_turn)
                union all
                (select tenant.id from tenant
                  where (select count(*) from few) > 100
                    and {_NOT_BLOCKED}
                  order by tenant.last_turn)) as company
         cross join (values (0), (1), (2)) as class (priority)
         cross join lateral (
               select job.id, job.tenant_id from job
                where job.tenant_id = company.id and job.priority = class.priority
                  and job.due_at <= clock_timestamp() and {_MAY_BE}
                  and {_FREE}
                order by job.due_at
                limit 1
                  for update skip locked) as due
         limit 1
    ), turn as (
        update tenant set last_turn = clock_timestamp()
         where id = (select tenant.id from tenant where tenant.id = (select tenant_id from next)
                        for no key update skip locked)
    ), claimed as (
        update job
           set lease_until = clock_timestamp() + make_interval(secs => :seconds), due_at = clock_timestamp(),
               lease_token = :token, worker = :worker, state = case when state = 'new' then 'working' else state end,
               updated_at = clock_timestamp()
          from next
         where job.id = next.id
        returning job.id, job.tenant_id, job.connection_id, job.subject, job.attempts, job.first_failure_at, job.due_at,
                  job.woken_at, job.order_id, job.payout_id
    )
    select claimed.*,
           (select tenant.state = 'live' from tenant where tenant.id = claimed.tenant_id) as is_live,
           array(select inbox.id from inbox where inbox.job_id = claimed.id and inbox.processed_at is null) as inbox_ids
      from claimed
""")  # noqa: S608 - its parts are written above


def claim(
    store: Store, seconds: float, token: str = "", worker: str | None = None, *, polls: bool = True
) -> Lease | None:
    """Lease the next due job for `seconds`, or None when nothing may be worked on now.

    `worker`: who asks, where it says that it lives (`app.jobs.heartbeat`): the lease ends with it. `token`: its own.
    `polls`: whether it may be a poll.
    """
    token = token or secrets.token_hex(8)
    values = {"seconds": seconds, "token": token, "worker": worker, "polls": polls}
    rows = store.write_once(_CLAIM, values | _SECONDS)
    if not rows:
        return None
    [row] = rows
    return Lease(
        row.id, row.tenant_id, row.connection_id, row.subject, token, row.attempts, row.first_failure_at, row.due_at,
        row.woken_at, row.is_live, tuple(row.inbox_ids), row.order_id, row.payout_id,
    )  # fmt: skip


_UNLEASED: dict[str, object] = {"lease_until": None, "lease_token": None, "worker": None}
"""A job on which nobody works."""


def tokens_of(session: WriteSession, worker: str) -> list[str]:
    """Tokens of the leases that a worker has."""
    return [token for token in session.scalars(select(Job.lease_token).where(Job.worker == worker)) if token]


def give_back(session: WriteSession, tokens: Collection[str]) -> int:
    """End leases under which nobody works any more; returns how many. Their jobs stay due as they were."""
    if not tokens:
        return 0
    statement = update(Job).where(Job.lease_token.in_(list(tokens)))
    return len(session.execute(statement.values(**_UNLEASED).returning(Job.id)).all())


def renew(session: WriteSession, lease: Lease, seconds: float) -> None:
    """Keep the job for `seconds` more. Raises LeaseLostError."""
    _write(session, lease, lease_until=func.clock_timestamp() + timedelta(seconds=seconds))


def defer(session: WriteSession, lease: Lease, wait: timedelta, *, failed: bool, probe: Probe | None = None) -> None:
    """Give the job back, due after `wait`, or at once when it was woken meanwhile. `failed` counts a try.

    Raises LeaseLostError.
    """
    now = func.clock_timestamp()
    due_later: ColumnElement[datetime] = now + wait
    if probe is not None and probe.within < wait:
        other_job = aliased(Job)
        same_finding = (Finding.job_id == other_job.id, Finding.code == probe.code, Finding.resolved_at.is_(None))
        is_probed = exists().where(
            other_job.tenant_id == lease.tenant_id, other_job.id != lease.job_id,
            other_job.first_failure_at.is_not(None), other_job.due_at <= now + probe.within,
            exists().where(*same_finding),
        )  # fmt: skip
        due_later = case((is_probed, now + wait), else_=now + probe.within)
    # A failing job that was woken learns nothing new from a try: it waits with the others.
    due = due_later if probe is not None else case((_woken(lease), now), else_=due_later)
    changes: dict[str, object] = {"due_at": due} | _UNLEASED
    if failed:
        changes |= {"attempts": Job.attempts + 1, "first_failure_at": func.coalesce(Job.first_failure_at, now)}
    _write(session, lease, **changes)


def release_failing(session: WriteSession, lease: Lease) -> int:
    """The other side is back: all jobs of the company that failed are due now. Returns how many."""
    now = func.clock_timestamp()
    failing = (Job.first_failure_at.is_not(None), Job.due_at > now, Job.lease_token.is_(None))
    conditions = (Job.tenant_id == lease.tenant_id, Job.id != lease.job_id, *failing)
    return len(session.execute(update(Job).where(*conditions).values(due_at=now).returning(Job.id)).all())


def defer_tenant(store: Store, lease: Lease, wait: timedelta) -> None:
    """The tenant's budget is spent: none of its jobs is claimed before, and this one stays due."""
    with store.write() as session:
        until = func.clock_timestamp() + wait
        session.execute(update(Tenant).where(Tenant.id == lease.tenant_id).values(blocked_until=until))
        _write(session, lease, **_UNLEASED)


# Two statements, for the second must see what was committed before the first had the job's row lock: with the inbox
# read first, 443 wake-ups were lost in a measured race.
_CLOSE = text("""
    update job
       set state = :state,
           due_at = coalesce(case when due_at is distinct from :claimed_at then clock_timestamp() end,
                             clock_timestamp() + cast(:again as interval)),
           priority = case when cast(:again as interval) is null then priority else :routine end,
           attempts = 0, first_failure_at = null, lease_until = null, lease_token = null, worker = null,
           updated_at = clock_timestamp()
     where id = :job and lease_token = :token
    returning coalesce(due_at <= clock_timestamp(), false) as is_due
""")
_DUE_AGAIN = text("""
    update job set due_at = clock_timestamp()
     where id = :job and exists (select from inbox where job_id = :job and processed_at is null
                                    and id <> all (cast(:seen as bigint[])))
    returning id
""")


def close(session: WriteSession, lease: Lease, state: JobState, again: timedelta | None = None) -> bool:
    """End the work in `state`; stays due when deliveries came or somebody woke it meanwhile. Returns whether it does.

    `again`: when it is due by itself, from now; None: not before something happens.

    Deliveries that were there at the claim do not count, processed or not: they would make a job that stops due again
    and again. Raises LeaseLostError.
    """
    values: dict[str, object] = {"job": lease.job_id, "token": lease.token, "state": state.value}
    values |= {"claimed_at": lease.due_at, "again": again, "routine": Priority.BACKFILL.value}
    closed = session.execute(_CLOSE, values).one_or_none()
    if closed is None:
        raise LeaseLostError
    is_due: bool = closed.is_due
    seen = {"job": lease.job_id, "seen": list(lease.inbox_ids)}
    return is_due or session.execute(_DUE_AGAIN, seen).one_or_none() is not None


_PROCESSED = text("update inbox set processed_at = clock_timestamp() where id = any (cast(:ids as bigint[]))")


def mark_processed(session: WriteSession, inbox_ids: Sequence[int]) -> None:
    """The state that these deliveries announced has been read."""
    if inbox_ids:
        session.execute(_PROCESSED, {"ids": list(inbox_ids)})


def wake(session: WriteSession, job_ids: Collection[int], priority: Priority = Priority.EVENT) -> int:
    """Make jobs due now (a person's button, a register that changed). Returns how many."""
    return _wake(session, Job.id.in_(job_ids), priority) if job_ids else 0


def wake_orders(session: WriteSession, order_ids: Collection[int]) -> int:
    """Make the jobs of these orders due now. Returns how many."""
    return _wake(session, Job.order_id.in_(order_ids), Priority.EVENT) if order_ids else 0


def wake_payouts(session: WriteSession, payout_ids: Collection[int]) -> int:
    """Make the jobs of these payouts due now. Returns how many."""
    return _wake(session, Job.payout_id.in_(payout_ids), Priority.EVENT) if payout_ids else 0


def _wake(session: WriteSession, among: ColumnElement[bool], priority: Priority) -> int:
    now = func.clock_timestamp()
    due = {"due_at": now, "woken_at": now, "priority": _most_urgent(priority)}
    return len(session.execute(update(Job).where(among).values(**due).returning(Job.id)).all())


def _most_urgent(priority: Priority) -> ColumnElement[int]:
    """The priority of a job that is due for one more reason; what it was due for before it closed does not count."""
    return case((Job.due_at.is_(None), priority.value), else_=func.least(Job.priority, priority.value))


def _woken(lease: Lease) -> ColumnElement[bool]:
    """Whether the job was made due after our claim."""
    return Job.due_at.is_distinct_from(lease.due_at)


_NEXT = text("""
    select extract(epoch from min(at) - clock_timestamp())
      from ((select due_at as at from job
              where due_at > clock_timestamp() and lease_token is null
              order by due_at limit 1)
            union all
            (select blocked_until from tenant
              where blocked_until > clock_timestamp()
                and exists (select from job where job.tenant_id = tenant.id and job.due_at is not null)
              order by blocked_until limit 1)) as soon
     where at < clock_timestamp() + make_interval(secs => :within)
""")


def seconds_to_next(store: Store, within: float) -> float | None:
    """Seconds until a job becomes due, or the company of one may call again; None: not within that many."""
    with store.read() as session:
        seconds = session.execute(_NEXT, {"within": within}).scalar_one()
    return None if seconds is None else max(float(seconds), 0.0)


MOST_COUNTED = 100
"""Nobody acts otherwise on more, and counting 99,000 costs the server 30 ms."""


def due_count(store: Store, most: int = MOST_COUNTED) -> int:
    """How many jobs may be claimed now, by a worker that may call others dead; `most` means: so many, or more."""
    living = select(Worker.name).where(IS_LIVING)
    # Companies that may not call yet are few, and their jobs may be many: an antijoin on a small set.
    blocked = select(Tenant.id).where(Tenant.blocked_until > func.clock_timestamp())
    free = (
        Job.lease_until.is_(None)
        | (Job.lease_until < func.clock_timestamp())
        | (Job.worker.is_not(None) & Job.worker.not_in(living))
    )
    due = select(Job.id).where(Job.due_at <= func.clock_timestamp(), free, Job.tenant_id.not_in(blocked)).limit(most)
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(due.subquery())) or 0


def _write(session: WriteSession, lease: Lease, **values: object) -> None:
    """Change the job if it is still ours: every write after the claim is fenced by the lease's token."""
    conditions = (Job.id == lease.job_id, Job.lease_token == lease.token)
    statement = update(Job).where(*conditions).values(updated_at=func.clock_timestamp(), **values).returning(Job.id)
    if session.execute(statement).scalar_one_or_none() is None:
        raise LeaseLostError
