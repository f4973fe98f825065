"""Documents that Fortnox makes of another: a credit note of an invoice, an invoice of an order."""

from __future__ import annotations

from dataclasses import replace

from app.posting.documents import CreateInvoice
from app.posting.steps import CreateOrder, InvoiceOrder, MakeCredit, Step


def of_order(invoice: CreateInvoice) -> CreateInvoice:
    """The invoice as one that Fortnox makes of an order there."""
    return replace(invoice, from_draft=True)


def made_of(document: CreateInvoice) -> list[Step]:
    """The steps by which Fortnox makes the document whose content is then replaced; none where we make it."""
    if not document.from_draft:
        return []
    if document.credits:
        return [MakeCredit(document.credits, document.ref)]
    return [CreateOrder(document), InvoiceOrder(document.ref)]
