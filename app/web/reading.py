"""Answers the pages' questions from the tables: plain values out, one short read each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.execution.views import steps_of
from app.findings.incidents import grouped_by_incident
from app.findings.views import FindingGroup, open_findings
from app.kit.db.engine import ReadSession, Store
from app.kit.money import Money
from app.ledgers.areas import OPTIONAL, SCOPES, AreaView
from app.master_data.cache import INVOICES, KINDS, RIGHTS, closed_by
from app.model.order import BOOKS_ZONE, Order
from app.model.platforms import PlatformKind
from app.orders.given_answers import answers_shown
from app.orders.snapshots import read_order
from app.payouts.polling.batch_polling import SETTLED_UNTIL
from app.reconciliation.account_balance import differing_clearing_accounts
from app.schema import (
    Connection,
    Finding,
    Job,
    JobKind,
    JobState,
    MasterDataRefresh,
    MasterRecord,
    RefreshRequest,
    Snapshot,
    Tenant,
)
from app.shops.base import GrantsScopes, NotGranted
from app.vat import rate_text
from app.web.views import (
    CameLine,
    CameTransaction,
    ConnectionView,
    Home,
    OldestWaiting,
    OrderDetail,
    OrderFilter,
    OrderList,
    OrderRow,
    RefreshProgress,
)

PAGE_SIZE = 50
_UNDER_WAY = (JobState.NEW.value, JobState.WORKING.value, JobState.WAITING.value)


@dataclass(frozen=True, slots=True)
class StoredReading:
    """Implements `Reading` on the database."""

    store: Store
    granting: Mapping[str, GrantsScopes] = field(default_factory=dict)
    """Platform → what it says of scopes, for those whose shops choose what an app may read."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Platform → as people know it."""

    def connections(self, tenant_id: int | None) -> Sequence[ConnectionView]:
        """All connections, the ledger first."""
        statement = select(Connection, Tenant.name).join(Tenant, Tenant.id == Connection.tenant_id)
        statement = statement.where(*_tenant(Connection.tenant_id, tenant_id))
        statement = statement.order_by(Connection.kind, Connection.platform, Connection.id)
        with self.store.read() as session:
            return [
                ConnectionView(
                    row.platform, row.display_name, row.account, row.state, row.grant, row.updated_at,
                    tenant if tenant_id is None else "", _progress(session, row), areas_shown(session, row),
                    row.details.get(SETTLED_UNTIL, ""), _invoices_known_until(session, row), row.created_at,
                    self._not_granted(row), self.titles.get(row.platform, ""),
                )
                for row, tenant in session.execute(statement)
            ]  # fmt: skip

    def _not_granted(self, row: Connection) -> tuple[NotGranted, ...]:
        source = self.granting.get(row.platform)
        return source.not_granted(row.scopes) if source and row.state == "active" else ()

    def home(self, tenant_id: int | None, now: datetime) -> Home:
        """Today's numbers; the difference and what waits are over all days: an old öre is as wrong as a new one."""
        midnight = now.astimezone(BOOKS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        orders = (*_tenant(Job.tenant_id, tenant_id), Job.kind == JobKind.ORDER)
        with self.store.read() as session:
            today = (Job.created_at >= midnight, *orders)
            arrived = session.scalar(select(func.count()).select_from(Job).where(*today)) or 0
            counted = session.execute(select(Job.state, func.count()).where(*orders).group_by(Job.state))
            states = {state: count for state, count in counted}  # noqa: C416 - a Row is no pair to dict
            booked_today = session.scalar(
                select(func.count()).select_from(Job).where(
                    Job.state == JobState.BOOKED.value, Job.updated_at >= midnight, *orders
                )
            )  # fmt: skip
            calls = session.execute(
                select(func.sum(Job.calls), func.count()).where(Job.state == JobState.BOOKED.value, *orders)
            ).one()
            return Home(
                orders_in=arrived,
                booked=booked_today or 0,
                waiting=sum(states.get(state, 0) for state in _UNDER_WAY),
                stopped=states.get(JobState.STOPPED.value, 0),
                difference=_differences(session, tenant_id),
                calls_per_order=(Decimal(calls[0]) / calls[1]).quantize(Decimal("0.1")) if calls[1] else None,
                oldest_waiting=_oldest(session, tenant_id),
                unproved=_unproved(session, tenant_id),
            )

    def orders(self, tenant_id: int | None, order_filter: OrderFilter) -> OrderList:
        """A page of orders, newest first."""
        statement = _order_rows(tenant_id)
        if order_filter.state:
            statement = statement.where(Job.state == order_filter.state)
        if order_filter.search.strip():
            pattern = f"%{order_filter.search.strip().replace('%', '')}%"
            statement = statement.where(Snapshot.name.ilike(pattern) | Job.subject.ilike(pattern))
        if order_filter.code:
            those = (Finding.job_id == Job.id, Finding.code == order_filter.code, Finding.resolved_at.is_(None))
            statement = statement.where(select(Finding.id).where(*those).exists())
        with self.store.read() as session:
            count = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
            newest = func.coalesce(Snapshot.processed_at, Job.created_at).desc()
            page = statement.order_by(newest, Job.id.desc())
            page = page.limit(PAGE_SIZE).offset((max(order_filter.page, 1) - 1) * PAGE_SIZE)
            page_rows = session.execute(page).all()
            codes = _codes(session, [row.Job.id for row in page_rows])
            rows = tuple(_row(row.Job, row.Snapshot, row.name, codes, tenant_id) for row in page_rows)
        return OrderList(rows, count, max((count + PAGE_SIZE - 1) // PAGE_SIZE, 1))

    def order(self, tenant_id: int | None, job_id: int) -> OrderDetail | None:
        """One order with everything that is known of it."""
        with self.store.read() as session:
            record = session.execute(_order_rows(tenant_id).where(Job.id == job_id)).one_or_none()
            if record is None:
                return None
            job, snapshot = record.Job, record.Snapshot
            order = read_order(snapshot.order) if snapshot else None
            shop = session.get_one(Connection, job.connection_id).account
            row = _row(job, snapshot, record.name, _codes(session, [job_id]), tenant_id)
            booked = snapshot.booked_total if snapshot else None
            return OrderDetail(
                row=row,
                shop=shop,
                booked=Money(booked, snapshot.currency) if booked is not None else None,
                lines=_came_lines(order) if order else (),
                tax=order.total_tax if order else Money.zero(row.total.currency),
                transactions=_came_transactions(order) if order else (),
                plan=snapshot.plan if snapshot else None,
                steps=steps_of(session, job_id),
                findings=open_findings(session, job_id),
                calls=job.calls,
                came=snapshot.order if snapshot else {},
                answers=answers_shown(session, job_id),
            )

    def findings(self, tenant_id: int | None) -> Sequence[FindingGroup]:
        """Open findings by code, the most frequent first."""
        statement = (
            select(Finding, Snapshot.name, Job.subject)
            .outerjoin(Job, Job.id == Finding.job_id)
            .outerjoin(Snapshot, Snapshot.job_id == Finding.job_id)
            .where(Finding.resolved_at.is_(None), *_tenant(Finding.tenant_id, tenant_id))
            .order_by(Finding.first_seen_at, Finding.id)
        )
        grouped: dict[str, list[tuple[Finding, str]]] = {}
        with self.store.read() as session:
            for finding, name, subject in session.execute(statement):
                grouped.setdefault(finding.code, []).append((finding, name or subject or ""))
        groups = [grouped_by_incident(code, rows) for code, rows in grouped.items()]
        return sorted(groups, key=lambda group: (-group.count, group.code))


def _invoices_known_until(session: ReadSession, row: Connection) -> datetime | None:
    read = session.get(MasterDataRefresh, (row.id, INVOICES)) if row.kind == PlatformKind.LEDGER else None
    return read.refreshed_at if read else None


def _progress(session: ReadSession, row: Connection) -> RefreshProgress | None:
    """How far the registers are read, while the job has whole ones to read."""
    conditions = (RefreshRequest.connection_id == row.id, RefreshRequest.code == "", RefreshRequest.kind.in_(KINDS))
    open_kinds = session.scalar(select(func.count()).select_from(RefreshRequest).where(*conditions)) or 0
    if row.kind != PlatformKind.LEDGER or row.state != "active" or not open_kinds:
        return None
    rows = select(func.count()).select_from(MasterRecord).where(MasterRecord.connection_id == row.id)
    return RefreshProgress(len(KINDS) - open_kinds, len(KINDS), session.scalar(rows) or 0)


def _unproved(session: ReadSession, tenant_id: int | None) -> int:
    """Payouts with open findings, and clearing accounts that differ from what our vouchers should have moved.

    A line that belongs to no order, or settles more than its order was paid, is reported until a person has looked.
    """
    conditions = (
        Job.kind == JobKind.PAYOUT,
        Finding.resolved_at.is_(None),
        *_tenant(Finding.tenant_id, tenant_id),
    )
    jobs = select(Finding.job_id).join(Job, Job.id == Finding.job_id).where(*conditions).distinct()
    payouts = session.scalar(select(func.count()).select_from(jobs.subquery())) or 0
    return payouts + (0 if tenant_id is None else len(differing_clearing_accounts(session, tenant_id)))


def _tenant(column: Any, tenant_id: int | None) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - a mapped column
    return () if tenant_id is None else (column == tenant_id,)


def _order_rows(tenant_id: int | None) -> Select[Job, Snapshot, str]:
    return (
        select(Job, Snapshot, Tenant.name)
        .join(Tenant, Tenant.id == Job.tenant_id)
        .outerjoin(Snapshot, Snapshot.job_id == Job.id)
        .where(Job.kind.in_((JobKind.ORDER, JobKind.UNKNOWN)))
        .where(*_tenant(Job.tenant_id, tenant_id))
    )


def _row(
    job: Job, snapshot: Snapshot | None, tenant: str, codes: dict[int, tuple[str, ...]], tenant_id: int | None
) -> OrderRow:
    return OrderRow(
        job_id=job.id,
        name=snapshot.name if snapshot else job.subject,
        processed_at=snapshot.processed_at if snapshot else job.created_at,
        state=job.state,
        total=Money(snapshot.total, snapshot.currency) if snapshot else Money.zero("SEK"),
        difference=_difference(snapshot),
        codes=codes.get(job.id, ()),
        tenant=tenant if tenant_id is None else "",
    )


def _difference(snapshot: Snapshot | None) -> Money | None:
    """What should be booked less what is; None until something is."""
    if snapshot is None or snapshot.booked_total is None:
        return None
    expected = snapshot.total if snapshot.expected_total is None else snapshot.expected_total
    return Money(expected - snapshot.booked_total, snapshot.currency)


def _codes(session: ReadSession, job_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    codes: dict[int, tuple[str, ...]] = {}
    conditions = (Finding.job_id.in_(job_ids), Finding.resolved_at.is_(None))
    rows = session.execute(select(Finding.job_id, Finding.code).where(*conditions).distinct().order_by(Finding.code))
    for job_id, code in rows:
        if job_id is not None:
            codes[job_id] = (*codes.get(job_id, ()), code)
    return codes


def _differences(session: ReadSession, tenant_id: int | None) -> tuple[Money, ...]:
    statement = (
        select(
            Snapshot.currency, func.sum(func.coalesce(Snapshot.expected_total, Snapshot.total) - Snapshot.booked_total)
        )
        .where(Snapshot.booked_total.is_not(None), *_tenant(Snapshot.tenant_id, tenant_id))
        .group_by(Snapshot.currency)
        .order_by(Snapshot.currency)
    )
    return tuple(Money(int(minor), currency) for currency, minor in session.execute(statement))


def _oldest(session: ReadSession, tenant_id: int | None) -> OldestWaiting | None:
    late = (JobState.NEW.value, JobState.WORKING.value, JobState.STOPPED.value)
    statement = (
        select(Job.id, func.coalesce(Snapshot.name, Job.subject), Job.created_at)
        .outerjoin(Snapshot, Snapshot.job_id == Job.id)
        .where(Job.kind == JobKind.ORDER, Job.state.in_(late), *_tenant(Job.tenant_id, tenant_id))
        .order_by(Job.created_at)
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    return OldestWaiting(row[0], row[1], row[2]) if row else None


def _came_lines(order: Order) -> tuple[CameLine, ...]:
    lines = [
        CameLine(
            line.title, line.sku or "", line.quantity, line.amount, line.discount, line.tax,
            tuple(rate_text(tax.rate_percent) for tax in line.tax_lines),
        )
        for line in order.lines
    ]  # fmt: skip
    zero = Money.zero(order.currency)
    for shipping_line in order.shipping:
        rates = tuple(rate_text(tax.rate_percent) for tax in shipping_line.tax_lines)
        lines.append(CameLine(shipping_line.title, "", 1, shipping_line.price, zero, shipping_line.tax, rates))
    return tuple(lines)


def _came_transactions(order: Order) -> tuple[CameTransaction, ...]:
    return tuple(
        CameTransaction(
            transaction.kind.value,
            transaction.gateway,
            transaction.succeeded,
            transaction.amount,
            transaction.processed_at,
        )
        for transaction in order.transactions
    )


def areas_shown(session: ReadSession, connection: Connection) -> tuple[AreaView, ...]:
    """The areas that were tried, in their own order; empty for another platform, and before the first look."""
    conditions = (MasterRecord.connection_id == connection.id, MasterRecord.kind == RIGHTS)
    kept = {row.code: row.data for row in session.scalars(select(MasterRecord).where(*conditions))}
    rights = []
    for area in (scope for scope in SCOPES if scope in kept):
        closed = closed_by(kept[area])
        values = {"message": closed.message, "scope": closed.scope} if closed else {}
        rights.append(AreaView(area, closed is None, closed.code if closed else "", values, area in OPTIONAL))
    return tuple(rights)
