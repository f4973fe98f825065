"""What time starts: the recovery sweep, the re-check of registers, the search for changes whose webhook was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Integer, exists, func, select

from app.connections.platform_notices import forget_old_notices
from app.jobs import queue as jobs
from app.jobs.inbox import make_due
from app.jobs.notifier import Notifier
from app.kit.db.engine import Store
from app.kit.http.call_budget import RateLimitedError
from app.kit.http.token_keeper import ConsentLostError, TokenUnavailableError
from app.ledgers.base import Company, RecordsUnreadableError
from app.master_data.cache import RIGHTS, WARMED, MasterData
from app.master_data.company import company_at
from app.model.order import BOOKS_ZONE, books_day
from app.model.platforms import PlatformKind
from app.orders.planning.readiness import LONG_WAIT
from app.orders.shop_scopes import ShopScopes
from app.orders.status_filter import report_unmet_status
from app.periods.cut_off_job import subject_of as cut_off_subject
from app.reconciliation.documents_job import DOCUMENTS_JOB
from app.reconciliation.ledger_job import LEDGER_JOB
from app.schema import Connection, Finding, Job, JobKind, JobState, LedgerReading, Priority, Snapshot
from app.shops.base import ListsChanges, Shop, SourceError
from app.tenants.repository import load_rules

log = structlog.get_logger(__name__)

_OVERLAP = timedelta(minutes=10)
"""Shopify's search index lags its database by seconds (shopify-api.md 6): windows overlap."""


_KEPT_ALIVE = timedelta(days=7)
"""Long before the 45 days: six tries a week apart may fail."""
_LEDGER_AGE = timedelta(hours=20)
"""The books of a company are compared, and its documents looked at, once a day."""
_MONTH_CLOSES = 6
"""Hour of the first day (Stockholm) from which the month before is closed."""


