"""The plan: what should stand in the books for one order. A plan that does not balance cannot be constructed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.domain.commerce import NO_ADDRESS, Address
from app.domain.findings import Finding
from app.domain.money import Money, total, vat_out_of_gross


class UnbalancedPlanError(ValueError):
    """Rows and total, or debit and credit, differ: a fault of ours, never sent."""

    def __init__(self, what: str, left: Money, right: Money) -> None:
        super().__init__(f"{what}: {left} is not {right}")
        self.what, self.left, self.right = what, left, right


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One row: quantity × unit price = total exactly, VAT included (there is none where prices are net)."""

    account: int
    role: str
    description: str
    quantity: int
    unit_price: Money
    vat_percent: Decimal
    article_number: str | None = None
    why: str = ""
    """Key of the rule that made the row (`domestic_goods`, `gift_card` …): pages say it in the reader's language."""

    @property
    def amount(self) -> Money:
        """The row's total, VAT included."""
        return Money(self.unit_price.minor * self.quantity, self.unit_price.currency)


@dataclass(frozen=True, slots=True)
class VatGroup:
    """One rate of an invoice: VAT is taken out of the gross once per rate, as Fortnox does."""

    vat_percent: Decimal
    gross: Money
    vat_account: int | None

    @property
    def vat(self) -> Money:
        """The VAT inside, half up."""
        return vat_out_of_gross(self.gross, self.vat_percent)

    @property
    def net(self) -> Money:
        """Gross less VAT."""
        return self.gross - self.vat


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of an expected voucher; exactly one of debit and credit is not zero."""

    account: int
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class ExpectedVoucher:
    """A voucher Fortnox will make of a step. Debit equals credit, or it cannot be constructed (T1)."""

    day: date
    text: str
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if not self.entries:
            raise ValueError(f"voucher {self.text!r} has no rows")
        currency = self.entries[0].debit.currency
        debit = total((entry.debit for entry in self.entries), currency)
        credit = total((entry.credit for entry in self.entries), currency)
        if debit != credit:
            raise UnbalancedPlanError(f"voucher {self.text!r} debit and credit", debit, credit)


@dataclass(frozen=True, slots=True)
class EnsureCustomer:
    """The customer card must exist under a number that we choose: "already there" means done."""

    number: str
    name: str
    name_rule: str
    """Which fallback gave the name (billing company, shipping name …)."""
    is_company: bool
    vat_type: str
    currency: str
    email: str = ""
    address: Address = NO_ADDRESS
    vat_number: str = ""
    """Of a business that buys without VAT: the EC sales list is made from the card."""

    @property
    def key(self) -> str:
        """Journal key."""
        return f"customer:{self.number}"


@dataclass(frozen=True, slots=True)
class EnsureArticle:
    """The article must exist before a row can name it."""

    number: str
    description: str
    account: int

    @property
    def key(self) -> str:
        """Journal key."""
        return f"article:{self.number}"


@dataclass(frozen=True, slots=True)
class CreateInvoice:
    """An invoice whose rows add up to the shop's total to the öre.

    Prices include VAT; net prices are only for sales that carry none, so that both styles add up the same.
    """

    customer_number: str
    customer_name: str
    currency: str
    day: date
    rows: tuple[InvoiceRow, ...]
    total: Money
    vat: tuple[VatGroup, ...]
    reference1: str
    """The shop's order name: what people and look-ups search (ExternalInvoiceReference1)."""
    reference2: str
    """The payment id: what payouts are matched on (ExternalInvoiceReference2)."""
    bill_to: Address = NO_ADDRESS
    ship_to: Address = NO_ADDRESS
    way_of_delivery: str = ""
    terms_of_payment: str = ""
    cost_center: str | None = None
    your_order_number: str = ""
    vat_included: bool = True
    text: str = ""
    """What the law wants on the document (reverse charge)."""
    key: str = "invoice"

    def __post_init__(self) -> None:
        if not self.vat_included and self.total_vat:
            raise UnbalancedPlanError("VAT on net prices", self.total_vat, Money.zero(self.currency))
        rows = total((row.amount for row in self.rows), self.currency)
        if rows != self.total:
            raise UnbalancedPlanError("invoice rows and total", rows, self.total)
        groups = total((group.gross for group in self.vat), self.currency)
        if groups != self.total:
            raise UnbalancedPlanError("VAT groups and total", groups, self.total)
        for group in self.vat:
            at_rate = total((row.amount for row in self.rows if row.vat_percent == group.vat_percent), self.currency)
            if at_rate != group.gross:
                raise UnbalancedPlanError(f"rows and VAT group of {group.vat_percent} %", at_rate, group.gross)

    @property
    def total_vat(self) -> Money:
        """The VAT of all rates."""
        return total((group.vat for group in self.vat), self.currency)


@dataclass(frozen=True, slots=True)
class BookInvoice:
    """The invoice becomes a voucher."""

    key: str = "invoice:book"


@dataclass(frozen=True, slots=True)
class PayInvoice:
    """Money proven by one provider transaction pays the invoice on the provider's clearing account."""

    transaction_id: str
    amount: Money
    account: int
    role: str
    rounding_account: int
    """Takes Fortnox's whole-krona rounding, so that the invoice ends at 0 (fortnox-api.md 4, 10)."""
    day: date
    reference: str
    settles: bool
    """True on the payment that leaves nothing open: it also takes the rounding."""

    @property
    def key(self) -> str:
        """Journal key: one provider transaction pays once."""
        return f"payment:{self.transaction_id}"


@dataclass(frozen=True, slots=True)
class BookPayment:
    """The payment becomes a voucher."""

    transaction_id: str

    @property
    def key(self) -> str:
        """Journal key."""
        return f"payment:{self.transaction_id}:book"


@dataclass(frozen=True, slots=True)
class ConfirmSettled:
    """After a payment that wrote Fortnox's rounding off: the invoice must really stand at 0 there. Reads only."""

    key: str = "invoice:settled"


Step = EnsureCustomer | EnsureArticle | CreateInvoice | BookInvoice | PayInvoice | BookPayment | ConfirmSettled


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they must be carried out, the vouchers they will make, and notices for people."""

    order_name: str
    rules_version: int
    steps: tuple[Step, ...]
    vouchers: tuple[ExpectedVoucher, ...] = ()
    notices: tuple[Finding, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.vouchers:
            invoice = self.invoice
            booked = total((entry.debit for entry in self.vouchers[0].entries), invoice.currency)
            if booked != invoice.total:
                raise UnbalancedPlanError("invoice voucher and invoice", booked, invoice.total)

    @property
    def invoice(self) -> CreateInvoice:
        """The plan's invoice."""
        return next(step for step in self.steps if isinstance(step, CreateInvoice))

    @property
    def payments(self) -> tuple[PayInvoice, ...]:
        """The plan's payments, oldest first."""
        return tuple(step for step in self.steps if isinstance(step, PayInvoice))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing to book yet."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing will be booked, by rule."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Findings stop it before anything is sent."""

    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        if not self.findings:
            raise ValueError("a stop needs a reason")


Decision = Plan | Waiting | Skipped | Stopped


def stopped(findings: Iterable[Finding]) -> Stopped:
    """A stop with its findings, each code and subject named once."""
    unique: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        unique.setdefault((finding.code, finding.about), finding)
    return Stopped(tuple(unique.values()))
