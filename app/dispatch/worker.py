"""The worker: leases a due job, hands it to its handler, and records how the work ended."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.execution.step_run import CompanyNotLiveError
from app.findings.repository import Place, replace_open
from app.jobs import queue as jobs
from app.jobs.alarm import Alarm
from app.jobs.heartbeat import Presence
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease, LeaseLostError
from app.jobs.retry import next_try, probe_after
from app.kit.db.engine import Store, WriteSession
from app.kit.db.outage import is_outage
from app.kit.http.call_budget import RateLimitedError
from app.kit.http.token_keeper import ConsentLostError, TokenUnavailableError
from app.ledgers.base import RecordsUnreadableError
from app.master_data.company import company_of
from app.model.finding import Finding
from app.model.platforms import Platforms, Situation
from app.schema import FOLLOWS_BOOKING, POLLS, JobKind, JobState

log = structlog.get_logger(__name__)

BATCH_SIZE = 50
"""Jobs one task may work on: bounded, so that a long queue cannot keep a worker; the sweep notifies again."""
POLLS_AT_ONCE = 2
"""Threads of a process that may poll: shops that do not answer keep these for as long as a call may last, and the
others book orders."""


_LONGEST_OUTAGE_WAIT = timedelta(hours=1)


class JobHandler(Protocol):
    """Handles jobs of one kind."""

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Bring the job's subject to where it should be."""


