"""Fortnox orders, and the invoice that is made of one."""

from __future__ import annotations

from typing import Any

from app.kit.http.outcome import Done, Unknown
from app.ledgers.base import Company, Disagrees, Found, Looked, LookFailed, NotThere, Results, Sent, StepContext
from app.ledgers.fortnox.call import Call, Context, document_path, number_in_path
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.comparison import compare, ours_or_not
from app.ledgers.fortnox.content import document_head, document_row
from app.ledgers.fortnox.text import clean
from app.ledgers.fortnox.wire import WireOrder
from app.model.finding import Finding
from app.posting.references import DocumentRef, Form
from app.posting.steps import CreateOrder, InvoiceOrder


def order_fields(step: CreateOrder, context: Context) -> dict[str, Any]:
    """An order with everything its invoice shall have: rows that came of an order cannot be changed any more."""
    head = document_head(step.invoice, context)
    day = head.pop("InvoiceDate")
    rows = [document_row(row, context) for row in step.invoice.rows]
    ordered = [row | {"OrderedQuantity": row["DeliveredQuantity"]} for row in rows]
    # Only in this state does an order deliver, in a company with the warehouse module; elsewhere all are in it.
    return {**head, "OrderDate": day, "DeliveryState": "delivery", "OrderRows": ordered}


def build(step: CreateOrder, context: Context) -> Call:
    """The request that makes an order."""
    return Call("POST", "/3/orders", {"Order": order_fields(step, context)})


def build_invoice(step: InvoiceOrder, context: Context) -> Call:
    """The request by which Fortnox makes the invoice of an order."""
    return Call("PUT", f"{document_path(step.document.order, context.results)}/createinvoice")


def find(client: FortnoxClient, company: Company, step: CreateOrder, context: StepContext) -> Looked:
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


def find_invoice(client: FortnoxClient, company: Company, step: InvoiceOrder, context: StepContext) -> Looked:
    """The invoice that the order itself names: there is only ever one (fortnox-api.md 4, 22)."""
    number = str(context.results[step.document.order]["number"])
    outcome = client.call(company, Call("GET", f"/3/orders/{number_in_path(number)}"), observe=context.observe)
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    invoice = WireOrder.model_validate(outcome.data["Order"]).invoice
    return Found({"number": invoice}) if invoice else NotThere()


def read(step: CreateOrder, done: Done, _results: Results) -> Sent:
    """What Fortnox made of the order, compared with what was asked for."""
    order = WireOrder.model_validate(done.data["Order"])
    return Sent(done, order_remote(order), tuple(compare(step.invoice, order)))


def read_invoice_number(_step: InvoiceOrder, done: Done, _results: Results) -> Sent:
    """Number of the invoice that Fortnox made of the order."""
    number = WireOrder.model_validate(done.data["Order"]).invoice
    return Sent(done, {"number": number}) if number else Sent(Unknown("invoice of the order not named", done.status))


def order_remote(order: WireOrder) -> dict[str, Any]:
    """What later steps need of a Fortnox order."""
    return {"number": order.document_number, "ready": order.warehouse_ready}
