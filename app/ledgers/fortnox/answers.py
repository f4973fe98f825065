"""What the posting log keeps of Fortnox's answers, and the comparison of a written document to the öre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.ledgers.base import Disagrees, Found, Remote, Results
from app.ledgers.fortnox.credit_discount import lacks_discount
from app.ledgers.fortnox.wire import WireInvoice, WireOrder, WirePayment, WireVoucher
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.references import DocumentRef, PaymentRef
from app.posting.steps import BookPayment, PayInvoice


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


def order_remote(order: WireOrder) -> dict[str, Any]:
    """What later steps need of a Fortnox order."""
    return {"number": order.document_number, "ready": order.warehouse_ready}


def ready_remote(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the posting log keeps of the mark "ready", whichever document has it."""
    shown = data.get("Invoice") or data["Order"]
    return {"number": str(shown["DocumentNumber"]), "ready": True}


def payment_remote(payment: WirePayment, step: PayInvoice) -> dict[str, Any]:
    """What later steps need of a payment: `paid` in the invoice's currency, `kronor` as Fortnox booked it (or none)."""
    remote = {"number": payment.number, "paid": str(step.amount.decimal), "account": step.account}
    return remote | ({"kronor": str(payment.amount)} if payment.amount else {})


def booked_payment_remote(payment: WirePayment) -> dict[str, Any]:
    """What people need of a booked payment: its voucher."""
    voucher = f"{payment.voucher_series}{payment.voucher_number}" if payment.voucher_number else ""
    return {"number": payment.number, "voucher": voucher}


def voucher_remote(voucher: WireVoucher) -> dict[str, Any]:
    """What people need of a voucher: numbers begin anew with every financial year."""
    name = f"{voucher.series}{voucher.number}"
    return {"number": name, "voucher": name, "voucher_year": voucher.year}


def compare(step: CreateInvoice, invoice: WireInvoice | WireOrder) -> list[Finding]:
    """Differences between what we asked for and what stands there, before it is booked: öre, VAT, quantities."""
    number = invoice.document_number
    if step.credits and isinstance(invoice, WireInvoice) and (undiscounted := lacks_discount(step, invoice)):
        return undiscounted
    quantity = sum(row.quantity for row in step.rows)
    got = sum(row.delivered_quantity for row in invoice.rows)
    if got < quantity and (article := _lowered(step, invoice)):
        return [Finding("FORTNOX_WAREHOUSE_ZEROED", number, {"document": number, "article": article})]
    findings = []
    if invoice.currency_unit != 1:
        shown = {"document": number, "currency": invoice.currency, "unit": f"{invoice.currency_unit:f}"}
        findings.append(Finding("FORTNOX_CURRENCY_UNIT", invoice.currency, shown))
    stands = invoice.total - invoice.round_off
    if stands != step.total.decimal or invoice.currency != step.currency:
        shown = {"document": number, "shop_amount": str(step.total), "books_amount": f"{stands} {invoice.currency}"}
        findings.append(Finding("FORTNOX_TOTAL_DIFFERS", number, shown))
    # One öre per row is what rounding per row instead of per rate can make (accounting.md T2).
    if abs(invoice.total_vat - step.total_vat.decimal) * 100 > len(step.rows):
        amounts = {"shop_amount": str(step.total_vat), "books_amount": f"{invoice.total_vat} {invoice.currency}"}
        shown = {"document": f"{number} (moms)", **amounts}
        findings.append(Finding("FORTNOX_TOTAL_DIFFERS", f"{number} moms", shown))
    if step.credits and isinstance(invoice, WireInvoice):
        findings += oss_unlike(step, invoice)
    return findings


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


def of_booked(findings: Sequence[Finding], invoice: WireInvoice | WireOrder) -> tuple[Finding, ...]:
    """What differs on a document, in the words for one that is booked: it cannot be corrected or cancelled any more."""
    if not (isinstance(invoice, WireInvoice) and invoice.booked):
        return tuple(findings)
    return tuple(_as_booked(finding) if finding.code == "FORTNOX_TOTAL_DIFFERS" else finding for finding in findings)


def _as_booked(draft: Finding) -> Finding:
    values = draft.data
    shown = {"shop_amount": values["shop_amount"], "books_amount": values["books_amount"]}
    return Finding("DIFFERS_IN_BOOKS", draft.about, {"document": values["document"], **shown})


def ours_or_not(remote: Remote, differing: Sequence[Finding]) -> Found | Disagrees:
    """A document under our reference: what the warehouse module emptied is ours; what differs otherwise may not be."""
    if not differing:
        return Found(remote)
    emptied = tuple(finding for finding in differing if finding.code == "FORTNOX_WAREHOUSE_ZEROED")
    return Found(remote, emptied) if emptied else Disagrees(differing[0])


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


def payments_on(document: DocumentRef, results: Results) -> list[tuple[PaymentRef, Remote]]:
    """The payments of one document, each with its answer."""
    payments = ((ref, remote) for ref, remote in results.items() if isinstance(ref, PaymentRef) and "paid" in remote)
    return [(ref, remote) for ref, remote in payments if ref.document == document]


def oss_unlike(step: CreateInvoice, credit: WireInvoice) -> list[Finding]:
    """Rows of a credit note that do not have the account and the VAT rate of the OSS rows that it credits.

    `step` is the credit note as we asked for it, or the invoice that somebody else credited.
    """
    oss_pairs = {(row.account, row.vat_percent) for row in step.rows if row.role.startswith("oss_")}
    other_pairs = {(row.account, row.vat_percent) for row in step.rows} - oss_pairs
    if not oss_pairs:
        return []
    stands = ((row.account_number, row.vat) for row in credit.rows if row.delivered_quantity and row.account_number)
    unlike = [pair for pair in stands if pair not in oss_pairs and pair not in other_pairs]
    if not unlike:
        return []
    account, rate = min(oss_pairs)
    data = {"document": credit.document_number, "account": str(account), "rate": f"{rate.normalize():f}"}
    return [Finding("OSS_NOT_APPLIED_TO_CREDIT_NOTES", credit.document_number, data)]


def _lowered(step: CreateInvoice, invoice: WireInvoice | WireOrder) -> str:
    """The article (or text) of the first row that the warehouse module lowered; empty where it is not the one."""
    pairs = zip(step.rows, invoice.rows, strict=False)
    # Without the module every document is ready from the start (R): then it was not the warehouse that took some.
    in_part = not invoice.warehouse_ready
    lowered = (
        planned
        for planned, got in pairs
        if got.delivered_quantity == 0 < planned.quantity or (in_part and 0 < got.delivered_quantity < planned.quantity)
    )
    return next((planned.article_number or planned.description for planned in lowered), "")
