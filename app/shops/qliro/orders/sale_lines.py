"""Reads one capture into order lines: discounts inside their rows, to the öre. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.kit.money import Money, split, vat_out_of_gross
from app.model.order import Line, LineKind, RefundedPart, ShippingLine, TaxLine
from app.shops.qliro.habits import NO_HABITS, QliroHabits
from app.shops.qliro.orders.discounts import apply_discounts
from app.shops.qliro.orders.items import Item, merged


@dataclass(frozen=True, slots=True)
class SoldItem:
    """An item of a sale, with its share of the sale's discounts."""

    sale: str
    """The capture's id, or another word where nothing is captured: prefix of the source of its rows."""
    item: Item
    discount: Money
    habits: QliroHabits = NO_HABITS

    @property
    def id(self) -> str:
        """Stable as long as the capture is: what was captured never changes."""
        return f"{self.sale}/{self.item.reference}/{self.item.unit.minor}"

    @property
    def gross(self) -> Money:
        """VAT included, after discounts."""
        return self.item.gross - self.discount

    def line(self) -> Line | ShippingLine:
        """As a line of the order model, prices with VAT."""
        item, currency = self.item, self.gross.currency
        taxes = (TaxLine("Moms", item.rate, vat_out_of_gross(self.gross, item.rate)),) if item.rate else ()
        if item.type == "Shipping":
            return ShippingLine(self.id, item.text, self.gross, taxes)
        return Line(
            id=self.id,
            title=item.text,
            sku=self.habits.sku_of(item.reference) if item.type == "Product" else None,
            quantity=item.quantity,
            unit_price=Money(item.unit.minor, currency),
            discount=self.discount,
            tax_lines=taxes,
            kind=LineKind.FEE if item.type == "Fee" else LineKind.GOODS if item.rate else LineKind.EXEMPT,
        )

    def part(self, earlier: int, units: int) -> RefundedPart:
        """Value of so many units, after so many that came back before: all units together have the line's value."""
        gross = self._up_to(earlier + units, self.gross) - self._up_to(earlier, self.gross)
        tax = vat_out_of_gross(self.gross, self.item.rate)
        back = self._up_to(earlier + units, tax) - self._up_to(earlier, tax)
        quantity = 0 if self.item.type == "Shipping" else units
        return RefundedPart(self.line().source, quantity, gross, back)

    def _up_to(self, units: int, whole: Money) -> Money:
        return split(whole, [units, self.item.quantity - units])[0]


@dataclass(frozen=True, slots=True)
class Sale:
    """What one capture sold, and which gift cards paid a part of it."""

    id: str
    items: tuple[SoldItem, ...]
    cards: tuple[Item, ...]
    """Below zero, as Qliro shows them."""


def read_sale(sale: str, items: Sequence[Item], currency: str, habits: QliroHabits) -> Sale:
    """The items of one capture with their shares of its discounts. Raises BodyNotUnderstoodError."""
    entries = merged(items)
    positive = [item for item in entries if item.type != "Discount"]
    reduced = [item for item in entries if item.type == "Discount"]
    discounted = apply_discounts(positive, reduced, habits.discounts, currency)
    sold = (SoldItem(sale, item, share, habits) for item, share in zip(positive, discounted.shares, strict=True))
    return Sale(sale, tuple(sold), discounted.cards)
