"""Money on documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.kit.money import Money
from app.model.order import WriteOff, sum_of
from app.posting.references import MAIN, Action, ActionRef, DocumentRef, MoneySource, PaymentRef, Referenced


@dataclass(frozen=True, slots=True)
class PayInvoice(Referenced):
    """Money proven by one provider transaction pays a document on the provider's clearing account.

    Money that went back pays a credit note with a negative amount.
    """

    source: MoneySource
    amount: Money
    account: int
    role: str
    rounding_account: int
    """Takes Fortnox's whole-krona rounding, so that the document ends at 0 (fortnox-api.md 4, 10)."""
    day: date
    reference: str
    settles: bool
    """True on the payment that leaves nothing open: it also takes the rounding, unless an earlier one did."""
    document: DocumentRef = MAIN
    settled: Money | None = None
    """What the clearing account gets in kronor where the provider converted; Fortnox books the rest as exchange
    difference (acc-28)."""
    rounding: Money | None = None
    """Cash rounding inside `amount`: it pays nothing of the document (acc-23)."""
    whole: Money | None = None
    """What the whole transaction moved, of which this payment may be a part; None: just this."""
    mode: str = ""
    """Fortnox's code of the mode of payment; empty: Fortnox's own default. The account is ours in any case."""
    rounds: bool | None = None
    """Whether it takes the rounding though it does not settle, or does not though it settles; None: as it settles."""
    write_offs: tuple[WriteOff, ...] = ()
    """The provider's fee inside `amount`: it pays the document, and never reached the clearing account."""
    difference: WriteOff | None = None
    """What conversion or rounding makes between the money and what it pays, inside `amount` like a fee."""

    @property
    def takes_rounding(self) -> bool:
        """Whether Fortnox's whole-krona rounding is written off with it."""
        return self.settles if self.rounds is None else self.rounds

    @property
    def ref(self) -> PaymentRef:
        """Names the step."""
        return PaymentRef(self.source, self.document)

    @property
    def transaction_id(self) -> str:
        """By which balances, answers and findings know its source."""
        return self.source.id

    @property
    def money(self) -> Money:
        """What moves on the clearing account."""
        return self.amount - sum_of(self.all_write_offs, self.amount.currency)

    @property
    def taken(self) -> Money:
        """What it uses of its transaction: a fee is inside that, a difference is not."""
        return self.amount - self.difference.amount if self.difference else self.amount

    @property
    def all_write_offs(self) -> tuple[WriteOff, ...]:
        """What closes the document without having moved."""
        return (*self.write_offs, self.difference) if self.difference else self.write_offs

    @property
    def closes(self) -> Money:
        """What it pays of the document."""
        return self.amount - self.rounding if self.rounding else self.amount


@dataclass(frozen=True, slots=True)
class BookPayment(Referenced):
    """The payment becomes a voucher."""

    payment: PaymentRef

    @property
    def document(self) -> DocumentRef:
        """The document that it pays."""
        return self.payment.document

    @property
    def ref(self) -> ActionRef:
        """Names the step."""
        return ActionRef(Action.BOOK, self.payment)
