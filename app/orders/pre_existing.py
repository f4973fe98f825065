"""Pre-existing invoices of an order: found in the local index before the first document, adopted or asked about.

The index is the register of invoices, filled when Fortnox is connected and kept fresh by events and the daily list. It
holds what lists show: both external references, total, customer and day. `YourOrderNumber` is in no list
(fortnox-api.md 3.4): Fortnox is asked for it where the index has an invoice of the order's amount, or is older than
the order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from sqlalchemy import TextClause, text

from app.execution.context import JobContext
from app.execution.documents import own_invoices
from app.execution.progress import trouble
from app.jobs.outcomes import Blocked, Retry
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.ledgers.base import Company, Disagrees, Exchange, FoundPreExisting, Ledger, LookFailed, StepContext
from app.master_data.cache import INVOICES
from app.model.finding import Finding
from app.model.order import Order, books_day
from app.orders.adoption import Adoption
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan
from app.posting.pre_existing_sales import sale_of
from app.schema import MasterDataRefresh
from app.tenants.rules import ReferenceField, TenantRules

_LIVE = timedelta(minutes=15)
"""An order is booked as it comes: nobody else has invoiced it before the next list is read."""
_AROUND = timedelta(days=3)
"""An invoice that others made of an order is dated near it, or later."""
_MOST_LISTED = 50
"""Invoices of the order's very amount that are looked at."""


@dataclass(frozen=True, slots=True)
class ListedInvoice:
    """A pre-existing invoice as the index has it."""

    number: str
    reference: str
    total: Decimal
    currency: str
    day: date | None
    customer: str
    names_order: bool
    """Whether a reference that lists show is the order's name."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One order that is to be booked, and what an invoice of it by others would be compared with."""

    context: JobContext
    company: Company
    order: Order
    plan: Plan
    denied: frozenset[str]
    """Numbers of invoices that a person said are other sales'."""

    @property
    def sale(self) -> CreateInvoice | None:
        """The one invoice that others should have made; None where it is no simple case."""
        return sale_of(self.order, self.plan, self.context.rules)

    @property
    def invoice(self) -> CreateInvoice:
        return self.plan.documents[0]

    @property
    def own(self) -> str:
        """Our reference: documents that have it and are older than the posting log are adopted step by step."""
        is_older = self.order.processed_at < self.context.tenant.log_trusted_since
        return self.invoice.reference1 if is_older else ""


@dataclass(frozen=True, slots=True)
class PreExisting:
    """Looks for pre-existing invoices before the first document of an order. Writes nothing to the ledger."""

    store: Store
    books: Ledger
    adoption: Adoption
    settle: timedelta
    now: Callable[[], datetime]

    def check(
        self, context: JobContext, company: Company, order: Order, plan: Plan, listed: Sequence[ListedInvoice]
    ) -> bool | Retry | Blocked:
        """Whether a pre-existing invoice was adopted; False: there is none, or only other sales' as a person said.

        `listed`: what `listed_invoices` gave for the plan.
        """
        if not plan.documents or plan.documents[0].credits:
            return False
        question = _Question(context, company, order, plan, context.answers.other_sales)
        if context.answers.invoice:
            return self._ask(question, context.answers.invoice)
        likely = [invoice for invoice in listed if not question.own or invoice.reference != question.own]
        if likely and likely[0].names_order:
            return self._ask(question, likely[0].number)
        suggested = [candidate.number for candidate in likely if _is_suggested(candidate, question.invoice)]
        if suggested:
            return _asked(order, ", ".join(suggested))
        is_old = self.now() - order.created_at > _LIVE
        if is_old and (likely or not self._is_fresh(company, order.created_at)):
            return self._ask(question, "")
        return False

    def _is_fresh(self, company: Company, since: datetime) -> bool:
        with self.store.read() as session:
            row = session.get(MasterDataRefresh, (company.connection_id, INVOICES))
            return row is not None and row.refreshed_at >= since

    def _ask(self, question: _Question, number: str) -> bool | Retry | Blocked:
        """Read the invoice of a number, or the three short lists of invoices that may name the order."""
        heard: list[Exchange] = []
        order, sale = question.order, question.sale
        context = StepContext({}, question.context.rules, observe=heard.append)
        names = (order.name, order.id)
        looked = self.books.find_pre_existing(
            question.company, sale or question.invoice, names, number, context, but="" if number else question.own
        )
        match looked:
            case LookFailed():
                return trouble(self.books, question.company, looked.outcome, self.settle, looked=True)
            case FoundPreExisting():
                documents = str(looked.remote["number"])
                if sale is not None and self._not_own(question, documents):
                    self.adoption.enter(question.context, question.plan, looked, heard)
                    return True
            case Disagrees():
                documents = str(looked.finding.data.get("documents") or looked.finding.data.get("document") or number)
            case _:
                documents = number
        open_ones = self._not_own(question, documents)
        return _asked(order, ", ".join(open_ones)) if open_ones else False

    def _not_own(self, question: _Question, numbers: str) -> list[str]:
        """Those that Bokbro did not post (another order's is never offered as this one's) and no person denied."""
        named = [number for part in numbers.split(",") if (number := part.strip())]
        with self.store.read() as session:
            known = own_invoices(session, question.context.tenant.id, named) | question.denied
        return [number for number in named if number not in known]


