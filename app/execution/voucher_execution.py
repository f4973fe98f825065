"""Executes a plan of manual entries (a payout, a cut-off): looked for if uncertain, checked, logged, sent once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.execution import operations as posting_log
from app.execution.executor import StepExecutor, Succeeded
from app.execution.outstanding import outstanding
from app.execution.preflight_check import Checker
from app.findings.repository import stops
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store, WriteSession
from app.ledgers.base import Company, StepContext
from app.model.order import books_day
from app.posting.plan import Plan
from app.posting.vouchers import CreateVoucher
from app.schema import JobState, Operation, Tenant
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class VoucherBooking:
    """Books plans that have no order."""

    store: Store
    executor: StepExecutor
    checker: Checker

    def book(
        self,
        lease: Lease,
        company: Company,
        plan: Plan,
        rules: TenantRules,
        before_sending: Callable[[WriteSession], object] = lambda _session: None,
        file: bytes = b"",
    ) -> Completed | Retry | Blocked:
        """Bring the books to the plan. `before_sending` writes in the transaction that enters the steps.

        `file`: content of the file that a step of the plan uploads.
        """
        stuck = self._resolve(lease, company, rules)
        if stuck is not None:
            return stuck
        with self.store.read() as session:
            operations: dict[str, Operation] = posting_log.load(session, lease.job_id)
            posted = posting_log.posted(operations)
            restored_at = session.get_one(Tenant, lease.tenant_id).restored_at
        findings, facts = self.checker.check(company, None, plan, rules, posted)
        if stops(findings):
            return Blocked((*findings, *plan.notices))
        steps = outstanding(plan, posted.refs, facts)
        with self.store.write() as session:
            posting_log.plan_steps(session, lease.job_id, plan, steps, operations)
            before_sending(session)
        results = posting_log.results(operations)
        # Of a day that the lost database may have known: it may stand there already.
        last = books_day(restored_at) if restored_at else date.min
        look_first = any(isinstance(planned, CreateVoucher) and planned.day <= last for planned in plan.steps)
        with self.executor.run(lease, company, operations) as run:
            for step in steps:
                progress = run.execute(step, StepContext(results, rules, file=file), look_first=look_first)
                if not isinstance(progress, Succeeded):
                    return progress
                results[step.ref] = progress.remote
        return Blocked(plan.notices) if stops(plan.notices) else Completed(JobState.BOOKED, plan.notices)

    def _resolve(self, lease: Lease, company: Company, rules: TenantRules) -> Retry | Blocked | None:
        """Look for vouchers that may stand in the ledger although no answer says so."""
        with self.store.read() as session:
            operations: dict[str, Operation] = posting_log.load(session, lease.job_id)
        results = posting_log.results(operations)
        for operation in filter(posting_log.is_uncertain, operations.values()):
            progress = self.executor.resolve(lease, company, operation, StepContext(results, rules))
            if progress is not None and not isinstance(progress, Succeeded):
                return progress
        return None
