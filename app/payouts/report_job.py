"""The job that attaches a provider's file to its payout's voucher; a failure never affects the payout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from app.execution import operations as posting_log
from app.execution.voucher_booking import VoucherBooking
from app.jobs.inbox import make_due
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.master_data.company import company_of
from app.model.finding import Finding
from app.payouts.repository import payout_with_file
from app.posting.plan import Plan
from app.posting.references import PAYOUT
from app.posting.steps import ConnectReport, UploadReport
from app.schema import JobState, PayoutFile, StoredPayout
from app.tenants.repository import load_rules

REPORT_JOB = "report:"
"""Begins the subject: the payout's own subject follows."""
_LONGEST = 60


def report_is_due(session: WriteSession, lease: Lease) -> None:
    """The payout of this lease is booked: its report may be put to its voucher."""
    make_due(session, lease.tenant_id, lease.connection_id, f"{REPORT_JOB}{lease.subject}")


@dataclass(frozen=True, slots=True)
class _Report:
    plan: Plan
    content: bytes
    payout: str


@dataclass(frozen=True, slots=True)
class ReportJob:
    """Works on reports: at most two calls each, besides those of its payout."""

    store: Store
    booking: VoucherBooking

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Upload and connect the file, each once. What Fortnox refuses is a notice."""
        with self.store.read() as session:
            rules = load_rules(session, lease.tenant_id)
            report = _report(session, lease, rules.version) if rules.attach_report else None
            company = company_of(session, lease.tenant_id)
        if report is None or company is None:
            return Completed(JobState.SKIPPED)
        ended = self.booking.book(lease, company, report.plan, rules, file=report.content)
        if not isinstance(ended, Blocked):
            return ended
        why = ", ".join(str(finding.data.get("message") or finding.code) for finding in ended.findings)
        values = {"payout": report.payout, "message": why}
        return Completed(JobState.SKIPPED, (Finding("PAYOUT_REPORT_NOT_ATTACHED", report.payout, values),))


def _report(session: ReadSession, lease: Lease, version: int) -> _Report | None:
    """What is to be done; None where no file reported the payout, or its voucher is not posted."""
    reported = payout_with_file(session, lease.connection_id, lease.subject.removeprefix(REPORT_JOB))
    if reported is None:
        return None
    stored, file = reported
    voucher = posting_log.results(posting_log.load_payout(session, stored.id)).get(PAYOUT)
    if not voucher:
        return None
    steps = (UploadReport(_name(stored, file)), ConnectReport(str(voucher["voucher"]), int(voucher["voucher_year"])))
    return _Report(Plan(stored.number, version, steps), file.content, stored.number)


def _name(stored: StoredPayout, file: PayoutFile) -> str:
    """A name that no other payout's file has: one file may tell many payouts, and each voucher gets its own copy."""
    plain = "".join(
        character if character.isalnum() or character in "-._" else "-"
        for character in f"{stored.provider}-{stored.number}"
    )
    ending = PurePath(file.name).suffix.lower()
    kept = ending if ending[1:].isalnum() and len(ending) < 6 else ".csv"
    return f"{plain[:_LONGEST]}-{stored.id}-{file.digest[:8]}{kept}"
