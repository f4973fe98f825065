"""Makes an order's invoice, and the supplementary invoice of what an edit added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from app.invoicing.captured import captured_payments
from app.invoicing.customers import BuyerName, buyer_name, customer_record, usable_email
from app.invoicing.dimensions import of_document
from app.invoicing.rows import Rows, build_rows
from app.invoicing.texts import language_of
from app.kit.money import Money, split, total, whole_units
from app.model.finding import Finding
from app.model.order import Order, books_day
from app.posting.documents import CreateInvoice, InvoiceRow, VatGroup, amounts_by_rate
from app.posting.references import DocumentRef
from app.posting.steps import EnsureArticle, EnsureCustomer
from app.posting.steps.registers import EnsureCurrency, EnsureWayOfDelivery, code_of_delivery
from app.posting.vouchers import BOOKS_CURRENCY
from app.tenants.rules import ArticlePolicy, EmailInvoice, InvoiceDay, TenantRules, Trigger
from app.vat import Treatment, treat


class Invoicing:
    """One order's treatment, rows and buyer: everything an invoice of it is made of."""

    def __init__(self, order: Order, rules: TenantRules, treatment: Treatment, rows: Rows, name: BuyerName) -> None:
        self.order, self.rules, self.treatment, self.rows, self.name = order, rules, treatment, rows, name

    def invoice(self, ref: DocumentRef, day: date, *, prepaid: bool) -> CreateInvoice:
        """The whole order on one invoice."""
        order, rules = self.order, self.rules
        return CreateInvoice(
            customer_number=self.customer.number,
            customer_name=self.name.text,
            name_rule=self.name.rule.value,
            currency=order.currency,
            day=day,
            rows=self.rows.rows,
            total=order.total,
            vat=self.rows.vat,
            reference1=rules.name_in_books(order.shop, order.name),
            reference2=next((payment.payment_id for payment in order.money_in if payment.payment_id), ""),
            bill_to=order.bill_to,
            ship_to=order.ship_to,
            way_of_delivery=self._way_of_delivery(),
            terms_of_payment=rules.prepaid_terms_of_payment if prepaid else _terms_code(order, rules),
            cost_center=of_document(order, rules.cost_centers, rules.cost_center),
            project=of_document(order, rules.projects, rules.project),
            language="" if (language := language_of(order, rules)) == "sv" else language,
            email=usable_email(order.buyer.email) if self._is_mailed(prepaid=prepaid) else "",
            your_order_number=order.po_number,
            vat_included=self.treatment.vat_included,
            text=self.treatment.text,
            ref=ref,
            discount=order.gross_discount,
            given_cards=tuple(order.given_cards),
        )

    def _is_mailed(self, *, prepaid: bool) -> bool:
        rule = self.rules.email_invoice
        return rule is EmailInvoice.ALWAYS or (rule is EmailInvoice.UNPAID and not prepaid)

    def lacks_address(self, invoice: CreateInvoice) -> bool:
        """Whether the invoice should be mailed and nobody knows where to."""
        prepaid = bool(self.order.money_in)
        return not invoice.email and self._is_mailed(prepaid=prepaid) and not self.order.buyer.email.strip()

    def _way_of_delivery(self) -> str:
        """Fortnox's code of how the order goes out; empty where it has none."""
        for shipping in self.order.shipping[:1]:
            mapped = self.rules.ways_of_delivery.get(shipping.title.casefold(), "")
            return mapped or (code_of_delivery(shipping.title) if self.rules.create_ways_of_delivery else "")
        return ""

    def registers(self, document: CreateInvoice) -> list[EnsureCurrency | EnsureWayOfDelivery]:
        """What Fortnox's registers must hold for the document, as far as the tenant lets us put it there."""
        needed: list[EnsureCurrency | EnsureWayOfDelivery] = []
        if self.rules.create_currencies and document.currency != BOOKS_CURRENCY:
            needed.append(EnsureCurrency(document.currency))
        if self.rules.create_ways_of_delivery and document.way_of_delivery:
            needed.append(EnsureWayOfDelivery(document.way_of_delivery, self.order.shipping[0].title))
        return needed

    def rows_of(self, added: Mapping[str, Money]) -> list[InvoiceRow]:
        """What was added, on the rows that the whole order would have."""
        return [row for source, amount in added.items() for row in self._added(source, amount)]

    def supplement(self, ref: DocumentRef, day: date, rows: Sequence[InvoiceRow], *, prepaid: bool) -> CreateInvoice:
        """An invoice of what was added alone."""
        whole = self.invoice(ref, day, prepaid=prepaid)
        accounts = {group.vat_percent: group.vat_account for group in self.rows.vat}
        at_rate = amounts_by_rate(rows)
        amount = total(at_rate.values(), self.order.currency)
        groups = tuple(VatGroup(rate, at_rate[rate], accounts.get(rate)) for rate in sorted(at_rate, reverse=True))
        newest = (payment.payment_id for payment in reversed(self.order.money_in) if payment.payment_id)
        return replace(whole, rows=tuple(rows), total=amount, vat=groups, reference2=next(newest, ""))

    def _added(self, source: str, amount: Money) -> list[InvoiceRow]:
        """An amount on the rows of its source: in whole units where it is so many of them."""
        # One öre for two units makes a row of nothing beside the other.
        like = [row for row in self.rows.rows if row.source == source and row.unit_price]
        made = []
        for row, share in zip(like, split(amount, [row.amount.minor for row in like]), strict=True):
            units, rest = divmod(share.minor, row.unit_price.minor)
            made += [
                replace(row, quantity=count, unit_price=price, description=row.description)
                for count, price in whole_units(share, units if not rest else 1)
            ]
        return made

    @property
    def customer(self) -> EnsureCustomer:
        """The buyer's customer record."""
        return customer_record(self.order, self.name, self.treatment, self.rules)

    def articles(self, document: CreateInvoice) -> list[EnsureArticle]:
        """Named as the shop names the product: a row's text may speak of this order's discount."""
        if self.rules.article_policy is not ArticlePolicy.CREATE:
            return []
        numbers = self.rows.numbers
        lines = reversed(self.order.lines)
        titles = {number: line.title for line in lines if (number := numbers.get(line.sku or ""))}
        needed: dict[str, EnsureArticle] = {}
        for row in document.rows:
            number = row.article_number
            if number and number not in needed:
                needed[number] = EnsureArticle(number, titles[number], row.account)
        return list(needed.values())


