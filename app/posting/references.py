"""References: typed names of documents, payments, vouchers and records, and of the steps that are done with them.

The posting log stores a step under the text `key` of its reference. That text is written here and nowhere else, and
nobody reads it: what is needed of a step later is in its reference (decision 0043).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a document was made: a refund or an edit of the order; neither: the sale itself."""

    refund: str = ""
    """The refund's id."""
    edit: int = 0
    """Which of the order's edits that made documents, counted from 1."""

    @property
    def name(self) -> str:
        """What findings and keys call it."""
        return f"edit-{self.edit}" if self.edit else self.refund


SALE = Reason()


class Form(StrEnum):
    """What of a document is meant: it comes about in one step, or in two at a ledger that makes it of another."""

    DOCUMENT = "document"
    ORDER = "order"
    """The ledger's order that an invoice is made of."""
    DRAFT = "draft"
    """What the ledger made of an order or an invoice, before its content is replaced."""


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Names an invoice or a credit note among those of its order."""

    reason: Reason = SALE
    number: int = 1
    """Which one of those with the same reason (and of the same invoice), counted from 1."""
    credits: DocumentRef | None = None
    """The invoice that it credits; None: it is an invoice."""
    form: Form = Form.DOCUMENT

    @property
    def document(self) -> DocumentRef:
        """The finished document."""
        return replace(self, form=Form.DOCUMENT)

    @property
    def order(self) -> DocumentRef:
        """The ledger's order that it is made of."""
        return replace(self, form=Form.ORDER)

    @property
    def draft(self) -> DocumentRef:
        """What the ledger made for it, before its content is replaced."""
        return replace(self, form=Form.DRAFT)

    @property
    def key(self) -> str:
        """Of the step that makes it."""
        match self.form:
            case Form.ORDER:
                return f"order:{self.document.key}"
            case Form.DRAFT:
                return f"{self.document.key}:made"
            case Form.DOCUMENT if self.credits is None:
                stem = f"invoice:{self.reason.name}" if self.reason != SALE else "invoice"
                return stem if self.number == 1 else f"{stem}:{self.number}"
        name = self.reason.name if self.number == 1 else f"{self.reason.name}#{self.number}"
        return f"credit:{name}" if self.credits == MAIN else f"credit:{name}:{self.credits.key}"


MAIN = DocumentRef()
"""An order's first invoice."""


@dataclass(frozen=True, slots=True)
class MoneySource:
    """What a payment is made of: a provider's transaction, an advance, or another document that is set off against."""

    transaction: str = ""
    """Of a provider."""
    advance: str = ""
    """The transaction by which the money came before its invoice."""
    credit_note: DocumentRef | None = None
    """Of a netting, with the invoice."""
    invoice: DocumentRef | None = None

    @property
    def is_netting(self) -> bool:
        """Whether no money moves."""
        return self.credit_note is not None and self.invoice is not None

    @property
    def id(self) -> str:
        """The text by which balances, answers and findings know it: of a transaction, the provider's own id."""
        if self.credit_note is not None and self.invoice is not None:
            return f"setoff:{self.credit_note.key}>{self.invoice.key}"
        return f"advance:{self.advance}" if self.advance else self.transaction


@dataclass(frozen=True, slots=True)
class PaymentRef:
    """Names a payment: one source pays one document once."""

    source: MoneySource
    document: DocumentRef

    @property
    def key(self) -> str:
        """Of the step that makes it."""
        stem = f"payment:{self.source.id}"
        return stem if self.document == MAIN else f"{stem}:{self.document.key}"


class Action(StrEnum):
    """What is done with a document or a payment that was made."""

    READY = "ready"
    BOOK = "book"
    CANCEL = "cancel"
    MAIL = "mail"
    CONFIRM = "settled"


@dataclass(frozen=True, slots=True)
class ActionRef:
    """Names what is done with a document or a payment: each action once."""

    action: Action
    on: DocumentRef | PaymentRef

    @property
    def key(self) -> str:
        """Of its step."""
        return f"{self.on.key}:{self.action}"


