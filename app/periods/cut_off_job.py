"""The job that moves a month's undelivered sales over its end, once, on what was known when it was worked on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import structlog

from app.execution import operations as posting_log
from app.execution.voucher_booking import VoucherBooking
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import ReadSession, Store
from app.ledgers.base import kronor_for_one
from app.master_data.company import company_of
from app.orders.snapshots import read_order
from app.periods.cut_off import Parked, PostedSale, is_straddling, parked, plan_cut_off
from app.periods.repository import undelivered_orders
from app.posting.plan import Plan, Stopped
from app.posting.steps import Step
from app.schema import JobState, Operation
from app.tenants.repository import load_rules

log = structlog.get_logger(__name__)

CUT_OFF_JOB = "cut_off:"
"""Begins the subject; the month follows (`2026-11`)."""


def subject_of(month: date) -> str:
    """The job's subject of a month."""
    return f"{CUT_OFF_JOB}{month:%Y-%m}"


def last_day_of(subject: str) -> date:
    """The last day of the month that a job is for."""
    first = date.fromisoformat(f"{subject.removeprefix(CUT_OFF_JOB)}-01")
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CutOffJob:
    """Works on cut-off jobs."""

    store: Store
    booking: VoucherBooking

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Book what was invoiced in the month and not delivered, and take it back on the next day.

        What was sent once is not calculated anew: the bookkeeper has closed the month on it.
        """
        last_day = last_day_of(lease.subject)
        with self.store.read() as session:
            rules = load_rules(session, lease.tenant_id)
            company = company_of(session, lease.tenant_id)
            sent = _sent(session, lease.job_id)
            all_parked = [] if sent else list(_all_parked(session, lease.tenant_id, last_day))
        if not rules.cut_off or company is None:
            return Completed(JobState.SKIPPED)
        plan = Plan(lease.subject, rules.version, sent) if sent else plan_cut_off(last_day, all_parked, rules)
        if isinstance(plan, Stopped):
            return Blocked(plan.findings)
        if plan is None:
            return Completed(JobState.SKIPPED)
        log.info("cut_off_reckoned", month=f"{last_day:%Y-%m}", orders=len(all_parked))
        return self.booking.book(lease, company, plan, rules)


def _sent(session: ReadSession, job_id: int) -> tuple[Step, ...]:
    """The steps with the content that was sent, if any of them may have left already."""
    operations = posting_log.load(session, job_id).values()
    return tuple(map(posting_log.as_planned, operations)) if any(operation.sent_at for operation in operations) else ()


def _all_parked(session: ReadSession, tenant_id: int, last_day: date) -> Iterator[Parked]:
    """Every order that has something to move, oldest first."""
    for snapshot in undelivered_orders(session, tenant_id, last_day):
        order = read_order(snapshot.order)
        if is_straddling(order, last_day):
            log.info("cut_off_by_present_state", order=order.name)
        parked_order = parked(order, _posted_sales(session, snapshot.order_id), last_day)
        if parked_order is not None:
            yield parked_order


def _posted_sales(session: ReadSession, order_id: int) -> list[PostedSale]:
    """The order's documents in the books, with their rates."""
    operations: dict[str, Operation] = posting_log.load_order(session, order_id)
    results = posting_log.results(operations)
    return [
        PostedSale(document, kronor_for_one(results[document.ref]))
        for document in posting_log.posted(operations).documents
        if document.ref in results
    ]
