"""Looking for the invoice that others made of an order: other integrations put its name where they like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.kit.http.outcome import Refused
from app.ledgers.base import Company, Disagrees, FoundPreExisting, LookFailed, NotThere, StepContext
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.comparison import compare
from app.ledgers.fortnox.invoices import invoice_remote, read_invoice
from app.ledgers.fortnox.wire import WireInvoice, WireInvoiceListRow
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.pre_existing_sales import BookedRows, with_booked_accounts

_PLACES = ("externalinvoicereference1", "externalinvoicereference2", "yourordernumber")
_MOST_READ = 10
"""Invoices of just this amount whose references contain the order's number: more is no sign of the right one."""


def find_pre_existing(
    client: FortnoxClient,
    company: Company,
    sale: CreateInvoice,
    names: Sequence[str],
    number: str,
    context: StepContext,
    *,
    but: str = "",
) -> FoundPreExisting | NotThere | Disagrees | LookFailed:
    """The one booked, paid and uncredited invoice of the sale's amount that names it in one of its references.

    `names`: what the order may be called, the shop's own name first: our prefix is on no invoice of others. `number`: a
    person named the invoice, and only that one is looked at. `but`: those with just this first reference are left out.
    """
    stem = names[0].strip().lstrip("#")
    try:
        likely = [number] if number else _listed(client, company, sale, stem)
    except ListFailedError as error:
        return LookFailed(error.outcome)
    read = [read_invoice(client, company, answer, context) for answer in likely]
    failed = [answer for answer in read if not isinstance(answer, WireInvoice)]
    if failed:
        is_none = number and isinstance(failed[0], Refused)
        return NotThere() if is_none else LookFailed(failed[0])
    invoices = [answer for answer in read if isinstance(answer, WireInvoice)]
    named = [invoice for invoice in invoices if number or _is_named(invoice, {stem, *names})]
    named = [answer for answer in named if not but or answer.external1 != but]
    if not named:
        return NotThere()
    if len(named) > 1:
        shown = ", ".join(answer.document_number for answer in named)
        return Disagrees(Finding("DUPLICATE_IN_BOOKS", shown, {"reference": sale.reference1, "documents": shown}))
    return _adopted(sale, named[0])


def _listed(client: FortnoxClient, company: Company, sale: CreateInvoice, stem: str) -> list[str]:
    """Numbers of invoices of just this amount that have the order's number somewhere in a reference."""
    rows: dict[str, WireInvoiceListRow] = {}
    for place in _PLACES:
        for listed in client.pages(company, "/3/invoices", "Invoices", {place: stem}):
            row = WireInvoiceListRow.model_validate(listed)
            rows[row.document_number] = row
    return [invoice.document_number for invoice in rows.values() if _may_be(invoice, sale)][:_MOST_READ]


def _may_be(listed: WireInvoiceListRow, sale: CreateInvoice) -> bool:
    """By amount; whole-krona rounding may have moved it."""
    near = abs(listed.total - sale.total.decimal) < 1
    return not listed.cancelled and not listed.is_credit and near and listed.currency == sale.currency


def _is_named(invoice: WireInvoice, names: set[str]) -> bool:
    """Whether a reference names the order as a word of its own: "#1001", "Order 1001", not "11001"."""
    places = (invoice.external1, invoice.external2, invoice.your_order_number)
    words = {word for place in places for word in re.split(r"[^0-9A-Za-zÅÄÖåäö]+", place)}
    return bool(words & names) or bool(set(places) & names)


def _adopted(sale: CreateInvoice, invoice: WireInvoice) -> FoundPreExisting | Disagrees:
    stands = invoice.booked and not invoice.cancelled and not invoice.credit
    is_finished = stands and not invoice.balance and not invoice.credit_reference
    remapped = with_booked_accounts(sale, _standing(invoice)) if is_finished and not compare(sale, invoice) else None
    if remapped is None:
        shown = {"document": invoice.document_number, "order": sale.reference1, "amount": str(sale.total)}
        return Disagrees(Finding("REFUND_OF_EARLIER_INVOICE", invoice.document_number, shown))
    sale = replace(remapped, customer_number=invoice.customer_number, day=invoice.invoice_date or sale.day)
    return FoundPreExisting(sale, {**invoice_remote(invoice), "adopted": True})


def _standing(invoice: WireInvoice) -> list[BookedRows]:
    """The invoice's rows by account and rate, VAT included."""
    sums: dict[tuple[int, Decimal], tuple[Decimal, int]] = {}
    for row in invoice.rows:
        if not row.account_number or not row.total:
            continue
        rate = row.vat or Decimal(0)
        gross = row.total if invoice.vat_included else row.total * (1 + rate / 100)
        so_far, count = sums.get((row.account_number, rate), (Decimal(0), 0))
        sums[row.account_number, rate] = (so_far + gross, count + 1)
    return [BookedRows(account, rate, gross, count) for (account, rate), (gross, count) in sums.items()]