def _mark(shop: Connection) -> datetime:
    """Until when the shop's changes are known: the last complete poll, else the day it was connected.

    However long the service was down, no change in that time is skipped.
    """
    return shop.orders_known_until or shop.created_at


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Each method is harmless when it runs twice or not at all."""

    store: Store
    scopes: ShopScopes
    changes: Mapping[str, ListsChanges]
    """Platform → its list of what changed."""
    register: MasterData
    notifier: Notifier
    now: Callable[[], datetime]
    renewals: Mapping[str, Callable[[int], object]]
    """Platform whose grants end when nobody uses them → gives a valid token of a connection, renewed if it ran out."""

    def sweep(self) -> int:
        """Notify once for each due job, up to what a few workers can take; returns how many are due, counted to 100."""
        due = jobs.due_count(self.store)
        for _notification in range(min(due, 4)):
            self.notifier.notify()
        return due

    def recheck_registers(self) -> int:
        """Read again the registers that open findings wait for; returns for how many companies something changed.

        A changed register wakes the orders that wait for it, also when the next one could not be read.
        """
        changed = 0
        for company, tenant_id, kinds in self._waiting_companies():
            try:
                changed += self.register.refresh(company, kinds, self._days(tenant_id))
            except (RecordsUnreadableError, RateLimitedError, ConsentLostError, TokenUnavailableError) as error:
                log.warning("register_not_read", connection=company.connection_id, error=str(error))
            self.notifier.notify()
        return changed

    def forget_old_notices(self) -> None:
        """What platforms told us long ago and have not told again is over."""
        forget_old_notices(self.store)

    def look_at_shop(self, shop: Connection) -> int:
        """What one shop is asked for again and again: which orders changed, and what it grants; returns how many."""
        count = self.backfill_shop(shop)
        if shop.platform in self.scopes.sources:
            self.scopes.check_shop(shop.id)
        return count

    def backfill(self, since: datetime | None = None) -> int:
        """Make due every order that changed in any shop, one after the other; returns how many.

        After a restore. While the service runs, each shop has a job (`app.dispatch.poll_job`).
        """
        count = 0
        with self.store.read() as session:
            active = (Connection.platform.in_(self.changes), Connection.state == "active")
            shops = list(session.scalars(select(Connection).where(*active)))
        for shop in shops:
            count += self.backfill_shop(shop, since)
        if count:
            self.notifier.notify()
        return count

    def backfill_shop(self, shop: Connection, since: datetime | None = None) -> int:
        """Make due every order that changed in a shop and whose change did not reach us; returns how many.

        A shop that cannot be asked keeps its mark: the next look goes on from there.
        """
        try:
            return self._backfill_shop(shop, since)
        except (SourceError, KeyError, ValueError) as error:
            log.warning("backfill_failed", shop=shop.account, error=str(error))
            return 0

    def _backfill_shop(self, shop: Connection, since: datetime | None) -> int:
        started, seen_until, looked_at = self.now(), None, 0
        start = (since or _mark(shop)) - _OVERLAP
        count = 0
        source = self.changes[shop.platform]
        changes = source.changed_since(Shop(shop.id, shop.account, tuple(shop.scopes)), start)
        for order_id, updated_at in changes:
            seen_until, looked_at = updated_at, looked_at + 1
            with self.store.write() as session:
                subject = f"order:{shop.platform}:{order_id}"
                seen = session.scalar(
                    select(Snapshot.version_at)
                    .join(Job, Job.order_id == Snapshot.order_id)
                    .where(Job.connection_id == shop.id, Job.subject == subject)
                )
                if seen is None or seen < updated_at:
                    make_due(session, shop.tenant_id, shop.id, subject, Priority.BACKFILL)
                    count += 1
        with self.store.write() as session:
            row = session.get_one(Connection, shop.id, with_for_update=True)
            # Oldest first: a poll that reached its limit has seen everything up to its last order, and goes on there.
            until = seen_until if seen_until and looked_at >= source.most_changes else started
            row.orders_known_until = until
        return count

    def compare_ledgers(self, older_than: timedelta = _LEDGER_AGE, tenant_id: int | None = None) -> int:
        """Have the books read and compared of every company (of a tenant) where that is long ago; returns of how many.

        Not at an hour of the night: a self-hoster's machine may sleep then.
        """
        with self.store.write() as session:
            fresh = exists().where(
                LedgerReading.connection_id == Connection.id, LedgerReading.read_at > self.now() - older_than
            )
            conditions = [Connection.kind == PlatformKind.LEDGER, Connection.state == "active", ~fresh]
            conditions += [] if tenant_id is None else [Connection.tenant_id == tenant_id]
            rows = session.execute(select(Connection.id, Connection.tenant_id).where(*conditions)).all()
            for connection_id, owner in rows:
                make_due(session, owner, connection_id, LEDGER_JOB, Priority.BACKFILL)
        if rows:
            self.notifier.notify()
        return len(rows)

    def look_at_documents(self) -> int:
        """Have the documents of every company compared once a day with what we posted; returns how many companies."""
        due = []
        with self.store.write() as session:
            active = (Connection.kind == PlatformKind.LEDGER, Connection.state == "active")
            for company in session.scalars(select(Connection).where(*active)):
                looked = company.documents_checked_until
                if looked is None or looked < self.now() - _LEDGER_AGE:
                    due.append(make_due(session, company.tenant_id, company.id, DOCUMENTS_JOB, Priority.BACKFILL))
        if due:
            self.notifier.notify()
        return len(due)

    def look_at_waiting(self) -> int:
        """Have every order looked at that has come to wait long since its last look; returns how many.

        A shop all of whose orders wait gets a finding.
        """
        report_unmet_status(self.store, self.now())
        on_terms = Snapshot.order["terms"]["days"].astext.cast(Integer)
        hours = int(LONG_WAIT.total_seconds() // 3600)
        # years, months, weeks, days, hours
        long_ago = Snapshot.processed_at + func.make_interval(0, 0, 0, func.coalesce(on_terms, 0), hours)
        waiting = (Job.state == JobState.WAITING.value, Job.kind == JobKind.ORDER, Job.due_at.is_(None))
        with self.store.write() as session:
            due = select(Job.id).join(Snapshot, Snapshot.order_id == Job.order_id)
            due = due.where(*waiting, long_ago < self.now(), Job.updated_at < long_ago)
            woken = jobs.wake(session, list(session.scalars(due)))
        if woken:
            self.notifier.notify()
        return woken

    def close_months(self) -> int:
        """Have the cut-off of the month that ended booked, of every company whose rules want it; returns of how many.

        Not before six in the morning of the first: deliveries of the last evening have arrived then.
        """
        moment = self.now().astimezone(BOOKS_ZONE)
        month = moment.date().replace(day=1) - timedelta(days=1)
        if moment.day == 1 and moment.hour < _MONTH_CLOSES:
            return 0
        due = 0
        with self.store.write() as session:
            active = (Connection.kind == PlatformKind.LEDGER, Connection.state == "active")
            started = exists().where(Job.connection_id == Connection.id, Job.subject == cut_off_subject(month))
            for company in session.scalars(select(Connection).where(*active, ~started)).all():
                if load_rules(session, company.tenant_id).cut_off:
                    make_due(session, company.tenant_id, company.id, cut_off_subject(month))
                    due += 1
        if due:
            self.notifier.notify()
        return due

    def keep_grants_alive(self) -> int:
        """Renew the grants of companies where nothing has happened for long; returns how many.

        A refresh token that nobody uses expires after 45 days (fortnox-api.md 1.1): an idle company would be lost.
        """
        long_ago = self.now() - _KEPT_ALIVE
        with self.store.read() as session:
            idle = (Connection.state == "active", Connection.updated_at < long_ago)
            grants = select(Connection.id, Connection.platform).where(Connection.platform.in_(self.renewals), *idle)
            rows = session.execute(grants).all()
        renewed = 0
        for connection_id, platform in rows:
            try:
                self.renewals[platform](connection_id)
                renewed += 1
            except (ConsentLostError, TokenUnavailableError) as error:
                log.warning("grant_not_kept_alive", connection=connection_id, error=str(error))
        return renewed

    def _waiting_companies(self) -> list[tuple[Company, int, list[str]]]:
        with self.store.read() as session:
            active = (Connection.kind == PlatformKind.LEDGER, Connection.state == "active")
            companies = list(session.scalars(select(Connection).where(*active)))
            waiting: dict[int | None, set[str]] = {}
            rows = session.execute(select(Finding.tenant_id, Finding.registers).where(Finding.resolved_at.is_(None)))
            for tenant_id, registers in rows:
                waiting.setdefault(tenant_id, set()).update(registers)
        waiting_companies = []
        for company in companies:
            awaited = waiting.get(company.tenant_id, set())
            if not awaited.isdisjoint({RIGHTS, "connection"}):
                awaited |= {RIGHTS, "costcenters"}
            kinds = [kind for kind in (*WARMED, RIGHTS) if kind in awaited]
            if kinds:
                waiting_companies.append((company_at(company), company.tenant_id, kinds))
        return waiting_companies

    def _days(self, tenant_id: int) -> list[date]:
        with self.store.read() as session:
            stopped = (Finding.tenant_id == tenant_id, Finding.resolved_at.is_(None))
            moments = session.scalars(
                select(Snapshot.processed_at)
                .join(Job, Job.order_id == Snapshot.order_id)
                .join(Finding, Finding.job_id == Job.id)
                .where(*stopped)
            )
            return sorted({books_day(moment) for moment in moments})
