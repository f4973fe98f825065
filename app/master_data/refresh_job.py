"""The job that reads a company's registers: when it connects, and when something changed in Fortnox.

It is a job like an order's: leased, deferred while the budget is spent, tried again, and killed at any line without
loss. A long register is read page by page, and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from app.jobs import queue as jobs
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.kit.http.outcome import Refused
from app.ledgers.areas import BASE, PERMISSIONS, WAREHOUSE, Closed, optional_areas_of, reported_together
from app.ledgers.base import Company, Ledger, RecordsUnreadableError
from app.master_data.cache import KINDS, PAGED, RIGHTS, SCOPE_OF, MasterData
from app.master_data.company import company_at
from app.master_data.entries import delete_request, next_request
from app.model.finding import UNSTATED, Finding
from app.model.order import books_day
from app.schema import Connection, JobState, RefreshRequest
from app.tenants.repository import load_rules

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MasterDataJob:
    """Works on register jobs."""

    store: Store
    books: Ledger
    register: MasterData
    lease_seconds: float
    now: Callable[[], datetime]

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Fulfil every refresh request of the connection.

        Raises RateLimitedError, ConsentLostError, TokenUnavailableError, and RecordsUnreadableError for what may pass.
        What Fortnox refuses becomes a finding, and the rest is read.
        """
        refused: list[Finding] = []
        while (due := self._next(lease)) is not None:
            company, request = due
            try:
                self._fulfil(company, request)
            except RecordsUnreadableError as error:
                if not isinstance(error.outcome, Refused):
                    raise
                log.warning("register_refused", kind=request.kind, status=error.outcome.status)
                finding = self.books.refusal(company, error.outcome, scope=SCOPE_OF.get(request.kind, UNSTATED))
                if request.kind in PAGED and finding.code in PERMISSIONS:
                    closed = Closed(finding.code, str(finding.data["message"]), SCOPE_OF[request.kind])
                    self.register.close_area(company.connection_id, request.kind, closed)
                else:
                    refused.append(finding)
                with self.store.write() as session:
                    delete_request(session, request)
            if request.kind == RIGHTS:
                refused += self._closed_areas(company, lease.tenant_id)
            with self.store.write() as session:
                jobs.renew(session, lease, self.lease_seconds)
        return Blocked(_distinct(refused)) if refused else Completed(JobState.SKIPPED)

    def _next(self, lease: Lease) -> tuple[Company, RefreshRequest] | None:
        with self.store.read() as session:
            connection = session.get_one(Connection, lease.connection_id)
            if connection.state != "active":
                return None
            request = next_request(session, connection.id, KINDS)
            return (company_at(connection), request) if request else None

    def _closed_areas(self, company: Company, tenant_id: int) -> list[Finding]:
        """The areas that this company's orders need and the connection may not work in."""
        closed = self.register.facts(company.connection_id, customers=(), articles=()).closed
        with self.store.read() as session:
            needed = (*BASE, *(set(optional_areas_of(load_rules(session, tenant_id))) - {WAREHOUSE}))
        return reported_together({area: why for area, why in closed.items() if area in needed})

    def _fulfil(self, company: Company, request: RefreshRequest) -> None:
        if request.code:
            self.register.refresh_entry(company, request.kind, request.code)
        elif request.kind in PAGED:
            if not self._page(company, request):
                return
        else:
            self.register.refresh(company, [request.kind], [books_day(self.now())])
        with self.store.write() as session:
            delete_request(session, request)

    def _page(self, company: Company, request: RefreshRequest) -> bool:
        """Read the next page; whether it was the last."""
        started = request.started_at or self.now()
        since = self.register.read_at(company.connection_id, request.kind)
        page = self.books.read_page(company, request.kind, request.page, since)
        with self.store.write() as session:
            self.register.add_page(session, company.connection_id, request.kind, page.entries)
            if page.is_last:
                self.register.finish_pages(session, company.connection_id, request.kind, started, whole=since is None)
                return True
            row = session.get(RefreshRequest, (request.connection_id, request.kind, request.code))
            if row is not None and row.asked_at == request.asked_at:
                row.page, row.started_at = request.page + 1, started
        return False


def _distinct(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple({(finding.code, finding.about): finding for finding in findings}.values())
