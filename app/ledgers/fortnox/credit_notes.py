"""Credit notes: the one that Fortnox makes of an invoice and links to it, and those that stand alone."""

from __future__ import annotations

from typing import Any

from app.kit.http.outcome import Done, Unknown
from app.ledgers.base import Company, Found, Looked, LookFailed, NotThere, Results, Sent, StepContext, kronor_for_one
from app.ledgers.fortnox.call import Call, Context, invoice_path
from app.ledgers.fortnox.client import FortnoxClient
from app.ledgers.fortnox.content import document_row, exact, remarks
from app.ledgers.fortnox.invoices import invoice_fields, read_invoice
from app.ledgers.fortnox.text import clean
from app.ledgers.fortnox.wire import WireInvoice
from app.posting.documents import CreateInvoice
from app.posting.steps import MakeCredit


def build(step: CreateInvoice, context: Context) -> Call:
    """The request that makes a credit note, or gives its content to the one that Fortnox made."""
    if step.from_draft:
        return Call("PUT", invoice_path(step.ref.draft, context.results), {"Invoice": _credit_content(step, context)})
    return Call("POST", "/3/invoices", {"Invoice": invoice_fields(step, context) | _rate_of_sale(step, context)})


def _credit_content(step: CreateInvoice, context: Context) -> dict[str, Any]:
    """The content of the credit note that Fortnox made: buyer, currency and rate it took from the invoice itself.

    Rows match by position and what is left out stays (fortnox-api.md 3.4): every row says everything.
    """
    return {
        "InvoiceDate": step.day.isoformat(),
        "DueDate": step.day.isoformat(),
        "ExternalInvoiceReference1": clean(step.reference1, 80),
        "ExternalInvoiceReference2": clean(step.reference2, 80),
        "Remarks": clean(remarks(step, context), 1024),
        "InvoiceRows": [{"Discount": 0, "ArticleNumber": None, **document_row(row, context)} for row in step.rows],
    }


def _rate_of_sale(step: CreateInvoice, context: Context) -> dict[str, Any]:
    """A credit note takes the exchange rate of the sale (accounting.md 2.6)."""
    if step.currency == "SEK" or step.credits is None:
        return {}
    sale = context.results[step.credits]
    return {"CurrencyRate": exact(kronor_for_one(sale)), "CurrencyUnit": 1}


def build_draft(step: MakeCredit, context: Context) -> Call:
    """The request by which Fortnox makes the credit note of an invoice."""
    return Call("PUT", f"{invoice_path(step.original, context.results)}/credit")


def find_draft(client: FortnoxClient, company: Company, step: MakeCredit, context: StepContext) -> Looked:
    """The credit note that the invoice itself names: there is only ever one (fortnox-api.md 4, 1)."""
    invoice = read_invoice(client, company, str(context.results[step.original]["number"]), context)
    if not isinstance(invoice, WireInvoice):
        return LookFailed(invoice)
    number = invoice.credit_reference
    return Found({"number": number}) if number else NotThere()


def read_draft(_step: MakeCredit, done: Done, _results: Results) -> Sent:
    """The number of the credit note: the answer may show it or the invoice (unknown, fortnox-api.md 7.6)."""
    shown = WireInvoice.model_validate(done.data["Invoice"])
    number = shown.document_number if shown.credit else shown.credit_reference
    return Sent(done, {"number": number}) if number else Sent(Unknown("credit note not named", done.status))