class Purpose(StrEnum):
    """What a voucher of our own is for."""

    ADVANCE_RECEIVED = "advance_received"
    ADVANCE_VAT = "advance_vat"
    """Takes back the VAT of an advance that an invoice uses."""
    ADVANCE_RETURNED = "advance_returned"
    OVER_REFUND = "over_refund"
    CARD_SOLD = "card_sold"
    CARD_REDEEMED = "card_redeemed"
    PAYOUT = "payout"
    PAYOUT_RETURNED = "payout_returned"
    PAYOUT_CORRECTED = "payout_corrected"
    PAYOUT_LINE = "payout_line"
    FEES_OF_MONTH = "fees_of_month"
    DISPUTE = "dispute"
    DISPUTE_LOST = "dispute_lost"
    CUT_OFF = "cut_off"
    CUT_OFF_REVERSED = "cut_off_reversed"
    OSS_PAYMENT = "oss_payment"


@dataclass(frozen=True, slots=True)
class VoucherRef:
    """Names a voucher of our own within its job."""

    purpose: Purpose
    about: str = ""
    """The transaction that it books, the payout's line, the month, or the state that it corrects to."""
    document: DocumentRef | None = None
    """The document whose sale, or whose use of an advance, it goes with."""
    payment: PaymentRef | None = None
    """The payment that it goes with."""
    refund: str = ""
    """The transaction that returned an advance."""

    @property
    def key(self) -> str:
        """Of its step."""
        document = self.document.key if self.document else ""
        payment = self.payment.key if self.payment else ""
        match self.purpose:
            case Purpose.ADVANCE_RECEIVED:
                return f"advance:{self.about}"
            case Purpose.ADVANCE_VAT:
                return f"advance:{self.about}:vat:{document}"
            case Purpose.ADVANCE_RETURNED:
                return f"advance:{self.about}:returned:{self.refund}"
            case Purpose.OVER_REFUND:
                return f"beyond:{self.about}"
            case Purpose.CARD_SOLD:
                return f"{document}:deferral"
            case Purpose.CARD_REDEEMED:
                return f"{payment}:redeemed"
            case Purpose.CUT_OFF_REVERSED:
                return f"cut_off:{self.about}:reversal"
            case _:
                word = _WORDS[self.purpose]
                return f"{word}:{self.about}" if self.about else word


_WORDS = {
    Purpose.PAYOUT: "payout", Purpose.PAYOUT_RETURNED: "returned", Purpose.PAYOUT_CORRECTED: "correction",
    Purpose.PAYOUT_LINE: "line", Purpose.FEES_OF_MONTH: "fees", Purpose.DISPUTE: "dispute",
    Purpose.DISPUTE_LOST: "lost", Purpose.CUT_OFF: "cut_off", Purpose.OSS_PAYMENT: "oss",
}  # fmt: skip
PAYOUT = VoucherRef(Purpose.PAYOUT)
"""The voucher of a payout itself."""
PAYOUT_RETURNED = VoucherRef(Purpose.PAYOUT_RETURNED)
"""The voucher that takes a bounced payout off the bank account."""


class Register(StrEnum):
    """A register of the ledger in which a document's records are."""

    CUSTOMER = "customer"
    ARTICLE = "article"
    CURRENCY = "currency"
    WAY_OF_DELIVERY = "way_of_delivery"


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Names a record of a register, or one change of it."""

    register: Register
    number: str
    changed: str = ""
    """The field that is changed; empty: the record is made."""
    value: str = ""
    """What makes this change another one than the next."""

    @property
    def key(self) -> str:
        """Of its step."""
        made = f"{self.register}:{self.number}"
        return f"{made}:{self.changed}:{self.value}" if self.changed else made


@dataclass(frozen=True, slots=True)
class ReportRef:
    """Names the provider's report of a payout: its upload, or its connection to the voucher."""

    is_connection: bool = False

    @property
    def key(self) -> str:
        """Of its step."""
        return "report:voucher" if self.is_connection else "report"


StepRef = DocumentRef | PaymentRef | ActionRef | VoucherRef | RecordRef | ReportRef


class Referenced:
    """What every step has: a reference, and the key under which the posting log has it."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def ref(self) -> StepRef:
            """Names the step."""

    @property
    def key(self) -> str:
        """The reference as the posting log stores it."""
        return self.ref.key
