"""What is done with an invoice or credit note that was made: marked, booked, cancelled, mailed, checked."""

from __future__ import annotations

from dataclasses import dataclass

from app.posting.documents import MAIN


@dataclass(frozen=True, slots=True)
class MarkReady:
    """A company with the warehouse module gets the mark "ready" before a document is booked, or an order invoiced.

    It says that the goods have left, and locks the document: everything else is done before (fortnox-api.md 3.16).
    No plan has it: whether a document needs it is known from Fortnox's answer to the document itself.
    """

    document: str
    """Key of the invoice, of the credit note, or of the order (`order_key`)."""

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:ready"


@dataclass(frozen=True, slots=True)
class BookInvoice:
    """The document becomes a voucher."""

    document: str = MAIN

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:book"


@dataclass(frozen=True, slots=True)
class CancelInvoice:
    """An invoice that is not booked is cancelled: an order that changed before its booking gets a new one."""

    document: str
    """Key of the step that made it: the document's own, or that of a `MakeCredit` whose content never came."""

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:cancel"


@dataclass(frozen=True, slots=True)
class MailInvoice:
    """Fortnox mails the invoice to the buyer. It is not idempotent: it is looked up before it is repeated."""

    document: str

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:mail"


@dataclass(frozen=True, slots=True)
class ConfirmSettled:
    """After a payment that wrote Fortnox's rounding off: the document must really stand at 0 there. Reads only."""

    document: str = MAIN

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:settled"
