"""What the first page shows, and the Protocols through which pages get what they show and act.

Pages know no tables: the application gives them a `Reading`, and each package shows its own data as plain values in its
`views`. Amounts are `Money`, times are aware; `tenant_id` None (operators only) means all tenants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.connections.views import ConnectionView
from app.findings.views import FindingGroup
from app.orders.views import OrderDetail, OrderFigures, OrderFilter, OrderList


@dataclass(frozen=True, slots=True)
class Home:
    """The numbers of the first page."""

    orders: OrderFigures
    unreconciled: int = 0
    """Payouts with open findings and clearing accounts with a difference in the reconciliation."""


class Reading(Protocol):
    """Answers every question of the pages. Each method is one short read of the database."""

    def connections(self, tenant_id: int | None) -> Sequence[ConnectionView]:
        """All connections."""

    def home(self, tenant_id: int | None, now: datetime) -> Home:
        """Today's numbers."""

    def orders(self, tenant_id: int | None, order_filter: OrderFilter) -> OrderList:
        """The newest orders that fit, a page of them."""

    def order(self, tenant_id: int | None, order_id: int) -> OrderDetail | None:
        """One order, or None when there is none or it is another tenant's."""

    def findings(self, tenant_id: int | None) -> Sequence[FindingGroup]:
        """Open findings by code, the most frequent first."""


class RetryOrder(Protocol):
    """Makes one order due now. False: no such order within reach."""

    def __call__(self, tenant_id: int | None, order_id: int) -> bool:
        """Try again."""


class RetryPayout(Protocol):
    """Makes one payout due now. False: no such payout within reach."""

    def __call__(self, tenant_id: int | None, payout_id: int) -> bool:
        """Try again."""


class AnswerOrder(Protocol):
    """Keeps a person's answer to a finding of an order. False: no such order or question within reach."""

    def __call__(
        self, tenant_id: int | None, order_id: int, finding_id: int, answer: str, by: str, number: str = ""
    ) -> bool:
        """Answer; `number`: of the invoice, where one is named."""

    def take_back(self, tenant_id: int | None, order_id: int, answer_id: int, by: str) -> bool:
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
