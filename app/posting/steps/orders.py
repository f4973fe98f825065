"""Steps of companies that work with orders in their ledger: the order, and the invoice that is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.posting.documents import CreateInvoice
from app.posting.references import DocumentRef, Referenced


@dataclass(frozen=True, slots=True)
class CreateOrder(Referenced):
    """A Fortnox order that an invoice is then made of, for tenants who work with orders there.

    Its content is the invoice's: what follows in the shop after it was made becomes credit notes and supplements.
    """

    invoice: CreateInvoice

    @property
    def document(self) -> DocumentRef:
        """The invoice that comes of it."""
        return self.invoice.ref

    @property
    def ref(self) -> DocumentRef:
        """Names the step."""
        return self.document.order


@dataclass(frozen=True, slots=True)
class InvoiceOrder(Referenced):
    """Fortnox makes the one invoice of an order; the next step gives it its day and texts."""

    document: DocumentRef
    """The invoice."""

    @property
    def ref(self) -> DocumentRef:
        """Names the step."""
        return self.document.draft
