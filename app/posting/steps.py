"""The steps of a plan: customer and article records, documents and what is done with them, payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import overload

from app.kit.money import Money
from app.model.order import NO_ADDRESS, Address, WriteOff, sum_of
from app.posting.documents import MAIN, CreateInvoice
from app.posting.mailing import MailInvoice
from app.posting.provisioning import EnsureCurrency, EnsureWayOfDelivery
from app.posting.report_steps import ConnectReport, UploadReport
from app.posting.vouchers import CreateVoucher


@dataclass(frozen=True, slots=True)
class EnsureCustomer:
    """The customer record must exist under a number that we choose: "already there" means done."""

    number: str
    name: str
    name_rule: str
    """Which fallback gave the name (`NameRule`)."""
    is_company: bool
    vat_type: str
    currency: str
    email: str = ""
    address: Address = NO_ADDRESS
    vat_number: str = ""
    """Of a business that buys without VAT: Fortnox makes the EC sales list from the customer record."""
    organisation_number: str = ""
    """Of a Swedish company, ten digits with a hyphen; empty when it is not known to be one."""

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"customer:{self.number}"


@dataclass(frozen=True, slots=True)
class EnsureArticle:
    """The article must exist before a row can name it."""

    number: str
    description: str
    account: int

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"article:{self.number}"


@dataclass(frozen=True, slots=True)
class MoveArticle:
    """An article that we made follows its rate: the account on its record is what Fortnox proposes to people.

    No plan has it: it goes before the document, where the record says otherwise.
    """

    number: str
    account: int

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"article:{self.number}:account:{self.account}"


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


@dataclass(frozen=True, slots=True)
class MakeCredit:
    """Fortnox makes the one credit note that it links to an invoice: unbooked, with all rows of the invoice.

    The next step replaces its content by what is really credited; until then it has no effect on any account.
    """

    original: str
    """Key of the invoice."""
    credit: str
    """Key of the document that the next step makes of it."""

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.credit}:made"


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
class ClearWayOfDelivery:
    """A customer record names a way of delivery that was deleted: Fortnox would refuse every document for it.

    No plan has it: it is sent before the document, where the record says so (fortnox-api.md 4, #19).
    """

    customer: str
    """The customer number."""
    way_of_delivery: str
    """The code that the record names and Fortnox does not have."""

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"customer:{self.customer}:way:{self.way_of_delivery}"


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
class PayInvoice:
    """Money proven by one provider transaction pays a document on the provider's clearing account.

    Money that went back pays a credit note with a negative amount.
    """

    transaction_id: str
    amount: Money
    account: int
    role: str
    rounding_account: int
    """Takes Fortnox's whole-krona rounding, so that the document ends at 0 (fortnox-api.md 4, 10)."""
    day: date
    reference: str
    settles: bool
    """True on the payment that leaves nothing open: it also takes the rounding, unless an earlier one did."""
    document: str = MAIN
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
    def key(self) -> str:
        """Key in the posting log: one provider transaction pays one document once."""
        return f"payment:{self.transaction_id}" + ("" if self.document == MAIN else f":{self.document}")

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
class BookPayment:
    """The payment becomes a voucher."""

    payment: str
    """Key of the payment."""
    document: str = MAIN

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.payment}:book"


@dataclass(frozen=True, slots=True)
class ConfirmSettled:
    """After a payment that wrote Fortnox's rounding off: the document must really stand at 0 there. Reads only."""

    document: str = MAIN

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:settled"


Step = (
    EnsureCustomer
    | EnsureArticle
    | EnsureCurrency
    | EnsureWayOfDelivery
    | ClearWayOfDelivery
    | MoveArticle
    | CreateInvoice
    | CreateOrder
    | InvoiceOrder
    | MakeCredit
    | CancelInvoice
    | MarkReady
    | BookInvoice
    | PayInvoice
    | BookPayment
    | ConfirmSettled
    | CreateVoucher
    | MailInvoice
    | UploadReport
    | ConnectReport
)


@overload
def content_of(step: CreateInvoice | CreateOrder) -> CreateInvoice: ...
@overload
def content_of(step: Step) -> CreateInvoice | None: ...
def content_of(step: Step) -> CreateInvoice | None:
    """The document that a step writes, an order's being that of its invoice; None for steps that write none."""
    if isinstance(step, CreateOrder):
        return step.invoice
    return step if isinstance(step, CreateInvoice) else None


def document_of(step: Step) -> str:
    """Key of the document that a step is about; empty for customer and article records."""
    match step:
        case EnsureCustomer() | EnsureArticle() | EnsureCurrency() | EnsureWayOfDelivery():
            return ""
        case ClearWayOfDelivery() | MoveArticle() | CreateOrder():
            return ""
        case InvoiceOrder():
            return order_key(step.document)
        case CreateInvoice():
            return step.credits or step.draft_step
        case MakeCredit():
            return step.original
        case _:
            return step.document
