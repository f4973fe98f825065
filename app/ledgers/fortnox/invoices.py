"""Invoices: making, booking, cancelling, marking and mailing them, and what credit notes share with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.kit.http.outcome import Done, Outcome, Refused
from app.ledgers.base import Company, Disagrees, Found, Looked, LookFailed, NotThere, Remote, Results, Sent, StepContext
from app.ledgers.fortnox.call import Call, Context, document_path, invoice_path, number_in_path
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.comparison import compare, ours_or_not
from app.ledgers.fortnox.content import document_head, document_row
from app.ledgers.fortnox.payments import payments_on
from app.ledgers.fortnox.text import clean
from app.ledgers.fortnox.wire import WireInvoice, WireInvoiceListRow
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.references import MAIN, DocumentRef, Form
from app.posting.steps import BookInvoice, BookPayment, CancelInvoice, ConfirmSettled, MailInvoice, MarkReady

_NOTHING_TO_BOOK = 2003007
"""Cash-method companies: the payment makes the voucher (fortnox-api.md 4, 6)."""
_READY_ALREADY = 2003125
"""What is marked ready cannot be changed: nor marked once more, perhaps (fortnox-api.md 3.16)."""
_ACTIONS: Mapping[type, str] = {CancelInvoice: "cancel", MarkReady: "warehouseready", BookInvoice: "bookkeep"}


def build(step: CreateInvoice, context: Context) -> Call:
    """The request that makes an invoice, or gives its content to one that came of an order."""
    if step.from_draft:
        return Call("PUT", invoice_path(step.ref.draft, context.results), {"Invoice": document_head(step, context)})
    return Call("POST", "/3/invoices", {"Invoice": invoice_fields(step, context)})


def invoice_fields(step: CreateInvoice, context: Context) -> dict[str, Any]:
    """A whole document."""
    return {**document_head(step, context), "InvoiceRows": [document_row(row, context) for row in step.rows]}


def build_action(step: CancelInvoice | MarkReady | BookInvoice, context: Context) -> Call:
    """The request by which Fortnox does something with a document that is there."""
    return Call("PUT", f"{document_path(step.document, context.results)}/{_ACTIONS[type(step)]}")


def build_reading(step: MailInvoice | ConfirmSettled, context: Context) -> Call:
    """The request that has an invoice mailed, or reads it."""
    path = invoice_path(step.document, context.results)
    return Call("GET", f"{path}/email" if isinstance(step, MailInvoice) else path)


def find(client: FortnoxClient, company: Company, step: CreateInvoice, context: StepContext) -> Looked:
    """Whether an invoice or a credit note is there, or the content of what Fortnox made was replaced."""
    look = _find_content if step.from_draft else _find_by_reference
    return look(client, company, step, context)


def _find_content(client: FortnoxClient, company: Company, step: CreateInvoice, context: StepContext) -> Looked:
    """Whether the content of what Fortnox made was replaced: doing it again changes nothing, so a doubt is a no."""
    invoice = read_invoice(client, company, str(context.results[step.ref.draft]["number"]), context)
    if not isinstance(invoice, WireInvoice):
        return LookFailed(invoice)
    is_ours = invoice.external2 == clean(step.reference2, 80) and invoice.invoice_date == step.day
    is_laid = is_ours and not compare(step, invoice)
    return Found(invoice_remote(invoice)) if is_laid else NotThere()


def _find_by_reference(client: FortnoxClient, company: Company, step: CreateInvoice, context: StepContext) -> Looked:
    """An invoice by the order's name; of several documents of one order, by what else identifies ours."""
    reference = clean(step.reference1, 80)
    try:
        rows = list(client.pages(company, "/3/invoices", "Invoices", {"externalinvoicereference1": reference}))
    except ListFailedError as error:
        return LookFailed(error.outcome)
    listed = [WireInvoiceListRow.model_validate(row) for row in rows]
    candidates = [row for row in listed if row.external1 == reference and not row.cancelled]
    candidates = [row for row in candidates if _is_of_kind(row, step) and _may_be(row, step)]
    used_numbers = {
        str(remote.get("number"))
        for ref, remote in context.results.items()
        if isinstance(ref, DocumentRef) and ref.form is not Form.ORDER and ref != step.ref
    }
    candidates = [row for row in candidates if row.document_number not in used_numbers]
    if len(candidates) > 1 and not step.part:
        return _several(step, [row.document_number for row in candidates])
    read = [read_invoice(client, company, row.document_number, context) for row in candidates]
    failed = [row for row in read if not isinstance(row, WireInvoice)]
    if failed:
        return LookFailed(failed[0])
    return _only_match(step, [row for row in read if isinstance(row, WireInvoice) and not _is_other_part(step, row)])


def _several(step: CreateInvoice, numbers: list[str]) -> Disagrees:
    shown = ", ".join(numbers)
    return Disagrees(Finding("DUPLICATE_IN_BOOKS", shown, {"reference": step.reference1, "documents": shown}))


