"""The rows of the readiness check, from what was observed: red stops or books wrongly, amber is to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from app.ledgers.areas import OPTIONAL, WAREHOUSE, optional_areas_of, reported_together
from app.master_data.cache import INVOICES, RIGHTS
from app.master_data.chart import check_chart
from app.master_data.facts import BooksFacts
from app.model.finding import Finding, distinct
from app.tenants.rules import TenantRules

_NEXT_YEAR_WITHIN = timedelta(days=45)
_CASH = "CASH"
"""Fortnox's word for the cash method, as its financial years state it."""


class Status(StrEnum):
    """How a row stands."""

    RED = "red"
    """Nothing is booked, or it is booked wrongly, until it is repaired."""
    AMBER = "amber"
    """Worth a look; booking goes on."""
    GREEN = "green"
    UNKNOWN = "unknown"
    """Not read yet, or there is nothing yet to tell it by."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the check and its answer."""

    key: str
    status: Status
    findings: tuple[Finding, ...] = ()
    """What is wrong, in the catalogue's words, each with its remedy."""
    count: int = 0
    """Of what the row's own sentence counts."""


@dataclass(frozen=True, slots=True)
class ShopSeen:
    """A connected shop or provider."""

    account: str
    state: str
    lacks: int
    """Scopes that it did not grant."""
    refuses_messages: bool


@dataclass(frozen=True, slots=True)
class CauseSeen:
    """What orders and payouts of the company stop at now, by cause."""

    finding: Finding
    count: int


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything the check goes by; read at one moment."""

    ledger_state: str | None
    """State of the ledger's connection; None: there is none."""
    facts: BooksFacts
    method: str = ""
    """Accounting method of the year, in the ledger's word; empty: not stated."""
    shops: tuple[ShopSeen, ...] = ()
    currencies: frozenset[str] = frozenset()
    """Of the orders that were read."""
    unknown_codes: tuple[str, ...] = ()
    """Codes in the settings that the ledger does not have."""
    orders: int = 0
    """Orders that were read."""
    stopped_by: tuple[CauseSeen, ...] = ()
    invoiced_by_others: int = 0
    """Orders of which the ledger has an invoice that is not ours."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The whole check."""

    rows: tuple[Row, ...]

    @property
    def red(self) -> int:
        """Rows that must be repaired before going live."""
        return sum(row.status is Status.RED for row in self.rows)

    @property
    def amber(self) -> int:
        """Rows to look at."""
        return sum(row.status is Status.AMBER for row in self.rows)

    @property
    def unknown(self) -> int:
        """Rows that nothing is known of yet."""
        return sum(row.status is Status.UNKNOWN for row in self.rows)


@dataclass(slots=True)
class _Asked:
    """What the questions look at."""

    observed: Observed
    rules: TenantRules
    start: date
    """First day that would be booked."""
    today: date
    facts: BooksFacts = field(init=False)

    def __post_init__(self) -> None:
        self.facts = self.observed.facts

    def is_unread(self, *registers: str) -> bool:
        return self.observed.ledger_state is None or any(name in self.facts.unread for name in registers)


def check(observed: Observed, rules: TenantRules, start: date, today: date) -> Readiness:
    """Every row, in the order in which a person repairs them. `start`: the first day that would be booked."""
    asked = _Asked(observed, rules, start, today)
    questions = (
        _ledger, _shop, _rights, _method, _years, _locked, _accounts, _currencies, _codes, _scopes, _messages, _others,
        _orders,
    )  # fmt: skip
    return Readiness(tuple(question(asked) for question in questions))


def _ledger(asked: _Asked) -> Row:
    state = asked.observed.ledger_state
    if state is None or state == "disconnected":
        return Row("ledger", Status.RED, (Finding("FORTNOX_NOT_CONNECTED", "", {}),))
    return Row("ledger", Status.GREEN if state == "active" else Status.RED)


def _shop(asked: _Asked) -> Row:
    active = [shop for shop in asked.observed.shops if shop.state == "active"]
    is_whole = bool(active) and len(active) == len(asked.observed.shops)
    return Row("shop", Status.GREEN if is_whole else Status.RED, count=len(asked.observed.shops) - len(active))


def _rights(asked: _Asked) -> Row:
    if asked.is_unread(RIGHTS):
        return Row("rights", Status.UNKNOWN)
    needed = optional_areas_of(asked.rules).keys() - {WAREHOUSE}  # its balances are used where they are shown
    closed = {area: why for area, why in asked.facts.closed.items() if area not in OPTIONAL or area in needed}
    return _of_findings("rights", reported_together(closed))


