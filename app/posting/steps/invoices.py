"""What is done with an invoice or credit note that was made: marked, booked, cancelled, mailed, checked."""

from __future__ import annotations

from dataclasses import dataclass

from app.posting.references import MAIN, Action, ActionRef, DocumentRef, Referenced


@dataclass(frozen=True, slots=True)
class MarkReady(Referenced):
    """A company with the warehouse module gets the mark "ready" before a document is booked, or an order invoiced.

    It says that the goods have left, and locks the document: everything else is done before (fortnox-api.md 3.16).
    No plan has it: whether a document needs it is known from Fortnox's answer to the document itself.
    """

    document: DocumentRef
    """The invoice, the credit note, or the order."""

    @property
    def ref(self) -> ActionRef:
        """Names the step."""
        return ActionRef(Action.READY, self.document)


@dataclass(frozen=True, slots=True)
class BookInvoice(Referenced):
    """The document becomes a voucher."""

    document: DocumentRef = MAIN

    @property
    def ref(self) -> ActionRef:
        """Names the step."""
        return ActionRef(Action.BOOK, self.document)


@dataclass(frozen=True, slots=True)
class CancelInvoice(Referenced):
    """An invoice that is not booked is cancelled: an order that changed before its booking gets a new one."""

    document: DocumentRef
    """The document, the order, or the draft of a credit note whose content never came."""

    @property
    def ref(self) -> ActionRef:
        """Names the step."""
        return ActionRef(Action.CANCEL, self.document)


@dataclass(frozen=True, slots=True)
class MailInvoice(Referenced):
    """Fortnox mails the invoice to the buyer. It is not idempotent: it is looked up before it is repeated."""

    document: DocumentRef

    @property
    def ref(self) -> ActionRef:
        """Names the step."""
        return ActionRef(Action.MAIL, self.document)


@dataclass(frozen=True, slots=True)
class ConfirmSettled(Referenced):
    """After a payment that wrote Fortnox's rounding off: the document must really stand at 0 there. Reads only."""

    document: DocumentRef = MAIN

    @property
    def ref(self) -> ActionRef:
        """Names the step."""
        return ActionRef(Action.CONFIRM, self.document)
