"""An order's invoice: what it holds, on how many documents it stands, and what the registers need for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from app.invoicing.captured import captured_payments
from app.invoicing.invoice import Invoicing, invoice_day, prepare
from app.invoicing.split import free_refs, missing_parts, parts_of
from app.invoicing.texts import say
from app.kit.money import total
from app.model.finding import Finding
from app.model.order import Order, books_day
from app.orders.planning.open_days import invoice_on_open_day
from app.orders.planning.readiness import skip_reason, wait_reason
from app.orders.planning.state import NOTHING, Delta, PlanInput, PlanState
from app.payments.allocation import paid_too_much
from app.payments.payment import payment_of
from app.posting.documents import CreateInvoice
from app.posting.origins import of_order
from app.posting.references import MAIN, DocumentRef, StepRef
from app.posting.steps import Step
from app.tenants.rules import DocumentFlow


def as_sold(order: Order) -> Order:
    """Without the fees of its returns: they are agreed later, and have a document of their own."""
    return replace(order, return_fees=())


def prepared(inputs: PlanInput) -> Invoicing | list[Finding]:
    """What an invoice of the order as it was sold is made of, or what forbids it."""
    return prepare(as_sold(inputs.order), inputs.rules, inputs.answers.totals)


def first_invoice(inputs: PlanInput, state: PlanState) -> Delta:
    """The order's first invoice, of which nothing stands yet; nothing where there is to be none."""
    if skip_reason(inputs.order, inputs.rules) or wait_reason(inputs.order, inputs.rules):
        return NOTHING
    invoicing = prepared(inputs)
    if not isinstance(invoicing, Invoicing):
        return Delta(findings=(*invoicing, *_missing_for_payments(inputs)))
    if not invoicing.rows.rows:
        return Delta(findings=(paid_too_much(inputs.order),))  # money, and nothing that was sold for it
    return with_records(inputs, state, invoicing, on_documents(inputs, whole(inputs, invoicing)))


def remaining_parts(inputs: PlanInput, state: PlanState) -> Delta:
    """Parts that were not sent before something stopped us: they belong to the invoice, and are no addition."""
    if not any(document.part for document in inputs.posted.documents):
        return NOTHING
    invoicing = prepared(inputs)
    if not isinstance(invoicing, Invoicing):
        return NOTHING
    parts = parts_of(whole(inputs, invoicing), inputs.rules.max_rows)
    return with_records(inputs, state, invoicing, _with_refs(inputs, missing_parts(state.documents, parts), MAIN))


def whole(inputs: PlanInput, invoicing: Invoicing) -> CreateInvoice:
    """The order on one invoice, however many rows that makes."""
    order, captured = inputs.order, captured_payments(inputs.order, inputs.rules)
    prepaid = total((payment.pays for payment in captured), order.currency) >= order.total
    day = invoice_day(order, inputs.rules)
    invoice = invoicing.invoice(MAIN, day, prepaid=bool(captured) and prepaid)
    # Fortnox refuses a payment dated before its invoice: the true day stands here (fortnox-api.md 4, 7).
    paid = [
        say("paid_on", invoice.language, day=books_day(payment.processed_at).isoformat(), amount=payment.amount)
        for payment in captured
        if books_day(payment.processed_at) < day
    ]
    cards = [say("given_card", invoice.language, amount=amount) for amount in order.given_cards.values()]
    return replace(invoice, text=" ".join([*([invoice.text] if invoice.text else []), *cards, *paid]))


def on_documents(inputs: PlanInput, invoice: CreateInvoice) -> list[CreateInvoice]:
    """An invoice on as many documents as Fortnox wants, each with a name of its own."""
    return _with_refs(inputs, parts_of(invoice, inputs.rules.max_rows), invoice.ref)


def with_records(inputs: PlanInput, state: PlanState, invoicing: Invoicing, invoices: Sequence[CreateInvoice]) -> Delta:
    """New invoices, and the records they need of customer, articles and registers, as far as none is planned yet."""
    records: dict[StepRef, Step] = {}
    documents, added = [], NOTHING
    for invoice in invoices:
        opened, moved = invoice_on_open_day(inputs, invoice)
        for step in (*invoicing.registers(opened), invoicing.customer, *invoicing.articles(opened)):
            records.setdefault(step.ref, step)
        added = added.plus(moved, Delta(notices=tuple(_not_mailed(invoicing, opened))))
        documents.append(of_order(opened) if inputs.rules.document_flow is DocumentFlow.ORDER_FIRST else opened)
    steps = tuple(step for ref, step in records.items() if ref not in state.refs)
    return added.plus(Delta(steps, tuple(documents)))


def _not_mailed(invoicing: Invoicing, invoice: CreateInvoice) -> Iterator[Finding]:
    if invoicing.lacks_address(invoice):
        yield Finding("INVOICE_NOT_MAILED", invoice.reference1, {"order": invoice.reference1})


def _with_refs(inputs: PlanInput, parts: Iterable[CreateInvoice], first: DocumentRef) -> list[CreateInvoice]:
    refs = free_refs(inputs.posted.taken, first)
    return [part if part.ref == ref else replace(part, ref=ref) for part, ref in zip(parts, refs, strict=False)]


def _missing_for_payments(inputs: PlanInput) -> list[Finding]:
    """What is missing for the payments, reported together with what is missing for the invoice."""
    day = invoice_day(inputs.order, inputs.rules)
    payments = (
        payment_of(transaction, inputs.rules, day) for transaction in captured_payments(inputs.order, inputs.rules)
    )
    return [payment for payment in payments if isinstance(payment, Finding)]