def _method(asked: _Asked) -> Row:
    if asked.is_unread("financialyears") or not asked.observed.method:
        return Row("method", Status.UNKNOWN)
    return Row("method", Status.AMBER if asked.observed.method == _CASH else Status.GREEN)


def _years(asked: _Asked) -> Row:
    if asked.is_unread("financialyears"):
        return Row("years", Status.UNKNOWN)
    days = {asked.start, asked.today}
    missing = [
        Finding("FORTNOX_FISCAL_YEAR", str(day.year), {"date": day.isoformat(), "year": str(day.year)})
        for day in sorted(days)
        if asked.facts.year_of(day) is None
    ]
    if missing:
        return _of_findings("years", missing)
    soon = asked.today + _NEXT_YEAR_WITHIN
    if asked.facts.year_of(soon) is None:
        values = {"date": soon.isoformat(), "year": str(soon.year)}
        return Row("years", Status.AMBER, (Finding("FORTNOX_FISCAL_YEAR", str(soon.year), values),))
    return Row("years", Status.GREEN)


def _locked(asked: _Asked) -> Row:
    if asked.is_unread("lockedperiod"):
        return Row("locked", Status.UNKNOWN)
    locked = asked.facts.locked_through
    if locked is None or locked < asked.start:
        return Row("locked", Status.GREEN)
    values = {"date": asked.start.isoformat(), "locked_until": locked.isoformat()}
    return Row("locked", Status.RED, (Finding("FORTNOX_PERIOD_LOCKED", locked.isoformat(), values),))


def _accounts(asked: _Asked) -> Row:
    if asked.is_unread("accounts", "financialyears") or asked.facts.year_of(asked.start) is None:
        return Row("accounts", Status.UNKNOWN)
    return _of_findings("accounts", check_chart(asked.rules, asked.facts, asked.start))


def _currencies(asked: _Asked) -> Row:
    if asked.is_unread("currencies") or not asked.observed.orders:
        return Row("currencies", Status.UNKNOWN)
    missing = sorted(asked.observed.currencies - asked.facts.currencies)
    findings = [Finding("FORTNOX_CURRENCY_NOT_FOUND", code, {"currency": code}) for code in missing]
    if findings and asked.rules.create_currencies:
        return Row("currencies", Status.AMBER, tuple(findings))  # the first order in each makes it
    return _of_findings("currencies", findings)


def _codes(asked: _Asked) -> Row:
    if asked.is_unread("wayofdeliveries", "termsofpayments", "modesofpayments"):
        return Row("codes", Status.UNKNOWN)
    count = len(asked.observed.unknown_codes)
    return Row("codes", Status.RED if count else Status.GREEN, count=count)


def _scopes(asked: _Asked) -> Row:
    lacks = sum(shop.lacks for shop in asked.observed.shops if shop.state == "active")
    return _counted("scopes", lacks, asked.observed.shops)


def _messages(asked: _Asked) -> Row:
    findings = tuple(
        Finding("SHOPIFY_ORDER_MESSAGES_REFUSED", shop.account, {"shop": shop.account})
        for shop in asked.observed.shops
        if shop.refuses_messages
    )
    if not asked.observed.shops:
        return Row("messages", Status.UNKNOWN)
    return Row("messages", Status.AMBER if findings else Status.GREEN, findings)


def _others(asked: _Asked) -> Row:
    if asked.is_unread(INVOICES) or not asked.observed.orders:
        return Row("others", Status.UNKNOWN)
    count = asked.observed.invoiced_by_others
    return Row("others", Status.AMBER if count else Status.GREEN, count=count)


def _orders(asked: _Asked) -> Row:
    if not asked.observed.orders:
        return Row("orders", Status.UNKNOWN)
    causes = asked.observed.stopped_by
    findings = tuple(cause.finding for cause in causes)
    return Row("orders", Status.AMBER if causes else Status.GREEN, findings, sum(cause.count for cause in causes))


def _of_findings(key: str, findings: Iterable[Finding]) -> Row:
    different = tuple(distinct(findings))
    return Row(key, Status.RED if different else Status.GREEN, different, len(different))


def _counted(key: str, count: int, shops: Sequence[ShopSeen]) -> Row:
    if not shops:
        return Row(key, Status.UNKNOWN)
    return Row(key, Status.AMBER if count else Status.GREEN, count=count)
