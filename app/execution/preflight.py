"""Pre-flight: does the company's Fortnox hold everything the plan needs? Facts in, findings out; nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from app.invoicing.articles import ARTICLE_NUMBER
from app.ledgers.areas import areas_of, reported_together
from app.master_data.chart import misfit
from app.master_data.facts import BooksFacts
from app.model.finding import Finding, distinct
from app.model.order import Order
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan
from app.posting.references import DocumentRef, StepRef
from app.posting.steps import EnsureCurrency, EnsureWayOfDelivery, PayInvoice
from app.posting.vouchers import CreateVoucher
from app.tenants.rules import ArticlePolicy, TenantRules
from app.vat import rate_text


def preflight(
    order: Order | None, plan: Plan, rules: TenantRules, facts: BooksFacts, done: Collection[StepRef] = ()
) -> list[Finding]:
    """Every reason why Fortnox would refuse a plan or book it wrongly; empty when it may be sent.

    `order` is None for a plan that is no order's (a payout). `done` are the steps that stand in the books
    already: nothing about them is asked any more.
    """
    new = _New(
        tuple(document for document in plan.documents if document.ref not in done),
        tuple(payment for payment in plan.payments if payment.ref not in done),
        {document.ref: document.day for document in plan.documents},
        tuple(voucher for voucher in plan.manual_entries if voucher.ref not in done),
        frozenset(step.code for step in plan.steps if isinstance(step, EnsureCurrency | EnsureWayOfDelivery)),
    )
    checks = (
        _closed_areas(plan, facts, done),
        _currency(new, facts),
        _article_numbers(new, rules),
        _row_count(new, rules),
        _periods(new, facts),
        _accounts(new, rules, facts),
        _ways_of_delivery(order, new, rules, facts),
        _terms_of_payment(new, facts),
        _modes_of_payment(new, facts),
        _cost_center(new, facts),
        _stock(new, facts),
    )
    return distinct(finding for check in checks for finding in check)


@dataclass(frozen=True, slots=True)
class _New:
    """What of a plan is still to be sent."""

    documents: tuple[CreateInvoice, ...]
    payments: tuple[PayInvoice, ...]
    days: Mapping[DocumentRef, date]
    """Day of every document of the plan."""
    vouchers: tuple[CreateVoucher, ...] = ()
    made: frozenset[str] = frozenset()
    """Codes that the plan itself puts into a register."""


def _currency(new: _New, facts: BooksFacts) -> Iterator[Finding]:
    for document in new.documents:
        currency = document.currency
        if currency not in facts.currencies and currency not in new.made:
            yield Finding("FORTNOX_CURRENCY_NOT_FOUND", currency, {"currency": currency})
        for payment in new.payments:
            if payment.document == document.ref and payment.amount.currency != currency:
                data = {"payment_currency": payment.amount.currency, "currency": currency}
                yield Finding("FORTNOX_CURRENCY_MISMATCH", payment.transaction_id, data)


def _closed_areas(plan: Plan, facts: BooksFacts, done: Collection[StepRef]) -> Iterator[Finding]:
    """What Fortnox would refuse for lack of a right: found before a customer or an article is written."""
    needed = areas_of(step for step in plan.steps if step.ref not in done)
    yield from reported_together({area: facts.closed[area] for area in needed if area in facts.closed})


def _stock(new: _New, facts: BooksFacts) -> Iterator[Finding]:
    if facts.stock is None:
        return
    quantities: dict[str, int] = {}
    for row in (
        row for document in new.documents if not document.credits for row in document.rows if row.article_number
    ):
        quantities[str(row.article_number)] = quantities.get(str(row.article_number), 0) + row.quantity
    for article, quantity in quantities.items():
        if article in facts.stock and facts.stock[article] < quantity:
            data = {"article": article, "stock": f"{facts.stock[article]:f}", "quantity": str(quantity)}
            yield Finding("FORTNOX_STOCK_TOO_LOW", article, data)


def _article_numbers(new: _New, rules: TenantRules) -> Iterator[Finding]:
    if rules.article_policy is not ArticlePolicy.CREATE:
        return  # `known` sends only numbers that Fortnox already holds, `none` sends none
    rows = (row for document in new.documents for row in document.rows)
    for number in dict.fromkeys(row.article_number for row in rows if row.article_number):
        if not ARTICLE_NUMBER.fullmatch(number):
            illegal = "".join(dict.fromkeys(char for char in number if not ARTICLE_NUMBER.fullmatch(char)))
            shown = " ".join(f"»{char}«" for char in illegal) or f"{len(number)} > 50"
            yield Finding("SHOPIFY_PRODUCT_CHARS", number, {"article": number, "characters": shown})


def _row_count(new: _New, rules: TenantRules) -> Iterator[Finding]:
    for document in new.documents:
        count = len(document.rows)
        if count > rules.max_rows:
            yield Finding("DOCUMENT_TOO_MANY_ROWS", "", {"rows": str(count), "limit": str(rules.max_rows)})


def _periods(new: _New, facts: BooksFacts) -> Iterator[Finding]:
    days = (
        {document.day for document in new.documents}
        | {payment.day for payment in new.payments}
        | {voucher.day for voucher in new.vouchers}
    )
    for day in sorted(days):
        if facts.year_of(day) is None:
            yield Finding("FORTNOX_FISCAL_YEAR", str(day.year), {"date": day.isoformat(), "year": str(day.year)})
        elif facts.locked_through and day <= facts.locked_through:
            data = {"date": day.isoformat(), "locked_until": facts.locked_through.isoformat()}
            yield Finding("FORTNOX_PERIOD_LOCKED", facts.locked_through.isoformat(), data)
    for payment in new.payments:
        day = new.days[payment.document]
        if payment.day < day:
            data = {"date": payment.day.isoformat(), "invoice_date": day.isoformat()}
            yield Finding("FORTNOX_PAYMENT_DATE", payment.transaction_id, data)


def _accounts_by_day(new: _New, rules: TenantRules) -> dict[date, dict[int, str]]:
    """Every account the plan touches, with the role that leads to it, by the day it is touched."""
    needed: dict[date, dict[int, str]] = {}
    receivable = rules.account("receivable")
    for document in new.documents:
        touched = needed.setdefault(document.day, {})
        touched |= {row.account: row.role for row in document.rows}
        touched |= {
            group.vat_account: f"vat {rate_text(group.vat_percent)} %" for group in document.vat if group.vat_account
        }
        if receivable:
            touched[receivable] = "receivable"
    for payment in new.payments:
        touched = needed.setdefault(payment.day, {})
        touched |= {payment.account: payment.role} | {
            write_off.account: write_off.role for write_off in payment.all_write_offs
        }
        if payment.takes_rounding:
            touched[payment.rounding_account] = "rounding"
    for voucher in new.vouchers:
        touched = needed.setdefault(voucher.day, {})
        touched |= {row.account: voucher.text for row in voucher.rows if row.account not in touched}
    return needed


def _accounts(new: _New, rules: TenantRules, facts: BooksFacts) -> Iterator[Finding]:
    for day, accounts in _accounts_by_day(new, rules).items():
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
            elif finding := misfit(role, account, chart[account]):
                yield finding


def _ways_of_delivery(order: Order | None, new: _New, rules: TenantRules, facts: BooksFacts) -> Iterator[Finding]:
    invoices = [document for document in new.documents if not document.credits]
    for shipping in order.shipping[:1] if order and invoices else ():
        mapped = rules.ways_of_delivery.get(shipping.title.casefold())
        if mapped is None and rules.require_way_of_delivery and not rules.create_ways_of_delivery:
            yield Finding("FORTNOX_SHIPPING_NOT_FOUND", shipping.title, {"shipping_method": shipping.title})
    for code in dict.fromkeys(invoice.way_of_delivery for invoice in invoices):
        if code and code not in facts.ways_of_delivery and code not in new.made:
            title = order.shipping[0].title if order and order.shipping else code
            yield Finding(
                "FORTNOX_WAY_OF_DELIVERY_NOT_FOUND", code, {"way_of_delivery": code, "shipping_method": title}
            )


def _terms_of_payment(new: _New, facts: BooksFacts) -> Iterator[Finding]:
    if not facts.terms_of_payment:
        return  # every company has some: they were not read
    for code in dict.fromkeys(document.terms_of_payment for document in new.documents if not document.credits):
        if code and code not in facts.terms_of_payment:
            yield Finding("FORTNOX_TERMS_NOT_FOUND", code, {"terms": code})


def _modes_of_payment(new: _New, facts: BooksFacts) -> Iterator[Finding]:
    for code in dict.fromkeys(payment.mode for payment in new.payments):
        if code and code not in facts.modes_of_payment:
            yield Finding("FORTNOX_MODE_OF_PAYMENT_NOT_FOUND", code, {"mode_of_payment": code})


def _cost_center(new: _New, facts: BooksFacts) -> Iterator[Finding]:
    of_rows = (row.cost_center for document in new.documents for row in document.rows)
    for code in dict.fromkeys((*(document.cost_center for document in new.documents), *of_rows)):
        if not code:
            continue
        if facts.cost_centers is None:
            yield Finding("FORTNOX_COST_CENTER_AUTH", code, {"cost_center": code})
        elif not facts.cost_centers.get(code, False):
            yield Finding("FORTNOX_COST_CENTER_NOT_FOUND", code, {"cost_center": code})
