"""What pages show of the reconciliation in one number."""

from __future__ import annotations

from sqlalchemy import func, select

from app.kit.db.engine import ReadSession
from app.reconciliation.account_balance import differing_clearing_accounts
from app.schema import Finding, Job, JobKind
from app.tenants.repository import of_tenant


def count_unreconciled(session: ReadSession, tenant_id: int | None) -> int:
    """Payouts with open findings, and clearing accounts that differ from what our vouchers should have moved.

    A line that belongs to no order, or settles more than its order was paid, is reported until a person has looked.
    """
    conditions = (
        Job.kind == JobKind.PAYOUT,
        Finding.resolved_at.is_(None),
        *of_tenant(Finding.tenant_id, tenant_id),
    )
    jobs = select(Finding.job_id).join(Job, Job.id == Finding.job_id).where(*conditions).distinct()
    payouts = session.scalar(select(func.count()).select_from(jobs.subquery())) or 0
    return payouts + (0 if tenant_id is None else len(differing_clearing_accounts(session, tenant_id)))