def listed_invoices(
    session: ReadSession | WriteSession, context: JobContext, company: Company, order: Order, plan: Plan
) -> list[ListedInvoice]:
    """Invoices of others in the index that may be of the order that a plan books, by reference first."""
    if not plan.documents or plan.documents[0].credits or context.answers.invoice:
        return []
    rules, invoice = context.rules, plan.documents[0]
    payments = _payment_references(order, rules)
    field = rules.payout_reference_field
    by_rule = payments and field not in (ReferenceField.NOWHERE, ReferenceField.DOCUMENT_NUMBER)
    # Whole-krona rounding may have moved the amount by half a krona.
    totals = [f"{amount:.2f}" for amount in (invoice.total.decimal, invoice.total.decimal.to_integral_value())]
    values = {
        "connection": company.connection_id, "names": names_of(order, rules), "totals": totals,
        "currency": invoice.currency, "since": (books_day(order.created_at) - _AROUND).isoformat(),
        **({"payments": payments} if by_rule else {}),
    }  # fmt: skip
    rows = session.execute(_may_be_of_order(field if by_rule else None), values).all()
    own = own_invoices(session, context.tenant.id, [row.code for row in rows])
    no_news = own | context.answers.other_sales
    counted = [row for row in rows if row.code not in no_news and row.data["counts"]]
    candidates = [_read(row.code, row.data, order, rules) for row in counted]
    return sorted(candidates, key=lambda candidate: (not candidate.names_order, candidate.number))


def _asked(order: Order, documents: str) -> Blocked:
    # About the invoices: what a person says of these holds for no other that is made later.
    return Blocked((Finding("DUPLICATE_INVOICE_FOR_ORDER", documents, {"order": order.name, "documents": documents}),))


def names_of(order: Order, rules: TenantRules) -> list[str]:
    """How others write an order's name: with its sign or without, with the tenant's prefix, with a word before it."""
    bare = order.name.strip().lstrip("#")
    prefixes = dict.fromkeys(("", rules.reference_prefix, rules.name_in_books(order.shop, "")))
    plain = [f"{prefix}{sign}{bare}" for prefix in prefixes for sign in ("", "#")]
    return [*plain, f"Order {bare}", f"Order #{bare}", order.id]


@cache
def _may_be_of_order(rule: ReferenceField | None) -> TextClause:
    """Invoices of the index by their references, by amount and day, or by the field of the tenant's rule.

    Each condition has an index of its own but the rule's, which is left out where there is no rule.
    """
    by_rule = f"or data ->> '{rule.value}' = any (cast(:payments as text[]))" if rule else ""
    return text(f"""
        select code, data from master_record
         where connection_id = :connection and kind = 'invoices'
           and (data ->> 'external1' = any (cast(:names as text[]))
                or data ->> 'external2' = any (cast(:names as text[]))
                or (data ->> 'total' = any (cast(:totals as text[])) and data ->> 'currency' = :currency
                    and coalesce(data ->> 'day', '9999') >= :since)
                {by_rule})
         limit {_MOST_LISTED}
    """)  # noqa: S608 - a member of our enum


def _payment_references(order: Order, rules: TenantRules) -> list[str]:
    """The shop's payment ids, as an earlier integration wrote them."""
    return [f"{rules.payment_reference_prefix}{paid.payment_id}" for paid in order.money_in if paid.payment_id]


def _read(number: str, data: dict[str, object], order: Order, rules: TenantRules) -> ListedInvoice:
    references = {str(data.get("external1") or ""), str(data.get("external2") or "")}
    field = rules.payout_reference_field
    payments = _payment_references(order, rules)
    by_rule = field is not ReferenceField.NOWHERE and str(data.get(field.value) or "") in payments
    return ListedInvoice(
        number,
        str(data.get("external1") or ""),
        Decimal(str(data.get("total") or 0)),
        str(data.get("currency") or ""),
        date.fromisoformat(str(data["day"])) if data.get("day") else None,
        str(data.get("customer") or ""),
        bool(references & set(names_of(order, rules))) or by_rule,
    )


def _is_suggested(listed: ListedInvoice, invoice: CreateInvoice) -> bool:
    """Same customer and amount within some days: likely the same sale, which a person can deny."""
    same_name = " ".join(listed.customer.casefold().split()) == " ".join(invoice.customer_name.casefold().split())
    is_near = listed.day is not None and abs(listed.day - invoice.day) <= _AROUND
    return same_name and is_near and listed.currency == invoice.currency