def _only_match(step: CreateInvoice, invoices: list[WireInvoice]) -> Looked:
    """The one document that may be ours, compared to the öre."""
    if not invoices:
        return NotThere()
    if len(invoices) > 1:
        return _several(step, [finding.document_number for finding in invoices])
    invoice = invoices[0]
    differing = compare(step, invoice)
    stands = invoice.total - invoice.round_off
    is_emptied = any(finding.code == "FORTNOX_WAREHOUSE_ZEROED" for finding in differing)
    if is_emptied:
        return ours_or_not(invoice_remote(invoice), differing)
    if invoice.currency != step.currency or stands != step.total.decimal:
        books_amount = f"{stands} {invoice.currency}"
        shown = {
            "document": invoice.document_number,
            "shop_amount": str(step.total),
            "books_amount": books_amount,
        }
        return Disagrees(Finding("DIFFERS_IN_BOOKS", invoice.document_number, shown))
    return ours_or_not(invoice_remote(invoice), differing)


def _is_other_part(step: CreateInvoice, invoice: WireInvoice) -> bool:
    """Whether a document says of itself that it is another part of the same order than ours ("2/3")."""
    if not step.part:
        return False
    stated = re.search(rf"Del (\d+/{step.part.partition('/')[2]}) ", invoice.remarks)
    return stated is not None and stated[1] != step.part


def _is_of_kind(listed: WireInvoiceListRow, step: CreateInvoice) -> bool:
    """An invoice or a credit note; one of some öre that Fortnox rounded to nothing cannot be recognised by its sign."""
    return listed.is_credit or not listed.total if step.credits else not listed.is_credit


def _may_be(listed: WireInvoiceListRow, step: CreateInvoice) -> bool:
    """Several documents of one order have one name: ours is recognised by its second reference."""
    if step.ref == MAIN:
        return True  # on the first invoice of an order, made by others, anything may stand there
    return listed.external2 == clean(step.reference2, 80)


def find_state(
    client: FortnoxClient,
    company: Company,
    step: CancelInvoice | MarkReady | BookInvoice | MailInvoice,
    context: StepContext,
) -> Looked:
    """Whether a document is ready, booked, cancelled, or counts as sent: then nobody mails it again."""
    if isinstance(step, MarkReady):
        return _find_mark(client, company, step, context)
    invoice = read_invoice(client, company, str(context.results[step.document]["number"]), context)
    if not isinstance(invoice, WireInvoice):
        return LookFailed(invoice)
    match step:
        case CancelInvoice():
            is_done = invoice.cancelled
        case BookInvoice():
            is_done = invoice.booked
        case MailInvoice():
            is_done = invoice.sent
    return Found(invoice_remote(invoice)) if is_done else NotThere()


def _find_mark(client: FortnoxClient, company: Company, step: MarkReady, context: StepContext) -> Looked:
    """Whether an invoice or an order is marked ready."""
    call = Call("GET", document_path(step.document, context.results))
    outcome = client.call(company, call, observe=context.observe)
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    shown = outcome.data.get("Invoice") or outcome.data["Order"]
    return Found(ready_remote(outcome.data)) if shown.get("WarehouseReady") else NotThere()


def find_reading(_client: FortnoxClient, _company: Company, _step: ConfirmSettled, _context: StepContext) -> Looked:
    """What only reads is read again."""
    return NotThere()


def read(step: CreateInvoice, done: Done, _results: Results) -> Sent:
    """What Fortnox made of the document, compared with what was asked for."""
    invoice = WireInvoice.model_validate(done.data["Invoice"])
    return Sent(done, invoice_remote(invoice), tuple(compare(step, invoice)))


def read_action(step: BookInvoice | CancelInvoice, done: Done, results: Results) -> Sent:
    """The document after it was booked or cancelled, compared with what stood there before."""
    invoice = WireInvoice.model_validate(done.data["Invoice"])
    made = results.get(step.document, {}) if isinstance(step, BookInvoice) else {}
    return Sent(done, invoice_remote(invoice), booked_otherwise(invoice, made))


def read_mark(_step: MarkReady, done: Done, _results: Results) -> Sent:
    """The mark, of an invoice or an order."""
    return Sent(done, ready_remote(done.data))


def is_booked(_step: BookInvoice, refused: Refused) -> Remote | None:
    """What is kept where there is nothing to book; None: the refusal says something else."""
    return {"number": "", "booked": False} if refused.number == _NOTHING_TO_BOOK else None


def is_ready(_step: MarkReady, refused: Refused) -> Remote | None:
    """What is kept where the document is marked already; None: the refusal says something else."""
    return {"number": "", "ready": True} if refused.number == _READY_ALREADY else None


