"""Brings the ledger to a plan: what is uncertain is resolved, the plan is checked, entered, and executed in order.

There is one way, for orders, payouts, cut-offs, disputes and corrections. What a kind of job has of its own is handed
in: what its plan is executed with (`Work`), and small functions that are called on the way (`Hooks`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.execution import operations as posting_log
from app.execution.context import Work
from app.execution.executor import StepExecutor
from app.execution.outstanding import follow_ups, outstanding
from app.execution.plan_execution import PlanExecutor
from app.execution.preflight_check import Checker
from app.execution.progress import Succeeded
from app.findings.repository import stops
from app.jobs.outcomes import Blocked, Retry
from app.kit.db.engine import Store, WriteSession
from app.ledgers.base import StepContext
from app.master_data.facts import BooksFacts
from app.model.finding import Finding
from app.model.order import Order
from app.posting.plan import Plan
from app.posting.steps import Step
from app.schema import Operation, OperationState


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what was known of the ledger's registers when it was made; None: it must be read."""

    plan: Plan
    facts: BooksFacts | None = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a kind of job does on the way."""

    instead: Callable[[Planned, Sequence[Finding]], Planned | None] = lambda _planned, _findings: None
    """The plan to be booked in place of this one, after what pre-flight found; None: this one."""
    at_entry: Callable[[WriteSession], object] | None = None
    """Writes in the transaction that enters the steps."""
    at_end: Callable[[WriteSession], object] | None = None
    """Writes in the transaction of the last answer, unless the job is to be retried."""


NO_HOOKS = Hooks()


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a plan: all of it is booked where nothing was foreseen and nothing stopped a step."""

    plan: Plan
    foreseen: tuple[Finding, ...] = ()
    """What pre-flight forbids, with the plan's notices: nothing new was sent."""
    stuck: Blocked | None = None
    """What stopped a step."""


@dataclass(frozen=True, slots=True)
class Booking:
    """Books plans in one ledger."""

    store: Store
    executor: StepExecutor
    checker: Checker

    def resolve(self, work: Work, operations: dict[str, Operation]) -> dict[str, Operation] | Retry | Blocked:
        """The posting log after every uncertain step was looked up, by what was sent; the same where none is.

        To be done before the newest state is decided on: what was uncertain may have been there all along.
        """
        uncertain = [operation for operation in operations.values() if posting_log.is_uncertain(operation)]
        if not uncertain:
            return operations
        results = posting_log.results(operations)
        for operation in uncertain:
            progress = self.executor.resolve(work.lease, work.company, operation, StepContext(results, work.rules))
            if isinstance(progress, Succeeded):
                results[posting_log.as_planned(operation).ref] = progress.remote
            elif progress is not None:
                return progress
        with self.store.read() as session:
            return posting_log.load(session, work.lease.job_id)

    def book(
        self,
        work: Work,
        planned: Planned,
        operations: dict[str, Operation],
        *,
        order: Order | None = None,
        hooks: Hooks = NO_HOOKS,
    ) -> Booked | Retry:
        """Check the plan, enter its outstanding steps, and execute them. `operations` is kept as the posting log is.

        `order`: whose plan it is; None: it is no order's.
        """
        plan, posted = planned.plan, posting_log.posted(operations)
        findings, facts = self.checker.check(work.company, order, plan, work.rules, posted, planned.facts)
        if (other := hooks.instead(planned, findings)) is not None:
            return self.book(work, other, operations, order=order, hooks=hooks)
        steps = outstanding(plan, posted.refs, facts)
        foreseen: tuple[Finding, ...] = ()
        if stops(findings):
            # Nothing new is sent. Documents that exist are booked and paid, whatever pre-flight finds now.
            foreseen = (*findings, *plan.notices)
            steps = follow_ups(steps, posted)
            if not posted.documents:
                return Booked(plan, foreseen)
        with self.store.write() as session:
            posting_log.plan_steps(session, work.lease.job_id, plan, steps, operations)
            if hooks.at_entry is not None:
                hooks.at_entry(session)
        stuck = self._plans.execute(work.with_facts(facts), plan.documents, steps, operations, hooks.at_end)
        return stuck if isinstance(stuck, Retry) else Booked(plan, foreseen, stuck)

    def finish(self, work: Work, operations: dict[str, Operation], hooks: Hooks = NO_HOOKS) -> Retry | Blocked | None:
        """Finish what was started, without a plan: an invoice without its payment is one more thing to correct."""
        posted = posting_log.posted(operations)
        started = (OperationState.PLANNED, OperationState.REFUSED)
        unfinished: list[Step] = [posting_log.as_planned(row) for row in operations.values() if row.state in started]
        steps = follow_ups(unfinished, posted)
        return self._plans.execute(work, posted.documents, steps, operations, hooks.at_end)

    @property
    def _plans(self) -> PlanExecutor:
        return PlanExecutor(self.store, self.executor)
