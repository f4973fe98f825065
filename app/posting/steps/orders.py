"""Steps of companies that work with orders in their ledger: the order, and the invoice that is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.posting.documents import CreateInvoice


@dataclass(frozen=True, slots=True)
class CreateOrder:
    """A Fortnox order that an invoice is then made of, for tenants who work with orders there.

    Its content is the invoice's: what follows in the shop after it was made becomes credit notes and supplements.
    """

    invoice: CreateInvoice

    @property
    def document(self) -> str:
        """Key of the invoice that comes of it."""
        return self.invoice.key

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return order_key(self.document)


def order_key(invoice: str) -> str:
    """Key of the order that an invoice is made of."""
    return f"order:{invoice}"


@dataclass(frozen=True, slots=True)
class InvoiceOrder:
    """Fortnox makes the one invoice of an order; the next step gives it its day and texts."""

    document: str
    """Key of the invoice."""

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:made"
