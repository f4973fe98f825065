"""Sends the steps of one job, in order: mark, call, record. May be killed at any line and repeated from the top."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.adjustments.creditable_lines import PostedDocuments
from app.execution import balances, outdated
from app.execution import operations as posting_log
from app.execution.balances import BalanceExceededError, Balances
from app.execution.executor import StepExecutor
from app.execution.fee_owners import with_its_fee
from app.execution.progress import Progress, Succeeded, credit_exceeds, observed, trouble
from app.execution.register_updates import CHANGING, update_register
from app.jobs.outcomes import Blocked, Retry
from app.jobs.queue import Lease, LeaseLostError
from app.kit.db.engine import WriteSession
from app.kit.db.stopwatch import steady
from app.kit.http.call_budget import CallBudget, ReservedCall
from app.kit.http.outcome import Done, Limited, NotSent, Refused
from app.ledgers.base import (
    Company,
    Exchange,
    Results,
    Sent,
    StepContext,
    WriteAuthorization,
)
from app.posting.steps import (
    BookInvoice,
    ConfirmSettled,
    PayInvoice,
    Step,
)
from app.schema import Operation, OperationState

log = structlog.get_logger(__name__)

SEND_FENCE_SECONDS = 5.0
"""A worker that was frozen longer than this between mark and wire does not send (architecture-options.md 7)."""


class StepChangedError(Exception):
    """The posting log has a step as done, or with other content than is about to be sent: planned by somebody else.

    Nothing is sent; the next attempt reads the log anew.
    """

    def __init__(self, key: str) -> None:
        super().__init__(f"step {key} is not as it was planned")


class CompanyNotLiveError(Exception):
    """The company is in trial or paused: the step was not sent. What was booked stays as it is."""


@contextmanager
def running(
    executor: StepExecutor, lease: Lease, company: Company, operations: dict[str, Operation]
) -> Iterator[StepRun]:
    """Execute steps of one job in a row; at the end, however it ends, every answer is in the posting log."""
    run = StepRun(executor, lease, company, operations)
    try:
        yield run
    finally:
        run.write_answer()


@dataclass(slots=True)
class StepRun:
    """Steps of one job, in order, in one ledger. What a call came to is written together with the mark of the next."""

    executor: StepExecutor
    lease: Lease
    company: Company
    operations: dict[str, Operation]
    """The job's posting log, by key; kept as the database has it."""
    _answered: posting_log.Answered | None = None
    _entered: Balances | None = None
    """What this run has written of the order's balances."""

    def execute(self, step: Step, context: StepContext, *, look_first: bool) -> Progress:
        """One step, once. What is uncertain was resolved before."""
        operation = self.operations[step.key]
        if look_first:
            looked = self.executor.look(self.lease, self.company, step, operation, context)
            if looked is not None:
                return looked
        return self._send(step, operation, context)

    @contextmanager
    def transaction(self) -> Iterator[WriteSession]:
        """A transaction that may write what the last call came to: where it fails, the end of the run writes that."""
        answered = self._answered
        try:
            with self.executor.store.write() as session:
                yield session
        except Exception:
            self._answered = answered
            raise

    def write_answer(self, session: WriteSession | None = None) -> None:
        """Write what the last call came to, in a transaction of its own unless there is one. Raises LeaseLostError."""
        answered, self._answered = self._answered, None
        if answered is None:
            return
        run = _in(session) if session else self.executor.store.write_once
        seconds = self.executor.lease_seconds
        mark = posting_log.between_calls(run, self.lease, seconds, answered=answered, following=None, budget=None)
        if not mark.is_held:
            raise LeaseLostError

    def _send(self, step: Step, operation: Operation, context: StepContext) -> Progress:
        executor, presence = self.executor, self.executor.patience.presence
        if presence.stopping.is_set():
            return Retry(timedelta(0))  # the job goes back at once, and another process goes on with this step
        budget = executor.books.budget(self.company)
        since, marked = time.monotonic(), steady()
        try:
            step, mark = self._marked(step, operation, budget)
            reserved_call = ReservedCall(mark.slot, since) if mark.slot is not None else None
            if not mark.is_marked:
                reserved_call = executor.patience.wait_for(lambda: executor.books.ready(self.company))
                marked = steady()
                step, _mark = self._marked(step, operation, None)
        except BalanceExceededError as error:
            log.exception("balance_exceeded", step=step.key)
            return Blocked((credit_exceeds(step, error),))
        if steady() - marked > SEND_FENCE_SECONDS:
            # Frozen after the mark (a suspended machine): by now somebody may have looked, found nothing and sent.
            return Retry(executor.grace_period)
        heard: list[Exchange] = []
        authorization = WriteAuthorization(self.company, reserved_call)
        sent = executor.books.send(self.company, step, observed(context, heard), authorization)
        return self._recorded(step, operation, sent, heard, context.results)

    def _marked(self, step: Step, operation: Operation, budget: CallBudget | None) -> tuple[Step, posting_log.Mark]:
        """The step as it may be sent, and its mark; not marked: the budget is spent.

        Raises LeaseLostError; BalanceExceededError, and then nothing was written.
        """
        if not posting_log.moves_money(operation.kind):
            return step, self._mark(self.executor.store.write_once, step, operation, budget)
        with self.transaction() as session:
            mark = self._mark(_in(session), step, operation, budget)
            if mark.is_marked:
                step = with_its_fee(session, self.lease, operation.id, step)
                others = [row for row in self.operations.values() if row is not operation]
                entered = PostedDocuments((*posting_log.money_posted(others).steps, step))
                self._entered = balances.enter(session, self.lease, entered, self._entered)
        return step, mark

    def _mark(
        self, run: posting_log.RunStatement, step: Step, operation: Operation, budget: CallBudget | None
    ) -> posting_log.Mark:
        answered, self._answered = self._answered, None
        mark = posting_log.between_calls(
            run, self.lease, self.executor.lease_seconds,
            answered=answered, following=(operation, step), budget=budget,
        )  # fmt: skip
        if not mark.is_held:
            raise LeaseLostError
        if not mark.is_live:
            raise CompanyNotLiveError
        is_out_of_budget = budget is not None and mark.slot is None
        if not (mark.is_marked or is_out_of_budget):
            raise StepChangedError(step.key)
        return mark

    def _recorded(
        self, step: Step, operation: Operation, sent: Sent, heard: list[Exchange], results: Results
    ) -> Progress:
        """Write the outcome, or keep it for the next mark, and say what follows from it.

        Raises LeaseLostError; the history is kept even then.
        """
        if isinstance(sent.outcome, Done) and sent.remote is not None and not sent.findings:
            remote = {**sent.remote, "differs": []}
            posting_log.is_done(operation, remote)
            self._answered = posting_log.Answered(operation, remote, heard)
            if isinstance(step, CHANGING):
                with self.transaction() as session:
                    self.write_answer(session)
                    update_register(session, self.company, step, remote)
            log.info("step_done", step=step.key, number=remote.get("number"))
            return Succeeded(remote)
        with self.executor.store.write() as session:
            posting_log.add_history(session, operation.id, self.lease.job_id, _history_kind(sent), heard)
        with self.executor.store.write() as session:
            return self._recorded_otherwise(session, step, operation, sent, results)

    def _recorded_otherwise(
        self, session: WriteSession, step: Step, operation: Operation, sent: Sent, results: Results
    ) -> Progress:
        """Anything but a success without findings."""
        lease = self.lease
        match sent.outcome:
            case Done() if sent.remote is not None:
                codes = [finding.code for finding in sent.findings]
                remote = {**sent.remote, "differs": codes}
                posting_log.record_done(session, lease, operation, remote)
                if isinstance(step, BookInvoice):
                    posting_log.doubt(session, lease.job_id, step.document, codes)
                update_register(session, self.company, step, remote)
                log.info("step_done", step=step.key, number=remote.get("number"))
                return Blocked(sent.findings)
            case Done():
                if isinstance(step, ConfirmSettled | PayInvoice):
                    # Nothing was written: one only reads, the other was held back.
                    posting_log.record(session, lease, operation.id, OperationState.PLANNED)
                return Blocked(sent.findings)
            case Refused():
                posting_log.record(session, lease, operation.id, OperationState.REFUSED)
                finding = self.executor.books.refusal(self.company, sent.outcome, step, results)
                if outdated.believed_wrongly(session, self.company.connection_id, operation.id, step, finding):
                    # The local register was wrong: the entry is invalid now, the step planned again, once.
                    log.info("register_was_stale", step=step.key, code=finding.code)
                    return Retry(timedelta(0))
                log.warning("step_refused", step=step.key, code=finding.code, status=sent.outcome.status)
                return Blocked((finding,))
            case Limited() | NotSent():
                posting_log.record(session, lease, operation.id, OperationState.PLANNED)
            case _:
                posting_log.record(session, lease, operation.id, OperationState.UNKNOWN)
        log.warning("step_uncertain", step=step.key, outcome=str(sent.outcome))
        return trouble(self.executor.books, self.company, sent.outcome, self.executor.grace_period, looked=False)


def _in(session: WriteSession) -> posting_log.RunStatement:
    return lambda statement, values: session.execute(statement, values).all()


def _history_kind(sent: Sent) -> str:
    """The history's kind of event for an outcome."""
    match sent.outcome:
        case Done():
            return "done"
        case Refused():
            return "refused"
        case Limited() | NotSent():
            return "not_sent"
        case _:
            return "unknown"
