"""Has plans of vouchers booked that belong to no order: a payout, its report, a cut-off, a dispute, a correction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.execution import operations as posting_log
from app.execution.booking import Booking, Hooks, Planned
from app.execution.context import Work
from app.findings.repository import stops
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store, WriteSession
from app.ledgers.base import Company
from app.model.order import books_day
from app.posting.plan import Plan
from app.posting.vouchers import CreateVoucher
from app.schema import CompanyState, JobState, Tenant
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class VoucherBooking:
    """Books plans that have no order."""

    store: Store
    booking: Booking

    def book(
        self,
        lease: Lease,
        company: Company,
        plan: Plan,
        rules: TenantRules,
        at_entry: Callable[[WriteSession], object] | None = None,
        file: bytes = b"",
    ) -> Completed | Retry | Blocked:
        """Bring the books to the plan. `at_entry` writes in the transaction that enters the steps.

        `file`: content of the file that a step of the plan uploads.
        """
        with self.store.read() as session:
            operations = posting_log.load(session, lease.job_id)
            tenant = session.get_one(Tenant, lease.tenant_id)
        # Of a day that the lost database may have known: it may stand there already.
        last = books_day(tenant.restored_at) if tenant.restored_at else date.min
        look_first = any(isinstance(planned, CreateVoucher) and planned.day <= last for planned in plan.steps)
        work = Work(lease, company, rules, look_first=look_first, trusted_since=tenant.log_trusted_since, file=file)
        resolved = self.booking.resolve(work, operations)
        if isinstance(resolved, Retry | Blocked):
            return resolved
        if tenant.state != CompanyState.LIVE:
            # Nothing is entered, and nothing noticed: what its lines belong to is known once the orders are booked.
            findings, _facts = self.booking.checker.check(company, None, plan, rules, posting_log.posted(resolved))
            return Blocked((*findings, *plan.notices)) if stops(findings) else Completed(JobState.PLANNED)
        booked = self.booking.book(work, Planned(plan), resolved, hooks=Hooks(at_entry=at_entry))
        if isinstance(booked, Retry):
            return booked
        if booked.foreseen:
            return Blocked(booked.foreseen)
        if booked.stuck is not None:
            return booked.stuck
        return Blocked(plan.notices) if stops(plan.notices) else Completed(JobState.BOOKED, plan.notices)
