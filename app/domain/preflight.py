"""Pre-flight: does the company's Fortnox hold everything the plan needs? Facts in, findings out; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from app.domain.articles import ARTICLE_NUMBER
from app.domain.commerce import Order
from app.domain.findings import Finding
from app.domain.plan import Plan
from app.domain.rules import ArticlePolicy, TenantRules
from app.domain.vat import rate_text
from app.domain.vat.oss import SWEDISH_VAT_CODES


@dataclass(frozen=True, slots=True)
class AccountFact:
    """One account of one financial year."""

    active: bool
    vat_code: str = ""


@dataclass(frozen=True, slots=True)
class FinancialYear:
    """A financial year; `id` is Fortnox's own."""

    id: int
    first_day: date
    last_day: date

    def covers(self, day: date) -> bool:
        """Whether a day lies in this year."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True)
class BooksFacts:
    """What we know of the company without asking: the local register."""

    currencies: frozenset[str] = frozenset()
    years: tuple[FinancialYear, ...] = ()
    accounts: Mapping[int, Mapping[int, AccountFact]] = field(default_factory=dict)
    """Financial year id → account number → fact."""
    locked_through: date | None = None
    ways_of_delivery: frozenset[str] = frozenset()
    cost_centers: Mapping[str, bool] | None = None
    """Code → active; None when the grant does not let us read cost centres."""
    terms_of_payment: frozenset[str] = frozenset()
    modes_of_payment: Mapping[str, int | None] = field(default_factory=dict)
    """Code → the account that a payment of this mode goes to."""
    unread: frozenset[str] = frozenset()
    """Registers that were never read, or were proved wrong: what they seem to lack, or to allow, says nothing."""
    customers: frozenset[str] = frozenset()
    """Numbers known to exist: no call is spent on them."""
    articles: frozenset[str] = frozenset()

    def year_of(self, day: date) -> FinancialYear | None:
        """The financial year a day lies in."""
        return next((year for year in self.years if year.covers(day)), None)


def preflight(order: Order, plan: Plan, rules: TenantRules, facts: BooksFacts) -> list[Finding]:
    """Every reason why Fortnox would refuse this plan or book it wrongly; empty when it may be sent."""
    checks = (
        _currency(plan, facts),
        _article_numbers(plan, rules),
        _row_count(plan, rules),
        _periods(plan, facts),
        _accounts(plan, rules, facts),
        _ways_of_delivery(order, plan, rules, facts),
        _cost_center(plan, facts),
    )
    return [finding for check in checks for finding in check]


def _currency(plan: Plan, facts: BooksFacts) -> Iterator[Finding]:
    currency = plan.invoice.currency
    if currency not in facts.currencies:
        yield Finding("FORTNOX_CURRENCY_NOT_FOUND", currency, {"currency": currency})
    for payment in plan.payments:
        if payment.amount.currency != currency:
            data = {"payment_currency": payment.amount.currency, "currency": currency}
            yield Finding("FORTNOX_CURRENCY_MISMATCH", payment.transaction_id, data)


def _article_numbers(plan: Plan, rules: TenantRules) -> Iterator[Finding]:
    if rules.article_policy is not ArticlePolicy.CREATE:
        return  # `known` sends only numbers that Fortnox already holds, `none` sends none
    for number in dict.fromkeys(row.article_number for row in plan.invoice.rows if row.article_number):
        if not ARTICLE_NUMBER.fullmatch(number):
            illegal = "".join(dict.fromkeys(char for char in number if not ARTICLE_NUMBER.fullmatch(char)))
            shown = " ".join(f"»{char}«" for char in illegal) or f"{len(number)} > 50"
            yield Finding("SHOPIFY_PRODUCT_CHARS", number, {"article": number, "characters": shown})


def _row_count(plan: Plan, rules: TenantRules) -> Iterator[Finding]:
    count = len(plan.invoice.rows)
    if count > rules.max_rows:
        yield Finding("DOCUMENT_TOO_MANY_ROWS", "", {"rows": str(count), "limit": str(rules.max_rows)})


def _days(plan: Plan) -> list[date]:
    return sorted({plan.invoice.day, *(payment.day for payment in plan.payments)})


def _periods(plan: Plan, facts: BooksFacts) -> Iterator[Finding]:
    for day in _days(plan):
        if facts.year_of(day) is None:
            yield Finding("FORTNOX_FISCAL_YEAR", str(day.year), {"date": day.isoformat(), "year": str(day.year)})
        elif facts.locked_through and day <= facts.locked_through:
            data = {"date": day.isoformat(), "locked_until": facts.locked_through.isoformat()}
            yield Finding("FORTNOX_PERIOD_LOCKED", facts.locked_through.isoformat(), data)
    for payment in plan.payments:
        if payment.day < plan.invoice.day:
            data = {"date": payment.day.isoformat(), "invoice_date": plan.invoice.day.isoformat()}
            yield Finding("FORTNOX_PAYMENT_DATE", payment.transaction_id, data)


def _accounts_by_day(plan: Plan, rules: TenantRules) -> dict[date, dict[int, str]]:
    """Every account the plan touches, with the role that leads to it, by the day it is touched."""
    invoice = plan.invoice
    needed: dict[date, dict[int, str]] = {invoice.day: {row.account: row.role for row in invoice.rows}}
    for group in invoice.vat:
        if group.vat_account:
            needed[invoice.day][group.vat_account] = f"vat {rate_text(group.vat_percent)} %"
    receivable = rules.account("receivable")
    for payment in plan.payments:
        touched = needed.setdefault(payment.day, {})
        touched[payment.account] = payment.role
        if payment.settles:
            touched[payment.rounding_account] = "rounding"
    if receivable:
        needed[invoice.day][receivable] = "receivable"
    return needed


def _accounts(plan: Plan, rules: TenantRules, facts: BooksFacts) -> Iterator[Finding]:
    for day, accounts in _accounts_by_day(plan, rules).items():
        year = facts.year_of(day)
        if year is None:
            continue  # reported by _periods: without a year there is no chart to look in
        chart = facts.accounts.get(year.id, {})
        for account, role in sorted(accounts.items()):
            data = {"account": str(account), "role": role, "year": str(year.first_day.year)}
            if account not in chart:
                yield Finding("FORTNOX_ACCOUNT_NOT_FOUND", str(account), data)
            elif not chart[account].active:
                yield Finding("FORTNOX_ACCOUNT_INACTIVE", str(account), data)
            elif role.startswith("oss_sales.") and chart[account].vat_code in SWEDISH_VAT_CODES:
                code = {"account": str(account), "vat_code": chart[account].vat_code}
                yield Finding("OSS_ACCOUNT_IN_SWEDISH_RETURN", str(account), code)


def _ways_of_delivery(order: Order, plan: Plan, rules: TenantRules, facts: BooksFacts) -> Iterator[Finding]:
    for shipping in order.shipping[:1]:
        mapped = rules.ways_of_delivery.get(shipping.title.casefold())
        if mapped is None and rules.require_way_of_delivery:
            yield Finding("FORTNOX_SHIPPING_NOT_FOUND", shipping.title, {"shipping_method": shipping.title})
    code = plan.invoice.way_of_delivery
    if code and code not in facts.ways_of_delivery:
        yield Finding("KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT", code, {"way_of_delivery": code})


def _cost_center(plan: Plan, facts: BooksFacts) -> Iterator[Finding]:
    code = plan.invoice.cost_center
    if not code:
        return
    if facts.cost_centers is None:
        yield Finding("FORTNOX_COST_CENTER_AUTH", code, {"cost_center": code})
    elif not facts.cost_centers.get(code, False):
        yield Finding("FORTNOX_COST_CENTER_NOT_FOUND", code, {"cost_center": code})
