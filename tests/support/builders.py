"""Orders, rules and companies with sane defaults: a test names only what it is about.

The default order is acc-01 of accounting.md: one hoodie for 499.00 SEK with 25 % VAT inside, paid by card at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.kit.money import Money, total, vat_on_net, vat_out_of_gross
from app.master_data.facts import AccountFact, BooksFacts, FinancialYear
from app.model.finding import Finding
from app.model.order import (
    Address,
    Buyer,
    Line,
    LineKind,
    Order,
    Refund,
    ShippingLine,
    TaxLine,
    Transaction,
    TransactionKind,
)
from app.orders.planning.planner import decide
from app.orders.planning.state import PlanInput
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.documents import VatGroup as Group
from app.posting.plan import Decision, Entry, ExpectedVoucher, Plan, Stopped
from app.posting.references import MAIN, DocumentRef, MoneySource, Reason
from app.posting.steps import PayInvoice
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.rules import TenantRules

NOON = datetime(2026, 11, 3, 11, 0, tzinfo=UTC)
"""Noon in Stockholm on 3 November 2026."""
STOCKHOLM = Address(
    name="Maja Gran", address1="Storgatan 1", zip_code="111 22", city="Stockholm", country_code="SE", company=""
)
MAJA = Buyer(id="7001", name="Maja Gran", email="maja@example.se")


def sek(amount: str) -> Money:
    """An amount in kronor: sek("499.00")."""
    return Money.of(amount, "SEK")


def tax_line(rate: str, amount: str | Money, **changes: Any) -> TaxLine:
    """What the shop charged: tax_line("25", "99.80")."""
    charged = amount if isinstance(amount, Money) else sek(amount)
    return TaxLine(title="Moms", rate_percent=Decimal(rate), amount=charged, **changes)


def line(
    price: str | Money = "499.00",
    *,
    rate: str | None = "25",
    quantity: int = 1,
    discount: str = "0",
    included: bool = True,
    tax: str | None = None,
    **changes: Any,
) -> Line:
    """A line as the shop states it. VAT is what Shopify charges, rounded once per line, unless `tax` says otherwise."""
    unit = price if isinstance(price, Money) else sek(price)
    off = Money.of(discount, unit.currency)
    plain = Line(id="1", title="Hoodie", sku=None, quantity=quantity, unit_price=unit, discount=off)
    if rate is not None:
        vat_of = vat_out_of_gross if included else vat_on_net
        charged = sek(tax) if tax is not None else vat_of(plain.amount, Decimal(rate))
        plain = replace(plain, tax_lines=(tax_line(rate, charged),))
    return replace(plain, **changes)


def gift_card(price: str = "500.00") -> Line:
    """A multi-purpose gift card: no VAT."""
    return line(price, rate=None, title="Presentkort", kind=LineKind.GIFT_CARD)


def shipping(price: str = "49.00", *taxes: TaxLine, title: str = "Paket", rate: str = "25") -> ShippingLine:
    """A way of delivery, at one rate unless tax lines are given."""
    charged = taxes or (tax_line(rate, vat_out_of_gross(sek(price), Decimal(rate))),)
    return ShippingLine(id="s1", title=title, price=sek(price), tax_lines=charged)


def paid(
    amount: str | Money,
    gateway: str = "shopify_payments",
    *,
    kind: TransactionKind = TransactionKind.SALE,
    at: datetime = NOON,
    **changes: Any,
) -> Transaction:
    """A successful payment."""
    moved = amount if isinstance(amount, Money) else sek(amount)
    made = Transaction(
        id="t1", kind=kind, succeeded=True, gateway=gateway, amount=moved, processed_at=at, payment_id="pay-1"
    )
    return replace(made, **changes)


def refund(amount: str = "100.00", **changes: Any) -> Refund:
    """Money that went back."""
    return replace(Refund(id="r1", created_at=NOON, amount=sek(amount)), **changes)


def order(*lines: Line, **changes: Any) -> Order:
    """An order paid in full by card, unless told otherwise; its total is what the parts add up to."""
    lines = lines or (line(),)
    included = changes.get("taxes_included", True)
    currency = changes.setdefault("currency", lines[0].unit_price.currency)
    freight: tuple[ShippingLine, ...] = changes.get("shipping", ())
    amounts = [*(one.amount for one in lines), *(one.price for one in freight)]
    taxes = [*(one.tax for one in lines), *(one.tax for one in freight)]
    charges = [changes[name] for name in ("tip", "duties", "additional_fees") if changes.get(name)]
    whole = total([*amounts, *charges, *([] if included else taxes)], currency)
    whole = changes.setdefault("total", whole)
    changes.setdefault("total_tax", total(taxes, currency))
    changes.setdefault("transactions", (paid(whole),))
    standard = {
        "platform": "shopify",
        "shop": "granstrom-form.myshopify.com",
        "id": "6001",
        "name": "#1001",
        "created_at": NOON,
        "processed_at": NOON,
        "updated_at": NOON,
        "taxes_included": True,
        "lines": lines,
        "buyer": MAJA,
        "bill_to": STOCKHOLM,
        "ship_to": STOCKHOLM,
    }
    return Order(**{**standard, **changes})


def rules(**changes: Any) -> TenantRules:
    """The defaults; `accounts` are laid over the default ones (None takes a role away)."""
    accounts = {**DEFAULT_ACCOUNTS, **changes.pop("accounts", {})}
    known = {role: account for role, account in accounts.items() if account is not None}
    return TenantRules(accounts=known, **changes)


def facts(*, inactive: Iterable[int] = (), missing: Iterable[int] = (), **changes: Any) -> BooksFacts:
    """A company that has everything the default rules need, in the year 2026."""
    gone, asleep = set(missing), set(inactive)
    chart = {
        account: AccountFact(active=account not in asleep)
        for account in DEFAULT_ACCOUNTS.values()
        if account not in gone
    }
    standard = {
        "currencies": frozenset({"SEK", "EUR"}),
        "years": (FinancialYear(1, date(2026, 1, 1), date(2026, 12, 31)),),
        "accounts": {1: chart},
        "ways_of_delivery": frozenset({"PN"}),
        "cost_centers": {"WEB": True, "OLD": False},
    }
    return BooksFacts(**{**standard, **changes})


def planned(decision: Decision) -> Plan:
    """The plan a decision must be."""
    assert isinstance(decision, Plan), decision
    return decision


def plan(an_order: Order | None = None, some_rules: TenantRules | None = None) -> Plan:
    """The plan of an order."""
    return planned(decide(an_order or order(), some_rules or rules()))


def plan_input(an_order: Order | None = None, some_rules: TenantRules | None = None, **changes: Any) -> PlanInput:
    """What the plan of an order is made of, for one function of the planner alone."""
    return PlanInput(an_order or order(), some_rules or rules(), **changes)


def findings(decision: Decision) -> tuple[Finding, ...]:
    """The findings of a decision that must be a stop."""
    assert isinstance(decision, Stopped), decision
    return decision.findings


def codes(found: Decision | Iterable[Finding]) -> list[str]:
    """Only the codes."""
    each = findings(found) if isinstance(found, Stopped) else found
    assert not isinstance(each, Plan), each
    return [finding.code for finding in each]  # type: ignore[union-attr] # a plan or a wait is refused by the line above


def invoice_row(amount: str = "100.00", *, quantity: int = 1, rate: str = "25", **changes: Any) -> InvoiceRow:
    """A row of an invoice."""
    made = InvoiceRow(
        account=3001,
        role="sales.se.25",
        description="Hoodie",
        quantity=quantity,
        unit_price=sek(amount),
        vat_percent=Decimal(rate),
    )
    return replace(made, **changes)


def invoice(*rows: InvoiceRow, **changes: Any) -> CreateInvoice:
    """An invoice whose total and VAT groups follow from its rows, unless told otherwise."""
    rows = rows or (invoice_row(),)
    changes.setdefault("total", total((row.amount for row in rows), "SEK"))
    rates = sorted({row.vat_percent for row in rows}, reverse=True)
    groups = tuple(
        Group(rate, total((row.amount for row in rows if row.vat_percent == rate), "SEK"), 2611) for rate in rates
    )
    standard = {
        "customer_number": "S7001",
        "customer_name": "Maja Gran",
        "currency": "SEK",
        "day": date(2026, 11, 3),
        "rows": rows,
        "vat": groups,
        "reference1": "#1001",
        "reference2": "pay-1",
    }
    return CreateInvoice(**{**standard, **changes})


def credit_ref(refund: str = "r1", number: int = 1, of: DocumentRef = MAIN) -> DocumentRef:
    """Names a credit note of a refund."""
    return DocumentRef(Reason(refund), number, of)


def edit_ref(edit: int = 1) -> DocumentRef:
    """Names the supplementary invoice of an edit."""
    return DocumentRef(Reason(edit=edit))


def payment(amount: str | Money = "100.00", **changes: Any) -> PayInvoice:
    """A payment that settles."""
    made = PayInvoice(
        source=MoneySource("t1"),
        amount=amount if isinstance(amount, Money) else sek(amount),
        account=1581,
        role="psp.shopify_payments.sek",
        rounding_account=3740,
        day=date(2026, 11, 3),
        reference="pay-1",
        settles=True,
    )
    return replace(made, **changes)


def rows_of(a_plan: Plan) -> list[tuple[int, int, str, str]]:
    """The invoice's rows as a bookkeeper reads them: account, quantity, unit price, VAT %."""
    return [
        (row.account, row.quantity, f"{row.unit_price.decimal}", f"{row.vat_percent:f}") for row in a_plan.invoice.rows
    ]


def vat_of(a_plan: Plan) -> list[tuple[str, str, str]]:
    """The VAT of an invoice: rate, net, VAT."""
    return [(f"{one.vat_percent:f}", f"{one.net.decimal}", f"{one.vat.decimal}") for one in a_plan.invoice.vat]


def entries_of(voucher: ExpectedVoucher) -> dict[int, str]:
    """Account → amount, credit with a minus: {1510: "499.00", 3001: "-399.20", 2611: "-99.80"}."""
    return {one.account: str((one.debit - one.credit).decimal) for one in voucher.entries}


def entry(account: int, debit: str = "0", credit: str = "0") -> Entry:
    """One row of a voucher."""
    return Entry(account, sek(debit), sek(credit))
