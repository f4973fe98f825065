"""What the pages show, as plain values, and the Protocols through which they get it and act.

Pages know no tables: the application gives them a `Reading` and two ways to retry. Amounts are `Money`,
times are aware; `tenant_id` None (operators only) means all tenants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from app.execution.views import Step
from app.findings.views import AnswerView, FindingGroup, Found
from app.kit.json_types import Json
from app.kit.money import Money
from app.ledgers.areas import AreaView
from app.shops.base import NotGranted


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection and how it is. `state` is `active`, `needs_consent` or `disconnected`."""

    platform: str
    name: str
    account: str
    state: str
    grant: str
    since: datetime
    """When the consent was last given."""
    tenant: str = ""
    reading: RefreshProgress | None = None
    """While its registers are being read; None when all that was asked for has been."""
    areas: tuple[AreaView, ...] = ()
    """Of Fortnox: the areas that were tried; empty before."""
    settled_until: str = ""
    """Of a provider: the day (ISO) until which its payouts are known; empty before the first look."""
    invoices_known_until: datetime | None = None
    """Of Fortnox: how old the index of its invoices is; None before it was read."""
    connected: datetime | None = None
    """Of a shop: when it was connected first. Without a start date, older orders are not booked."""
    not_granted: tuple[NotGranted, ...] = ()
    title: str = ""
    """The platform as people know it; empty: the page's own word for it."""
    """Of a shop: what it does not let us read; empty while nothing was asked."""


@dataclass(frozen=True, slots=True)
class RefreshProgress:
    """How far the reading of a company's registers has come."""

    read: int
    total: int
    rows: int
    """Entries kept so far, of all registers."""


@dataclass(frozen=True, slots=True)
class OldestWaiting:
    """The order that has waited longest for its booking."""

    job_id: int
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Home:
    """Today's numbers. "Today" is the day in Europe/Stockholm."""

    orders_in: int
    booked: int
    waiting: int
    stopped: int
    difference: tuple[Money, ...]
    """Shop less books over everything booked, one amount per currency; it should be zero."""
    calls_per_order: Decimal | None
    oldest_waiting: OldestWaiting | None
    unproved: int = 0
    """Payouts with open findings and clearing accounts with a difference in the reconciliation."""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What the order list is narrowed to; empty text is no limit. Pages count from 1."""

    state: str = ""
    code: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the order list."""

    job_id: int
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


class Reading(Protocol):
    """Answers every question of the pages. Each method is one short read of the database."""

    def connections(self, tenant_id: int | None) -> Sequence[ConnectionView]:
        """All connections."""

    def home(self, tenant_id: int | None, now: datetime) -> Home:
        """Today's numbers."""

    def orders(self, tenant_id: int | None, order_filter: OrderFilter) -> OrderList:
        """The newest orders that fit, a page of them."""

    def order(self, tenant_id: int | None, job_id: int) -> OrderDetail | None:
        """One order, or None when there is none or it is another tenant's."""

    def findings(self, tenant_id: int | None) -> Sequence[FindingGroup]:
        """Open findings by code, the most frequent first."""


class RetryOrder(Protocol):
    """Makes one order due now. False: no such order within reach."""

    def __call__(self, tenant_id: int | None, job_id: int) -> bool:
        """Try again."""


class AnswerOrder(Protocol):
    """Keeps a person's answer to a finding of an order. False: no such order or question within reach."""

    def __call__(
        self, tenant_id: int | None, job_id: int, finding_id: int, answer: str, by: str, number: str = ""
    ) -> bool:
        """Answer; `number`: of the invoice, where one is named."""

    def take_back(self, tenant_id: int | None, job_id: int, answer_id: int, by: str) -> bool:
        """Take an answer back."""


class CloseNotice(Protocol):
    """Closes a notice that a person has dealt with. False: no such notice within reach."""

    def __call__(self, tenant_id: int | None, finding_id: int, note: str, by: str) -> bool:
        """Close it; `note` is a reference of theirs."""


class UseSetting(Protocol):
    """Puts in force what a finding proposes. False: there is no such finding within reach, or it proposes nothing."""

    def __call__(self, tenant_id: int | None, finding_id: int, by: str) -> bool:
        """Set it."""


class RetryCode(Protocol):
    """Makes every order due that has an open finding of this code; returns how many."""

    def __call__(self, tenant_id: int | None, code: str, about: str = "", by: str = "") -> int:
        """Try all again, or those of one incident; `by`: who says that it is fixed."""
