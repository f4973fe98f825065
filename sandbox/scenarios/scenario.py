"""What a scenario is: a shop, the Fortnox company beside it, the tenant's rules, and orders with expectations.

A scenario is data for three readers: the emulators play its orders, the Fortnox emulator is set up as its companies,
and the demo compares what happened with `expect`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, get_args

from sandbox.qliro.acting import SaleBody
from sandbox.shopify.spec import OrderSpec

Outcome = Literal["booked_and_paid", "booked_unpaid", "waiting", "skipped", "stopped"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
BOOKED = frozenset({"booked_and_paid", "booked_unpaid"})


@dataclass(frozen=True)
class Expectation:
    """What must come of an order. `total` in minor units of `currency`, the order's whole total in shop currency."""

    outcome: Outcome
    total: int
    currency: str
    left: int
    """What stands in the books at the end, invoices less credit notes, in minor units."""
    code: str | None = None
    invoices: int = 1
    """Those that its rows need: a very large order is split."""
    invoices_at_most: int = 0
    """More where an edit meets the first invoice booked or not yet, and both are right; 0: not more."""
    credit_notes: int = 0


@dataclass(frozen=True)
class Retry:
    """Something that happens to an order after it was placed."""

    at: datetime
    action: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class ScenarioOrder:
    """One order: how it is placed, what happens later, what is expected."""

    name: str
    about: str
    spec: OrderSpec
    placed_at: datetime
    expect: Expectation
    later: tuple[Retry, ...] = ()
    delivery_faults: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class QliroOrder:
    """One order at Qliro: what is reserved, what happens to it later, what is expected."""

    name: str
    about: str
    sale: SaleBody
    placed_at: datetime
    expect: Expectation
    later: tuple[Retry, ...] = ()
    is_heard: bool = True
    """Whether its pushes come; else only its payout tells of it."""


@dataclass(frozen=True)
class Payouts:
    """The days on which a provider pays out what is open, and the findings that their lines must open."""

    days: tuple[date, ...] = ()
    findings: Mapping[str, int] = field(default_factory=dict)


_NO_PAYOUTS = Payouts()


@dataclass(frozen=True)
class ShopSetUp:
    """The shop."""

    domain: str
    name: str
    currency: str
    presentment_currencies: tuple[str, ...]
    taxes_included: bool
    iana_timezone: str
    country_code: str
    plan: str
    payments: Mapping[str, Any] | None = None
    """What it has agreed with Shopify Payments; None: it has no account there."""

    def settings(self) -> dict[str, Any]:
        """The shop as keywords of the Shopify emulator, without its domain."""
        plain = {key: value for key, value in vars(self).items() if key != "domain"}
        return plain | {"presentment_currencies": list(self.presentment_currencies)}


@dataclass(frozen=True)
class CompanySetUp:
    """The Fortnox company: what it has, and so what it lacks."""

    name: str
    organisation_number: str
    locked_through: date | None
    years: tuple[int, ...]
    currencies: tuple[str, ...]
    ways_of_delivery: Mapping[str, str]
    inactive_accounts: tuple[int, ...]
    vat_rates: tuple[str, ...]


@dataclass(frozen=True)
class TenantRules:
    """The tenant's rules that differ from defaults: plain mappings and words."""

    shipping: Mapping[str, str]
    gateways: Mapping[str, str]
    article_numbers: str = "map"


@dataclass(frozen=True)
class QliroShop:
    """A second company, without a shop at Shopify: its orders are told by Qliro, which also pays them out."""

    key: str
    """Of its merchant account."""
    company: CompanySetUp
    orders: tuple[QliroOrder, ...]
    payouts: Payouts


@dataclass(frozen=True)
class Scenario:
    """A whole scenario."""

    key: str
    title: str
    shop: ShopSetUp
    company: CompanySetUp
    rules: TenantRules
    orders: tuple[ScenarioOrder, ...]
    payouts: Payouts = _NO_PAYOUTS
    """Of Shopify Payments."""
    qliro: QliroShop | None = None


@dataclass(frozen=True)
class Summary:
    """What must stand at the end. `booked` is what is left in the books, in minor units, by currency."""

    orders: int
    outcomes: Mapping[str, int]
    findings: Mapping[str, int]
    booked: Mapping[str, int]


def expected_summary(orders: Sequence[ScenarioOrder | QliroOrder], payouts: Payouts = _NO_PAYOUTS) -> Summary:
    """Count what orders and payouts of one company promise."""
    booked: Counter[str] = Counter()
    for order in orders:
        if order.expect.outcome in BOOKED:
            booked[order.expect.currency] += order.expect.left
    return Summary(
        orders=len(orders),
        outcomes=dict(Counter(order.expect.outcome for order in orders)),
        findings=dict(Counter(order.expect.code for order in orders if order.expect.code)) | dict(payouts.findings),
        booked=dict(booked),
    )
