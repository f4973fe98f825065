"""Look-up of a document that may already stand in Fortnox: after a lost answer or a restore, or made by somebody else.

Search is by substring there (fortnox-api.md 2.2), so exact comparison happens here.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from app.kit.http.outcome import Done, Outcome
from app.ledgers.base import Company, Disagrees, Found, Looked, LookFailed, NotThere, StepContext
from app.ledgers.fortnox.answers import (
    booked_payment_remote,
    compare,
    invoice_remote,
    ours_or_not,
    payment_remote,
    ready_remote,
)
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.lookup.orders import find_order
from app.ledgers.fortnox.lookup.records import find_record
from app.ledgers.fortnox.lookup.reports import find_report
from app.ledgers.fortnox.lookup.vouchers import find_voucher
from app.ledgers.fortnox.render import Call, Context, document_path, number_in_path, payment_day
from app.ledgers.fortnox.text import clean
from app.ledgers.fortnox.wire import WireInvoice, WireInvoiceListRow, WirePayment
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.references import MAIN, DocumentRef, Form, PaymentRef
from app.posting.steps import (
    BookInvoice,
    BookPayment,
    CancelInvoice,
    ClearWayOfDelivery,
    ConfirmSettled,
    ConnectReport,
    CreateOrder,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    InvoiceOrder,
    MailInvoice,
    MakeCredit,
    MarkReady,
    MoveArticle,
    PayInvoice,
    Step,
    UploadReport,
)
from app.posting.vouchers import CreateVoucher


def find(client: FortnoxClient, company: Company, step: Step, context: StepContext) -> Looked:
    """Whether a step's document is there. Reads only."""
    match step:
        case (
            EnsureCustomer() | EnsureArticle() | EnsureCurrency() | EnsureWayOfDelivery()
            | ClearWayOfDelivery() | MoveArticle()
        ):  # fmt: skip
            return find_record(client, company, step, context)
        case CreateOrder() | InvoiceOrder():
            return find_order(client, company, step, context)
        case CreateInvoice() | MakeCredit():
            return _find_document(client, company, step, context)
        case CancelInvoice() | MarkReady() | BookInvoice() | MailInvoice():
            return _find_state(client, company, step, context)
        case CreateVoucher():
            return find_voucher(client, company, step, context)
        case UploadReport() | ConnectReport():
            return find_report(client, company, step, context)
        case ConfirmSettled():
            return NotThere()  # it only reads: read again
        case PayInvoice() | BookPayment():
            return _find_paid(client, company, step, context)


def _find_paid(client: FortnoxClient, company: Company, step: PayInvoice | BookPayment, context: StepContext) -> Looked:
    if isinstance(step, PayInvoice):
        return _find_payment(client, company, step, context)
    return _find_booked_payment(client, company, step, context)


def _find_document(
    client: FortnoxClient, company: Company, step: CreateInvoice | MakeCredit, context: StepContext
) -> Looked:
    if isinstance(step, MakeCredit):
        return _find_credit(client, company, step, context)
    if step.from_draft:
        return _find_content(client, company, step, context)
    return _find_by_reference(client, company, step, context)


def read_invoice(client: FortnoxClient, company: Company, number: str, context: StepContext) -> WireInvoice | Outcome:
    """One invoice as it stands, or why it could not be read."""
    call = Call("GET", f"/3/invoices/{number_in_path(number)}")
    outcome = client.call(company, call, observe=context.observe)
    return WireInvoice.model_validate(outcome.data["Invoice"]) if isinstance(outcome, Done) else outcome


def _find_state(
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


def _find_credit(client: FortnoxClient, company: Company, step: MakeCredit, context: StepContext) -> Looked:
    """The credit note that the invoice itself names: there is only ever one (fortnox-api.md 4, 1)."""
    invoice = read_invoice(client, company, str(context.results[step.original]["number"]), context)
    if not isinstance(invoice, WireInvoice):
        return LookFailed(invoice)
    number = invoice.credit_reference
    return Found({"number": number}) if number else NotThere()


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


def _find_payment(client: FortnoxClient, company: Company, step: PayInvoice, context: StepContext) -> Looked:
    """Payments have no reference: an equal one on our account that the posting log does not know is ours.

    An invoice that was adopted with nothing open was paid by somebody else on a day of theirs; it is not paid again.
    """
    document = context.results[step.document]
    number = str(document["number"])
    is_paid = Decimal(document.get("balance") or 1) == 0 and Decimal(document["total"]) != 0
    try:
        rows = list(client.pages(company, "/3/invoicepayments", "InvoicePayments", {"invoicenumber": number}))
    except ListFailedError as error:
        return LookFailed(error.outcome)
    known_numbers = {
        str(remote.get("number")) for ref, remote in context.results.items() if isinstance(ref, PaymentRef)
    }
    listed = [WirePayment.model_validate(row) for row in rows]
    unknown = [
        payment for payment in listed if payment.invoice_number == number and payment.number not in known_numbers
    ]
    day = payment_day(step, Context(context.results, late_payments=context.late_payments))
    equal = [payment for payment in unknown if _equal(payment, step, day, any_day=is_paid)]
    ours = [payment for payment in equal if payment.mode_account in {"", str(step.account)}]
    if ours:
        return Found(payment_remote(ours[0], step))
    about = f"{number} {step.key}"
    shown = {"document": number, "shop_amount": str(step.amount)}
    if equal:
        # The same money on another account: a person booked the payment while we did not know whether we had.
        theirs = f"{equal[0].amount} ({equal[0].mode_account})"
        return Disagrees(Finding("DIFFERS_IN_BOOKS", about, {**shown, "books_amount": theirs}))
    return Disagrees(Finding("DIFFERS_IN_BOOKS", about, {**shown, "books_amount": "0"})) if is_paid else NotThere()


def _equal(payment: WirePayment, step: PayInvoice, day: date, *, any_day: bool) -> bool:
    same_day = any_day or payment.payment_date in (step.day, day)
    if step.amount.currency != "SEK":
        return same_day and (payment.amount > 0) == (step.amount.minor > 0)
    return same_day and payment.amount == step.money.decimal


def _find_booked_payment(client: FortnoxClient, company: Company, step: BookPayment, context: StepContext) -> Looked:
    number = context.results[step.payment]["number"]
    call = Call("GET", f"/3/invoicepayments/{number_in_path(number)}")
    outcome = client.call(company, call, observe=context.observe)
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    payment = WirePayment.model_validate(outcome.data["InvoicePayment"])
    return Found(booked_payment_remote(payment)) if payment.booked else NotThere()
