"""Payments of invoices and credit notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from app.kit.http.outcome import Done
from app.kit.money import round_half_up
from app.ledgers.base import (
    Company,
    Disagrees,
    Found,
    Looked,
    LookFailed,
    NotThere,
    Remote,
    Results,
    Sent,
    StepContext,
    invoice_day,
    kronor_for_one,
)
from app.ledgers.fortnox.call import Call, Context, number_in_path
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.content import exact
from app.ledgers.fortnox.text import clean
from app.ledgers.fortnox.wire import WirePayment
from app.model.finding import Finding
from app.posting.references import DocumentRef, PaymentRef
from app.posting.steps import BookInvoice, BookPayment, PayInvoice


def build(step: PayInvoice, context: Context) -> Call:
    """The request that makes a payment."""
    return Call("POST", "/3/invoicepayments", {"InvoicePayment": _payment(step, context)})


def _payment(step: PayInvoice, context: Context) -> dict[str, Any]:
    invoice = context.results[step.document]
    paid = step.amount.decimal
    fields: dict[str, Any] = {
        "InvoiceNumber": int(invoice["number"]),
        "PaymentDate": payment_day(step, context).isoformat(),
        "ModeOfPaymentAccount": step.account,
        "ExternalInvoiceReference1": clean(step.reference, 80),
    }
    if step.mode:
        fields["ModeOfPayment"] = step.mode
    if step.amount.currency == "SEK":
        fields["Amount"] = step.money.decimal
    else:
        rate = kronor_for_one(invoice)
        # What the provider holds in a third currency says nothing of kronor.
        in_kronor = step.settled is not None and step.settled.currency == "SEK"
        fields |= {
            "Amount": step.settled.decimal if step.settled and in_kronor else round_half_up(paid * rate),
            "AmountCurrency": paid,
            "Currency": step.amount.currency,
            "CurrencyRate": exact(rate),
            "CurrencyUnit": 1,
        }
    write_off = open_after(step, context) if step.settles else Decimal(str(invoice.get("round_off") or 0))
    write_offs = [
        {"Amount": write_off.amount.decimal, "AccountNumber": write_off.account} for write_off in step.all_write_offs
    ]
    if step.takes_rounding and write_off:
        write_offs.append({"Amount": write_off, "AccountNumber": step.rounding_account})
    return fields | ({"WriteOffs": write_offs} if write_offs else {})


def build_booking(step: BookPayment, context: Context) -> Call:
    """The request that books a payment."""
    number = number_in_path(context.results[step.payment]["number"])
    return Call("PUT", f"/3/invoicepayments/{number}/bookkeep")


def payment_day(step: PayInvoice, context: Context) -> date:
    """The day that a payment gets: its own, or its invoice's where a person said so (fortnox-api.md 4, #7)."""
    if step.transaction_id not in context.late_payments:
        return step.day
    return max(step.day, invoice_day(step.document, context.results) or step.day)


def open_after(step: PayInvoice, context: Context) -> Decimal:
    """What all payments of a document leave open of Fortnox's total: its whole-krona rounding, with its sign."""
    paid = (Decimal(remote["paid"]) for _payment, remote in payments_on(step.document, context.results))
    earlier = sum(paid, Decimal(0))
    return Decimal(context.results[step.document]["total"]) - earlier - step.amount.decimal


def payments_on(document: DocumentRef, results: Results) -> list[tuple[PaymentRef, Remote]]:
    """The payments of one document, each with its answer."""
    payments = ((ref, remote) for ref, remote in results.items() if isinstance(ref, PaymentRef) and "paid" in remote)
    return [(ref, remote) for ref, remote in payments if ref.document == document]


def unfit(step: PayInvoice, context: StepContext) -> Finding | None:
    """Why a payment is held back before it is sent: its invoice stands in Fortnox otherwise than it was planned."""
    shown = {**context.results[step.document], **context.results.get(BookInvoice(step.document).ref, {})}
    currency = str(shown.get("currency") or step.amount.currency)
    if currency != step.amount.currency:
        data = {"payment_currency": step.amount.currency, "currency": currency}
        return Finding("FORTNOX_CURRENCY_MISMATCH", step.transaction_id, data)
    day = invoice_day(step.document, context.results)
    if day and step.day < day and step.transaction_id not in context.late_payments:
        data = {"date": step.day.isoformat(), "invoice_date": day.isoformat()}
        return Finding("FORTNOX_PAYMENT_DATE", step.transaction_id, data)
    return _more_than_rounding(step, context)


def _more_than_rounding(step: PayInvoice, context: StepContext) -> Finding | None:
    """A settling payment may leave Fortnox's whole-unit rounding open and nothing else: more is no öre to write off."""
    still_open = open_after(step, Context(context.results))
    if not step.settles or abs(still_open) < 1:
        return None
    invoice = context.results[step.document]
    paid = Decimal(invoice["total"]) - still_open
    shown = {
        "document": str(invoice["number"]),
        "shop_amount": f"{paid} {step.amount.currency}",
        "books_amount": f"{invoice['total']} {step.amount.currency}",
    }
    return Finding("DIFFERS_IN_BOOKS", f"{invoice['number']} {step.key}", shown)


def find(client: FortnoxClient, company: Company, step: PayInvoice, context: StepContext) -> Looked:
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


def find_booking(client: FortnoxClient, company: Company, step: BookPayment, context: StepContext) -> Looked:
    """Whether the payment is booked."""
    number = context.results[step.payment]["number"]
    call = Call("GET", f"/3/invoicepayments/{number_in_path(number)}")
    outcome = client.call(company, call, observe=context.observe)
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    payment = WirePayment.model_validate(outcome.data["InvoicePayment"])
    return Found(booked_payment_remote(payment)) if payment.booked else NotThere()


def read(step: PayInvoice, done: Done, _results: Results) -> Sent:
    """The payment as Fortnox made it."""
    return Sent(done, payment_remote(WirePayment.model_validate(done.data["InvoicePayment"]), step))


def read_booking(_step: BookPayment, done: Done, _results: Results) -> Sent:
    """The payment as Fortnox booked it."""
    return Sent(done, booked_payment_remote(WirePayment.model_validate(done.data["InvoicePayment"])))


def payment_remote(payment: WirePayment, step: PayInvoice) -> dict[str, Any]:
    """What later steps need of a payment: `paid` in the invoice's currency, `kronor` as Fortnox booked it (or none)."""
    remote = {"number": payment.number, "paid": str(step.amount.decimal), "account": step.account}
    return remote | ({"kronor": str(payment.amount)} if payment.amount else {})


def booked_payment_remote(payment: WirePayment) -> dict[str, Any]:
    """What people need of a booked payment: its voucher."""
    voucher = f"{payment.voucher_series}{payment.voucher_number}" if payment.voucher_number else ""
    return {"number": payment.number, "voucher": voucher}
