"""Looking for a Fortnox order that may be there already, and for the invoice that was made of it."""

from __future__ import annotations

from app.kit.http.outcome import Done
from app.ledgers.base import Company, Disagrees, Found, Looked, LookFailed, NotThere, StepContext
from app.ledgers.fortnox.answers import compare, order_remote, ours_or_not
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.render import Call, number_in_path
from app.ledgers.fortnox.text import clean
from app.ledgers.fortnox.wire import WireOrder
from app.model.finding import Finding
from app.posting.references import DocumentRef, Form
from app.posting.steps import CreateOrder, InvoiceOrder


def find_order(
    client: FortnoxClient, company: Company, step: CreateOrder | InvoiceOrder, context: StepContext
) -> Looked:
    """Whether the order is there, or the invoice that Fortnox made of it."""
    if isinstance(step, InvoiceOrder):
        return _find_invoice(client, company, step, context)
    return _find_by_reference(client, company, step, context)


def _find_by_reference(client: FortnoxClient, company: Company, step: CreateOrder, context: StepContext) -> Looked:
    """The order by the shop's name for it and the payment; one that is cancelled counts for nothing."""
    reference, payment = clean(step.invoice.reference1, 80), clean(step.invoice.reference2, 80)
    known_numbers = {
        str(remote.get("number"))
        for ref, remote in context.results.items()
        if isinstance(ref, DocumentRef) and ref.form is Form.ORDER
    }
    try:
        rows = list(client.pages(company, "/3/orders", "Orders", {"externalinvoicereference1": reference}))
    except ListFailedError as error:
        return LookFailed(error.outcome)
    listed = [WireOrder.model_validate(row) for row in rows]
    orders = [
        order for order in listed if (order.external1, order.external2) == (reference, payment) and not order.cancelled
    ]
    numbers = [order.document_number for order in orders if order.document_number not in known_numbers]
    if len(numbers) > 1:
        shown = ", ".join(numbers)
        return Disagrees(Finding("DUPLICATE_IN_BOOKS", shown, {"reference": reference, "documents": shown}))
    return _adopted(client, company, step, numbers[0], context) if numbers else NotThere()


def _adopted(client: FortnoxClient, company: Company, step: CreateOrder, number: str, context: StepContext) -> Looked:
    """The order as it stands, read whole: the list shows neither its rows nor whether it is marked ready."""
    outcome = client.call(company, Call("GET", f"/3/orders/{number_in_path(number)}"), observe=context.observe)
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    order = WireOrder.model_validate(outcome.data["Order"])
    return ours_or_not(order_remote(order), compare(step.invoice, order))


def _find_invoice(client: FortnoxClient, company: Company, step: InvoiceOrder, context: StepContext) -> Looked:
    """The invoice that the order itself names: there is only ever one (fortnox-api.md 4, 22)."""
    number = str(context.results[step.document.order]["number"])
    outcome = client.call(company, Call("GET", f"/3/orders/{number_in_path(number)}"), observe=context.observe)
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    invoice = WireOrder.model_validate(outcome.data["Order"]).invoice
    return Found({"number": invoice}) if invoice else NotThere()