def prepare(
    order: Order, rules: TenantRules, totals: Mapping[str, int] = MappingProxyType({})
) -> Invoicing | list[Finding]:
    """Treatment, rows and buyer of an order, or every finding that forbids to invoice it. `totals`: of `Answers`."""
    treatment = treat(order, rules, invoice_day(order, rules))
    if isinstance(treatment, Finding):
        return [treatment]
    rows = build_rows(order, treatment, rules, totals)
    name = buyer_name(order, rules)
    findings = [] if isinstance(rows, Rows) else rows
    findings += [] if name else [Finding("FORTNOX_CUSTOMER_NAME_EMPTY", "", {"order": order.name})]
    if not isinstance(rows, Rows) or name is None:
        return findings
    return Invoicing(order, rules, treatment, rows, name)


def trigger_of(order: Order, rules: TenantRules) -> Trigger:
    """What this order waits for: an unpaid one on payment terms may have a rule of its own.

    Where the money is taken on delivery, each delivery is invoiced when it is taken, whatever the rule for the others.
    """
    if order.money_follows_delivery:
        return Trigger.FULFILLED
    on_terms = order.terms is not None and not order.money_in
    return rules.terms_trigger if on_terms and rules.terms_trigger else rules.trigger


def _terms_code(order: Order, rules: TenantRules) -> str:
    """Fortnox's terms of payment of an unpaid order: by the shop's terms, by the gateway, or the tenant's."""
    terms = order.terms
    asked = [terms.name, "" if terms.days is None else str(terms.days)] if terms else []
    asked += [transaction.gateway for transaction in order.transactions]
    codes = (rules.terms.get(name.casefold()) for name in asked if name)
    return next((code for code in codes if code), rules.terms_of_payment)


def invoice_day(order: Order, rules: TenantRules) -> date:
    """The day of the invoice by the tenant's rule: of the delivery, of the order, or of the money."""
    if rules.invoice_day is InvoiceDay.DELIVERY and order.delivered_at:
        return books_day(order.delivered_at)
    proven = captured_payments(order, rules)
    is_order_day = rules.invoice_day is InvoiceDay.ORDER or trigger_of(order, rules) is Trigger.CREATED
    if is_order_day or not proven:
        return books_day(order.processed_at)
    return books_day(max(payment.processed_at for payment in proven))
