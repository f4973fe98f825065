"""What one capture sold, as lines of the domain: discounts inside their rows, to the öre. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.commerce import Line, LineKind, RefundedPart, ShippingLine, TaxLine
from app.domain.money import Money, split, total, vat_out_of_gross
from app.sources.base import BodyNotUnderstoodError
from app.sources.qliro.order_items import Item, merged


@dataclass(frozen=True, slots=True)
class SoldItem:
    """An item of a sale, with its share of the sale's discounts."""

    sale: str
    """The capture's id, or another word where nothing is captured: begins the source of its rows."""
    item: Item
    discount: Money

    @property
    def id(self) -> str:
        """Stable as long as the capture is: what was captured never changes."""
        return f"{self.sale}/{self.item.reference}/{self.item.unit.minor}"

    @property
    def gross(self) -> Money:
        """VAT included, after discounts."""
        return self.item.gross - self.discount

    def line(self) -> Line | ShippingLine:
        """As the domain has it, prices with VAT."""
        item, currency = self.item, self.gross.currency
        taxes = (TaxLine("Moms", item.rate, vat_out_of_gross(self.gross, item.rate)),) if item.rate else ()
        if item.type == "Shipping":
            return ShippingLine(self.id, item.text, self.gross, taxes)
        return Line(
            id=self.id,
            title=item.text,
            sku=item.reference if item.type == "Product" else None,
            quantity=item.quantity,
            unit_price=Money(item.unit.minor, currency),
            discount=self.discount,
            tax_lines=taxes,
            kind=LineKind.FEE if item.type == "Fee" else LineKind.GOODS if item.rate else LineKind.EXEMPT,
        )

    def part(self, earlier: int, units: int) -> RefundedPart:
        """What so many units are worth, after so many that came back before: all of them are worth the line."""
        gross = self._up_to(earlier + units, self.gross) - self._up_to(earlier, self.gross)
        tax = vat_out_of_gross(self.gross, self.item.rate)
        back = self._up_to(earlier + units, tax) - self._up_to(earlier, tax)
        quantity = 0 if self.item.type == "Shipping" else units
        return RefundedPart(self.line().source, quantity, gross, back)

    def _up_to(self, units: int, whole: Money) -> Money:
        return split(whole, [units, self.item.quantity - units])[0]


def sold_items(sale: str, items: Sequence[Item], currency: str) -> list[SoldItem]:
    """The items of one capture, discounts spread by worth over what has their VAT rate, goods first.

    Raises BodyNotUnderstoodError where a discount is larger than all that has its rate: whose VAT it lowers is unknown.
    """
    entries = merged(items)
    positive = [item for item in entries if item.type != "Discount"]
    shares = [Money.zero(currency) for _item in positive]
    for rate in sorted({item.rate for item in entries if item.type == "Discount"}):
        discount = -total((item.gross for item in entries if item.type == "Discount" and item.rate == rate), currency)
        for place, share in _spread(discount, rate, positive):
            shares[place] += share
    return [SoldItem(sale, item, share) for item, share in zip(positive, shares, strict=True)]


def _spread(discount: Money, rate: Decimal, positive: Sequence[Item]) -> list[tuple[int, Money]]:
    same = [place for place, item in enumerate(positive) if item.rate == rate]
    goods = [place for place in same if positive[place].type == "Product"]
    for places in (goods, same):
        weights = [positive[place].gross.minor for place in places]
        reach: int = sum(weights)
        if reach and discount.minor <= reach:
            return list(zip(places, split(discount, weights), strict=True))
    raise BodyNotUnderstoodError(f"a discount of {discount} at {rate} % VAT, and not so much was sold at that rate")