@dataclass(frozen=True, slots=True)
class JobWorker:
    """Leases due jobs and hands each to the handler of its kind, until none is due. Every kind must have a handler."""

    store: Store
    handlers: Mapping[JobKind, JobHandler]
    lease_seconds: float
    presence: Presence
    alarm: Alarm
    platforms: Platforms
    _polls: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(POLLS_AT_ONCE))

    def __post_init__(self) -> None:
        if missing := set(JobKind) - set(self.handlers):
            raise ValueError(f"no handler for jobs of kind {', '.join(sorted(missing))}")

    def run(self, most: int = BATCH_SIZE) -> int:
        """Work on up to `most` jobs; returns how many. Ends when the process is asked to, or the database is away."""
        for worked in range(most):
            if self.presence.stopping.is_set():
                return worked
            try:
                if not self._next():
                    self.alarm.look()
                    return worked
            except SQLAlchemyError as error:
                # The job is given back with the next heartbeat, once the database answers.
                if not self.store.outages.note(error):
                    raise
                return worked
        return most

    def _next(self) -> bool:
        """Claim a job and work on it; False when none may be claimed."""
        may_poll = self._polls.acquire(blocking=False)
        try:
            with self.presence.holding() as token:
                lease = jobs.claim(self.store, self.lease_seconds, token, self.presence.name, polls=may_poll)
                if lease is None:
                    return False
                if may_poll and lease.kind not in POLLS:
                    self._polls.release()
                    may_poll = False
                with structlog.contextvars.bound_contextvars(job=lease.job_id, subject=lease.subject):
                    self.work(lease)
            return True
        finally:
            if may_poll:
                self._polls.release()

    def work(self, lease: Lease) -> None:
        """One job. Whatever happens is recorded and scheduled: this is the process boundary for one order.

        Raises SQLAlchemyError where nothing can be recorded, because the database is away.
        """
        try:
            self._work_or_record(lease)
        except LeaseLostError:
            log.info("lease_lost")

    def _work_or_record(self, lease: Lease) -> None:
        try:
            self._end(lease, self._look(lease))
        except LeaseLostError:
            raise
        except CompanyNotLiveError:
            # All is known and in the posting log; it goes on from there when the company is live.
            self._end(lease, Completed(JobState.PLANNED))
        except RateLimitedError as wait:
            self._defer_company(lease, wait.seconds)
        except (TokenUnavailableError, RecordsUnreadableError) as error:
            self._retry(lease, Retry(None, failed=True, code=self._ledger_away(lease), detail=str(error)))
        except ConsentLostError as error:
            self._end(lease, Blocked((Finding(error.code, "", {}),)))
        except Exception as error:
            if is_outage(error):
                raise
            # Nothing is swallowed: the trace is logged, the job gets a finding, and it is tried again.
            log.exception("job_failed")
            self._retry(lease, Retry(None, failed=True, code="BOKBRO_INTERNAL", detail=f"job {lease.job_id}"))

    def _look(self, lease: Lease) -> Completed | Retry | Blocked:
        if lease.kind in FOLLOWS_BOOKING and not lease.is_live:
            return Completed(JobState.PLANNED)
        return self.handlers[lease.kind].work(lease)

    def _end(self, lease: Lease, outcome: Completed | Retry | Blocked) -> None:
        match outcome:
            case Completed():
                with self.store.write() as session:
                    replace_open(session, Place(lease.tenant_id, lease.job_id), outcome.notices)
                    jobs.close(session, lease, outcome.state, outcome.again)
                    self._release(session, lease)
                log.info("job_closed", state=outcome.state.value)
            case Blocked():
                with self.store.write() as session:
                    replace_open(session, Place(lease.tenant_id, lease.job_id), outcome.findings)
                    jobs.close(session, lease, JobState.STOPPED)
                    self._release(session, lease)
                log.warning("job_stopped", codes=[finding.code for finding in outcome.findings])
            case Retry(company=True):
                self._defer_company(lease, outcome.wait.total_seconds() if outcome.wait else 1.0)
            case Retry():
                self._retry(lease, outcome)

    def _release(self, session: WriteSession, lease: Lease) -> None:
        """What failed before works now: all that failed with it need not wait any longer."""
        if lease.attempts and (woken := jobs.release_failing(session, lease)):
            log.info("failing_released", jobs=woken)

    def _ledger_away(self, lease: Lease) -> str:
        """The code for a ledger that does not answer."""
        with self.store.read() as session:
            company = company_of(session, lease.tenant_id)
        return self.platforms[company.ledger].codes[Situation.UNAVAILABLE] if company else "BOKBRO_INTERNAL"

    def _defer_company(self, lease: Lease, seconds: float) -> None:
        jobs.defer_tenant(self.store, lease, timedelta(seconds=seconds))

    def _retry(self, lease: Lease, retry: Retry) -> None:
        """Come back later, or show that it has failed for too long."""
        wait = retry.wait
        # Both of the database's clock: `due_at` is the time of the claim.
        failing_for = lease.due_at - (lease.first_failure_at or lease.due_at)
        if retry.failed:
            jitter = random.random()  # noqa: S311 - spreads load, guards nothing
            tried = next_try(failing_for, jitter=jitter, retry_after=retry.retry_after)
            wait = max(tried, wait or timedelta(0)) if tried else None
            if wait is None and retry.code in self.platforms.codes(Situation.OPERATOR_BLOCKED):
                wait = _LONGEST_OUTAGE_WAIT
        if wait is None:
            finding = Finding(retry.code or "BOKBRO_INTERNAL", "", {**retry.values, "reference": f"job {lease.job_id}"})
            with self.store.write() as session:
                # Otherwise the deliveries that nobody could work on would make the job due again at once.
                jobs.mark_processed(session, lease.inbox_ids)
            self._end(replace(lease, attempts=0), Blocked((finding,)))  # given up: nothing works that did not before
            return
        # The other system does not answer: one job of the company probes for all whether it is back.
        is_away = retry.code in self.platforms.codes(Situation.UNAVAILABLE)
        is_outage = retry.failed and is_away and retry.retry_after is None and retry.wait is None
        probe = jobs.Probe(probe_after(failing_for), retry.code) if is_outage else None
        # In one transaction: who has lost the job must not leave a finding on it that its successor cannot see.
        with self.store.write() as session:
            if retry.code:
                shown = {**retry.values, "reference": f"job {lease.job_id}", "message": retry.detail}
                replace_open(session, Place(lease.tenant_id, lease.job_id), [Finding(retry.code, "", shown)])
            jobs.defer(session, lease, wait, failed=retry.failed, probe=probe)
        log.info("job_deferred", seconds=round(wait.total_seconds(), 1), code=retry.code, detail=retry.detail)
