"""What pages show of orders, as plain values: the list, one order with all that is known of it, today's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, exists, func, select

from app.execution.views import Step, steps_of
from app.findings.views import AnswerView, Found, open_findings
from app.kit.db.engine import ReadSession, Store
from app.kit.json_types import Json
from app.kit.money import Money
from app.model.order import BOOKS_ZONE, Order
from app.orders.given_answers import answers_shown
from app.orders.snapshots import read_order
from app.schema import Connection, Document, Finding, Job, JobKind, JobState, SalesOrder, Snapshot, Tenant
from app.tenants.repository import of_tenant
from app.vat import rate_text

PAGE_SIZE = 50
_UNDER_WAY = (JobState.NEW.value, JobState.WORKING.value, JobState.WAITING.value)


@dataclass(frozen=True, slots=True)
class OldestWaiting:
    """The order that has waited longest for its booking."""

    id: int
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the order list is narrowed to; empty text is no limit. Pages count from 1.

    `search`: a part of an order's name or id, or the whole number of a document of it.
    """

    state: str = ""
    code: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the order list."""

    id: int | None
    """None: a push that names no order; it has no page."""
    name: str
    processed_at: datetime
    state: str
    total: Money
    difference: Money | None
    """Shop less books; None until something is booked."""
    codes: tuple[str, ...] = ()
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class OrderList:
    """One page of the order list."""

    rows: tuple[OrderRow, ...]
    count: int
    """All that fit the filter, on every page."""
    pages: int


@dataclass(frozen=True, slots=True)
class CameLine:
    """An order line, a delivery, a tip: as the shop stated it, after discounts."""

    title: str
    sku: str
    quantity: int
    amount: Money
    discount: Money
    tax: Money
    rates: tuple[str, ...]
    """VAT rates in percent, as text."""


@dataclass(frozen=True, slots=True)
class CameTransaction:
    """A payment transaction as the shop stated it."""

    kind: str
    gateway: str
    succeeded: bool
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """Everything about one order."""

    row: OrderRow
    shop: str
    booked: Money | None
    lines: tuple[CameLine, ...]
    tax: Money
    transactions: tuple[CameTransaction, ...]
    plan: Json | None
    """As `app.orders.planning.explain.explain` gives it."""
    steps: tuple[Step, ...]
    findings: tuple[Found, ...]
    calls: int
    came: Json = field(default_factory=dict)
    """The normalised order, shown folded away."""
    answers: tuple[AnswerView, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """Today's orders in numbers. "Today" is the day in Europe/Stockholm."""

    orders_in: int
    booked: int
    waiting: int
    stopped: int
    difference: tuple[Money, ...]
    """Shop less books over everything booked, one amount per currency; it should be zero."""
    calls_per_order: Decimal | None
    oldest_waiting: OldestWaiting | None


