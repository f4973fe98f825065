"""Carrying out a plan of own vouchers (a payout, a cut-off): looked for if uncertain, checked, journaled, sent once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.execution import operations as journal
from app.execution.executor import Carried, Carrier
from app.execution.outstanding import outstanding
from app.execution.preflight_check import Checker
from app.findings.repository import stops
from app.jobs.outcomes import Ended, Halt, Later
from app.jobs.queue import Lease
from app.kit.db.engine import Store, WriteSession
from app.ledgers.base import Company, Remote, StepContext
from app.model.order import books_day
from app.posting.plan import Plan
from app.posting.vouchers import CreateVoucher
from app.schema import LaneState, Operation, Tenant
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class VoucherBooking:
    """Books plans that have no order."""

    store: Store
    carrier: Carrier
    checker: Checker

    def book(
        self,
        lease: Lease,
        company: Company,
        plan: Plan,
        rules: TenantRules,
        before_sending: Callable[[WriteSession], object] = lambda _session: None,
        file: bytes = b"",
    ) -> Ended | Later | Halt:
        """Bring the books to the plan. `before_sending` writes in the transaction that journals the steps.

        `file`: content of the file that a step of the plan uploads.
        """
        stuck = self._resolve(lease, company, rules)
        if stuck is not None:
            return stuck
        with self.store.read() as session:
            begun = journal.begun(journal.load(session, lease.lane_id))
            restored_at = session.get_one(Tenant, lease.tenant_id).restored_at
        findings, facts = self.checker.check(company, None, plan, rules, begun)
        if stops(findings):
            return Halt((*findings, *plan.notices))
        steps = outstanding(plan, begun.keys, facts)
        with self.store.write() as session:
            journal.plan_steps(session, lease.lane_id, plan, steps)
            operations = journal.load(session, lease.lane_id)
            before_sending(session)
        results: dict[str, Remote] = journal.results(operations)
        # Of a day that the lost database may have known: it may stand there already.
        last = books_day(restored_at) if restored_at else date.min
        look_first = any(isinstance(one, CreateVoucher) and one.day <= last for one in plan.steps)
        for step in steps:
            context = StepContext(results, rules, file=file)
            progress = self.carrier.carry(lease, company, step, operations[step.key], context, look_first=look_first)
            if not isinstance(progress, Carried):
                return progress
            results[step.key] = progress.remote
        return Halt(plan.notices) if stops(plan.notices) else Ended(LaneState.BOOKED, plan.notices)

    def _resolve(self, lease: Lease, company: Company, rules: TenantRules) -> Later | Halt | None:
        """Look for vouchers that may stand there though nobody heard so."""
        with self.store.read() as session:
            operations: dict[str, Operation] = journal.load(session, lease.lane_id)
        known = journal.results(operations)
        for operation in filter(journal.is_uncertain, operations.values()):
            progress = self.carrier.resolve(lease, company, operation, StepContext(known, rules))
            if progress is not None and not isinstance(progress, Carried):
                return progress
        return None