def read_mail(_step: MailInvoice, done: Done, _results: Results) -> Sent:
    """A mail has no number."""
    return Sent(done, {"number": ""})


def read_settled(_step: ConfirmSettled, done: Done, _results: Results) -> Sent:
    """Whether nothing is open any more."""
    invoice = WireInvoice.model_validate(done.data["Invoice"])
    if invoice.balance == 0:
        return Sent(done, {"number": invoice.document_number, "balance": "0"})
    balance = f"{invoice.balance} {invoice.currency}"
    data = {"document": invoice.document_number, "books_amount": balance}
    return Sent(done, None, (Finding("FORTNOX_BALANCE_LEFT", invoice.document_number, data),))


def read_invoice(client: FortnoxClient, company: Company, number: str, context: StepContext) -> WireInvoice | Outcome:
    """One invoice as it stands, or why it could not be read."""
    call = Call("GET", f"/3/invoices/{number_in_path(number)}")
    outcome = client.call(company, call, observe=context.observe)
    return WireInvoice.model_validate(outcome.data["Invoice"]) if isinstance(outcome, Done) else outcome


def invoice_remote(invoice: WireInvoice) -> dict[str, Any]:
    """What later steps and people need of an invoice. Amounts as text: JSON would make them floats."""
    return {
        "number": invoice.document_number,
        "day": invoice.invoice_date.isoformat() if invoice.invoice_date else "",
        "total": str(invoice.total),
        "round_off": str(invoice.round_off),
        "total_vat": str(invoice.total_vat),
        "currency": invoice.currency,
        "currency_rate": str(invoice.currency_rate),
        "currency_unit": str(invoice.currency_unit),
        "booked": invoice.booked,
        "ready": invoice.warehouse_ready,
        "balance": str(invoice.balance),
        "accounting_method": invoice.accounting_method,
        "voucher": f"{invoice.voucher_series}{invoice.voucher_number}" if invoice.voucher_number else "",
        "voucher_year": invoice.voucher_year,
    }


def ready_remote(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the posting log keeps of the mark "ready", whichever document has it."""
    shown = data.get("Invoice") or data["Order"]
    return {"number": str(shown["DocumentNumber"]), "ready": True}


def booked_otherwise(invoice: WireInvoice, made: Remote) -> tuple[Finding, ...]:
    """What somebody else changed on a draft of ours before we booked it, as the answer to the booking shows.

    `made`: what Fortnox answered when the draft was made, or was read last. A draft may be edited until it is booked
    (fortnox-api.md 3.4).
    """
    number, currency = invoice.document_number, str(made.get("currency") or invoice.currency)
    now = {"total": invoice.total, "total_vat": invoice.total_vat}
    findings = []
    for name, words in (("total", ""), ("total_vat", "moms")):
        was = Decimal(str(made.get(name, now[name])))
        if (was, currency) != (now[name], invoice.currency):
            amounts = {"shop_amount": f"{was} {currency}", "books_amount": f"{now[name]} {invoice.currency}"}
            shown = {"document": f"{number} ({words})" if words else number, **amounts}
            findings.append(Finding("DIFFERS_IN_BOOKS", f"{number} {words}".strip(), shown))
    return tuple(findings)


def touched_by_others(step: CreateInvoice, invoice: WireInvoice, results: Results) -> Finding | None:
    """What somebody else did to an invoice of ours: a credit that we did not make, payments that are gone or too many.

    `results`: what the posting log says that we made for this order. Payments are compared only
    for whole-krona invoices in SEK: in which currency `Balance` is for others was never recorded.
    """
    made = {str(remote.get("number") or "") for remote in results.values()}
    if invoice.credit_reference and invoice.credit_reference not in made:
        credited = {"shop_amount": str(invoice.total), "books_amount": f"kreditfaktura {invoice.credit_reference}"}
        return Finding("DIFFERS_IN_BOOKS", invoice.document_number, {"document": invoice.document_number, **credited})
    paid = [remote for ref, remote in payments_on(step.ref, results) if BookPayment(ref).ref in results]
    expected = sum((Decimal(str(remote["paid"])) for remote in paid), Decimal(0))
    paid_amount = invoice.total - invoice.balance
    if invoice.currency == "SEK" and invoice.booked and expected - paid_amount >= 1:
        shown = {"shop_amount": f"{expected} SEK", "books_amount": f"{paid_amount} SEK"}
        return Finding("DIFFERS_IN_BOOKS", invoice.document_number, {"document": invoice.document_number, **shown})
    if invoice.currency == "SEK" and invoice.booked and not step.credits and invoice.balance <= -1:
        # Somebody booked a payment too, and we had started ours.
        shown = {"shop_amount": "0 SEK", "books_amount": f"{invoice.balance} SEK"}
        unpaid = f"{invoice.document_number} (obetalt)"
        return Finding("DIFFERS_IN_BOOKS", invoice.document_number, {"document": unpaid, **shown})
    return None
