"""Invoices and credit notes as Bokbro plans them. One that does not add up cannot be constructed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kit.money import Money, UnbalancedPlanError, total, vat_out_of_gross
from app.model.order import NO_ADDRESS, Address
from app.posting.references import MAIN, DocumentRef, Referenced


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One row: quantity × unit price = total exactly, VAT included (there is none where prices are net).

    A credit has negative quantities and positive prices, as Fortnox has them (fortnox-api.md 4, 3).
    """

    account: int
    role: str
    description: str
    quantity: int
    unit_price: Money
    vat_percent: Decimal
    article_number: str | None = None
    why: str = ""
    """Key of the rule that made the row (`domestic_goods`, `gift_card` …): pages say it in the reader's language."""
    cost_center: str = ""
    """Of the row; empty: the document's."""
    project: str = ""
    source: str = ""
    """Part of the order (`line:17`, `shipping:4`): a credit note takes back rows of the same source."""
    merged: tuple[tuple[str, int], ...] = ()
    """Source and units of each, where equal rows of several sources became this one."""

    @property
    def by_source(self) -> tuple[tuple[str, int], ...]:
        """Every source that the row holds, and how many units of it."""
        return self.merged or ((self.source, self.quantity),)

    @property
    def amount(self) -> Money:
        """The row's total, VAT included."""
        return self.unit_price * self.quantity


def amounts_by_rate(rows: Iterable[InvoiceRow]) -> dict[Decimal, Money]:
    """Rate (percent) → what its rows come to, VAT included. Raises CurrenciesDifferError where they are not of one."""
    amounts: dict[Decimal, Money] = {}
    for row in rows:
        rate, amount = row.vat_percent, row.amount
        amounts[rate] = amounts[rate] + amount if rate in amounts else amount
    return amounts


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
class CreateInvoice(Referenced):
    """An invoice or a credit note whose rows add up to what the shop says to the öre.

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
    project: str | None = None
    language: str = ""
    """Language of the texts that Bokbro writes on it; empty: Swedish, as on documents of earlier versions."""
    email: str = ""
    """Where Fortnox mails it once it is booked; empty: nowhere."""
    your_order_number: str = ""
    name_rule: str = ""
    """Where the customer's name was found (`app.invoicing.customers.NameRule`); empty on older documents."""
    vat_included: bool = True
    text: str = ""
    """Texts that the law requires on the document (reverse charge, which invoice a credit note credits)."""
    part: str = ""
    """Which part of how many ("2/3"), where one document would have more rows than Fortnox takes."""
    ref: DocumentRef = MAIN
    from_draft: bool = False
    """Whether the ledger made the document of another (`MakeCredit`, `InvoiceOrder`): this replaces its content."""
    discount: Money | None = None
    """All discounts inside the rows of the invoice, VAT included; of a credit note those of the invoice it credits.
    None: there are none, or a version that did not keep them made it."""
    given_cards: tuple[str, ...] = ()
    """Transactions of gift cards that were given away: discounts in the order's rows, and no payments."""

    @property
    def credits(self) -> DocumentRef | None:
        """The invoice that this document credits; None: it is no credit note. Its total is negative then."""
        return self.ref.credits

    @property
    def is_linked_credit(self) -> bool:
        """Whether it is the one credit note that Fortnox itself made of an invoice."""
        return bool(self.credits) and self.from_draft

    def __post_init__(self) -> None:
        if self.credits and self.total.minor > 0:
            raise UnbalancedPlanError("a credit note and nothing", self.total, Money.zero(self.currency))
        if not self.vat_included and self.total_vat:
            raise UnbalancedPlanError("VAT on net prices", self.total_vat, Money.zero(self.currency))
        at_rate = amounts_by_rate(self.rows)
        rows = total(at_rate.values(), self.currency)
        if rows != self.total:
            raise UnbalancedPlanError("invoice rows and total", rows, self.total)
        groups = total((group.gross for group in self.vat), self.currency)
        if groups != self.total:
            raise UnbalancedPlanError("VAT groups and total", groups, self.total)
        for group in self.vat:
            own = at_rate.get(group.vat_percent, Money.zero(self.currency))
            if own != group.gross:
                raise UnbalancedPlanError(f"rows and VAT group of {group.vat_percent} %", own, group.gross)

    @property
    def total_vat(self) -> Money:
        """The VAT of all rates."""
        return total((group.vat for group in self.vat), self.currency)
