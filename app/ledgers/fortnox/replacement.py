"""A document that was not as it was asked for, looked at again after a person did something about it.

What the warehouse module emptied is written once more onto the same document, so that there never is a second one.
"""

from __future__ import annotations

from app.kit.http.outcome import Done, Outcome, Refused
from app.ledgers.base import CANCELLED, Company, Remote, Sent, StepContext, WriteAuthorization
from app.ledgers.fortnox.call import Call, Context, document_path
from app.ledgers.fortnox.client import FortnoxClient
from app.ledgers.fortnox.comparison import compare, of_booked, oss_unlike
from app.ledgers.fortnox.credit_discount import lacks_discount
from app.ledgers.fortnox.invoices import invoice_remote, read_invoice, touched_by_others
from app.ledgers.fortnox.orders import order_remote
from app.ledgers.fortnox.resources import resource_of
from app.ledgers.fortnox.wire import WireInvoice, WireOrder
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.steps import BookInvoice, CreateOrder, Step, content_of

Document = WireInvoice | WireOrder


def recheck(
    client: FortnoxClient,
    company: Company,
    step: Step,
    context: StepContext,
    authorization: WriteAuthorization | None,
) -> Sent:
    """Read a document again and compare it; write its rows again where the warehouse module had emptied them.

    Without an authorization it stays emptied, and the comparison says so.
    """
    if not isinstance(step, CreateInvoice | CreateOrder):
        return Sent(Done(200, {}), context.results.get(step.ref))
    document = _read(client, company, step, Call("GET", document_path(step.ref, context.results)), context)
    if not isinstance(document, Document):
        return Sent(document)
    if document.cancelled:
        return _cancelled(step, document, context)
    if isinstance(document, WireInvoice) and isinstance(step, CreateInvoice):
        touched = touched_by_others(step, document, context.results)
        if touched is not None:
            return Sent(Done(200, {}), None, (touched, *_their_credit(client, company, step, document, context)))
    rewritten = _rewritten(client, company, step, document, context, authorization) if authorization else document
    if not isinstance(rewritten, Document):
        return Sent(rewritten)
    differing = of_booked(compare(content_of(step), rewritten), rewritten)
    return Sent(Done(200, {}), _remote(rewritten), differing)


def _their_credit(
    client: FortnoxClient, company: Company, step: CreateInvoice, invoice: WireInvoice, context: StepContext
) -> list[Finding]:
    """What is wrong with the OSS rows or the prices of a credit note that others made of an invoice of ours."""
    made = {str(remote.get("number") or "") for remote in context.results.values()}
    if not invoice.credit_reference or invoice.credit_reference in made:
        return []
    if step.discount is None and not any(row.role.startswith("oss_") for row in step.rows):
        return []
    credit = read_invoice(client, company, invoice.credit_reference, context)
    return [*oss_unlike(step, credit), *lacks_discount(step, credit)] if isinstance(credit, WireInvoice) else []


def _remote(document: Document) -> Remote:
    return invoice_remote(document) if isinstance(document, WireInvoice) else order_remote(document)


def _read(
    client: FortnoxClient,
    company: Company,
    step: Step,
    call: Call,
    context: StepContext,
    authorization: WriteAuthorization | None = None,
) -> WireInvoice | WireOrder | Outcome:
    outcome = client.call(company, call, observe=context.observe, authorization=authorization)
    if not isinstance(outcome, Done):
        return outcome
    if isinstance(step, CreateOrder):
        return WireOrder.model_validate(outcome.data["Order"])
    return WireInvoice.model_validate(outcome.data["Invoice"])


def _rewritten(
    client: FortnoxClient,
    company: Company,
    step: CreateInvoice | CreateOrder,
    document: Document,
    context: StepContext,
    authorization: WriteAuthorization,
) -> WireInvoice | WireOrder | Outcome:
    """The document with its rows written again; as it was where it need not be, or may not."""
    codes = {finding.code for finding in compare(content_of(step), document)}
    is_fixed = isinstance(document, WireInvoice) and document.booked
    point = context.rules.stock_point
    call = rewrite_call(step, Context(context.results, context.known_articles, stock_point=point))
    if "FORTNOX_WAREHOUSE_ZEROED" not in codes or is_fixed or call is None:
        return document
    written = _read(client, company, step, call, context, authorization)
    # Refused: it is locked, or something else is wrong with it. The finding names its content, as before.
    return document if isinstance(written, Refused) else written


def rewrite_call(step: CreateInvoice | CreateOrder, context: Context) -> Call | None:
    """Write the rows of a draft once more; None where nobody may.

    Rows match by position (fortnox-api.md 3.4). Those of an invoice that came of an order are locked (4, #33).
    """
    if isinstance(step, CreateInvoice) and step.from_draft and not step.credits:
        return None
    root, rows = ("Order", "OrderRows") if isinstance(step, CreateOrder) else ("Invoice", "InvoiceRows")
    fields = (resource_of(step).build(step, context).body or {})[root]
    changed_fields = {name: fields[name] for name in (rows, "DeliveryState") if name in fields}
    return Call("PUT", document_path(step.ref, context.results), {root: changed_fields})


def _cancelled(step: CreateInvoice | CreateOrder, document: Document, context: StepContext) -> Sent:
    """A document that somebody else cancelled: a draft may be replaced, a booked one must not be gone.

    What is to become of a draft, its caller knows: a finding of ours, or a person's answer, may have asked for it.
    """
    number = document.document_number
    shown = {"document": number, "shop_amount": str(content_of(step).total), "books_amount": "0 (makulerad)"}
    if BookInvoice(step.ref).ref in context.results:
        return Sent(Done(200, {}), None, (Finding("DIFFERS_IN_BOOKS", number, shown),))
    finding = Finding("DIFFERS_IN_BOOKS", number, {**shown, CANCELLED: "true"})
    return Sent(Done(200, {}), {"number": number, CANCELLED: True}, (finding,))
