"""The job of a lost dispute: it is booked when the payout that took the money is in the books."""

from __future__ import annotations

from dataclasses import dataclass

from app.execution.voucher_booking import VoucherBooking
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.master_data.company import company_of
from app.model.finding import Finding
from app.payouts.dispute_store import claims_of, dispute_of
from app.payouts.planning.disputes import claim_of, plan_lost
from app.posting.plan import Stopped
from app.schema import JobState
from app.tenants.repository import load_rules


@dataclass(frozen=True, slots=True)
class DisputeJob:
    """Handles jobs of lost disputes."""

    store: Store
    booking: VoucherBooking

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Move the claim to the loss; wait while the claim itself is not booked."""
        with self.store.read() as session:
            dispute = dispute_of(session, lease.job_id)
            rules, company = load_rules(session, lease.tenant_id), company_of(session, lease.tenant_id)
            claim = claim_of(dispute, claims_of(session, lease.connection_id, dispute))
        if rules.cut_over and dispute.finalized_on < rules.cut_over:
            return Completed(JobState.SKIPPED)
        if claim is None:
            return Completed(JobState.WAITING)
        if company is None:
            return Blocked((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
        if isinstance(claim, Finding):
            return Completed(JobState.SKIPPED, (claim,))  # a person books it: nothing comes of it here
        plan = plan_lost(dispute, claim, rules)
        return Blocked(plan.findings) if isinstance(plan, Stopped) else self.booking.book(lease, company, plan, rules)