def order_figures(session: ReadSession, tenant_id: int | None, now: datetime) -> OrderFigures:
    """Today's numbers; the difference and what waits are over all days: an old öre is as wrong as a new one."""
    midnight = now.astimezone(BOOKS_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    orders = (*of_tenant(Job.tenant_id, tenant_id), Job.kind == JobKind.ORDER)
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
    return OrderFigures(
        orders_in=arrived,
        booked=booked_today or 0,
        waiting=sum(states.get(state, 0) for state in _UNDER_WAY),
        stopped=states.get(JobState.STOPPED.value, 0),
        difference=_differences(session, tenant_id),
        calls_per_order=(Decimal(calls[0]) / calls[1]).quantize(Decimal("0.1")) if calls[1] else None,
        oldest_waiting=_oldest(session, tenant_id),
    )


def order_list(store: Store, tenant_id: int | None, order_filter: OrderFilter) -> OrderList:
    """A page of orders, newest first."""
    statement = _order_rows(tenant_id)
    if order_filter.state:
        statement = statement.where(Job.state == order_filter.state)
    if order_filter.search.strip():
        searched = order_filter.search.strip()
        pattern = f"%{searched.replace('%', '')}%"
        name = Document.series.concat(Document.number)
        of_number = exists().where(Document.order_id == Job.order_id, name == searched)
        statement = statement.where(Snapshot.name.ilike(pattern) | Job.subject.ilike(pattern) | of_number)
    if order_filter.code:
        those = (Finding.job_id == Job.id, Finding.code == order_filter.code, Finding.resolved_at.is_(None))
        statement = statement.where(select(Finding.id).where(*those).exists())
    with store.read() as session:
        count = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
        newest = func.coalesce(Snapshot.processed_at, Job.created_at).desc()
        page = statement.order_by(newest, Job.id.desc())
        page = page.limit(PAGE_SIZE).offset((max(order_filter.page, 1) - 1) * PAGE_SIZE)
        page_rows = session.execute(page).all()
        codes = _codes(session, [row.Job.id for row in page_rows])
        rows = tuple(_row(row.Job, row.Snapshot, row.name, codes, tenant_id) for row in page_rows)
    return OrderList(rows, count, max((count + PAGE_SIZE - 1) // PAGE_SIZE, 1))


def order_detail(store: Store, tenant_id: int | None, order_id: int) -> OrderDetail | None:
    """One order with everything that is known of it."""
    with store.read() as session:
        record = session.execute(_order_rows(tenant_id).where(Job.order_id == order_id)).one_or_none()
        if record is None:
            return None
        job, snapshot = record.Job, record.Snapshot
        order = read_order(snapshot.order) if snapshot else None
        shop = session.get_one(Connection, job.connection_id).account
        row = _row(job, snapshot, record.name, _codes(session, [job.id]), tenant_id)
        booked = snapshot.booked_total if snapshot else None
        return OrderDetail(
            row=row,
            shop=shop,
            booked=Money(booked, snapshot.currency) if booked is not None else None,
            lines=_came_lines(order) if order else (),
            tax=order.total_tax if order else Money.zero(row.total.currency),
            transactions=_came_transactions(order) if order else (),
            plan=snapshot.plan if snapshot else None,
            steps=steps_of(session, job.id),
            findings=open_findings(session, job.id),
            calls=job.calls,
            came=snapshot.order if snapshot else {},
            answers=answers_shown(session, job, order_id),
        )


def _order_rows(tenant_id: int | None) -> Select[Job, Snapshot, str]:
    return (
        select(Job, Snapshot, Tenant.name)
        .join(Tenant, Tenant.id == Job.tenant_id)
        .outerjoin(Snapshot, Snapshot.order_id == Job.order_id)
        .where(Job.kind.in_((JobKind.ORDER, JobKind.UNKNOWN)))
        .where(*of_tenant(Job.tenant_id, tenant_id))
    )


def _row(
    job: Job, snapshot: Snapshot | None, tenant: str, codes: dict[int, tuple[str, ...]], tenant_id: int | None
) -> OrderRow:
    return OrderRow(
        id=job.order_id,
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
        .where(Snapshot.booked_total.is_not(None), *of_tenant(Snapshot.tenant_id, tenant_id))
        .group_by(Snapshot.currency)
        .order_by(Snapshot.currency)
    )
    return tuple(Money(int(minor), currency) for currency, minor in session.execute(statement))


def _oldest(session: ReadSession, tenant_id: int | None) -> OldestWaiting | None:
    late = (JobState.NEW.value, JobState.WORKING.value, JobState.STOPPED.value)
    statement = (
        select(SalesOrder.id, func.coalesce(Snapshot.name, Job.subject), Job.created_at)
        .join(Job, Job.order_id == SalesOrder.id)
        .outerjoin(Snapshot, Snapshot.order_id == SalesOrder.id)
        .where(Job.state.in_(late), *of_tenant(Job.tenant_id, tenant_id))
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
