"""The lines of a GraphQL order as they are owed: without what an edit took away, with what a refund took back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from app.kit.money import Money, split
from app.model.order import Line, LineKind
from app.shops.shopify.orders.order_reader import OrderReader, nodes
from app.shops.shopify.reading import Json, count, listing, mapping, numeric_id, percent, required, text


@dataclass(frozen=True, slots=True)
class ReadLines:
    """The lines that are owed, and what edits took away, VAT included."""

    lines: tuple[Line, ...]
    removed: Money
    shared: int = 0
    """Units whose share of a line's discount and tax had to be rounded: the shop may round each of them otherwise."""

    def agreeing(self, missing: Money, *, taxes_included: bool) -> tuple[Line, ...]:
        """The lines with the öre that the shop's own rounding of such shares differs by; more is left as it is."""
        if not missing or abs(missing).minor > self.shared:
            return self.lines
        lines = list(self.lines)
        for place, line in enumerate(lines):
            if taxes_included and line.discount:
                lines[place] = replace(line, discount=line.discount - missing)
                break
            if not taxes_included and line.tax_lines:
                first, *others = line.tax_lines
                lines[place] = replace(line, tax_lines=(replace(first, amount=first.amount + missing), *others))
                break
        return tuple(lines)


def read_lines(reader: OrderReader, refunds: list[Json], *, taxes_included: bool) -> ReadLines:
    """What an edit took away is no longer owed; what a refund took back was owed, and its credit note deducts it."""
    refunded: dict[str, int] = {}
    for refund in refunds:
        for item in nodes(refund.get("refundLineItems"), "refundLineItems"):
            line_id = numeric_id(mapping(item.get("lineItem"), "lineItem").get("id"), "lineItem.id")
            refunded[line_id] = refunded.get(line_id, 0) + count(item.get("quantity"), "quantity")
    lines, removed, shared = [], Money.zero(reader.currency), 0
    for node in nodes(required(reader.node, "lineItems"), "lineItems"):
        whole = _line(reader, node)
        units = whole.quantity
        if node.get("currentQuantity") is not None:
            units = min(units, count(node["currentQuantity"], "currentQuantity") + refunded.get(whole.id, 0))
        line = _part_of(whole, units)
        removed += whole.gross(taxes_included=taxes_included)
        if line is not None:
            shared += whole.quantity - units
            removed -= line.gross(taxes_included=taxes_included)
            undelivered = count(node.get("unfulfilledQuantity") or 0, "unfulfilledQuantity")
            lines.append(replace(line, undelivered=min(units, undelivered)))
    return ReadLines(tuple(lines), removed, shared)


def _part_of(line: Line, units: int) -> Line | None:
    """So many units of a line: its discounts and taxes are those of all of them, and are shared by units."""
    if not units:
        return None
    if units == line.quantity:
        return line
    weights = [units, line.quantity - units]
    taxes = tuple(replace(tax, amount=split(tax.amount, weights)[0]) for tax in line.tax_lines)
    return replace(
        line, quantity=units, discount=split(line.discount, weights)[0], tax_lines=taxes,
        price_rounding=line.rounding_of(units),
    )  # fmt: skip


def _line(reader: OrderReader, node: Json) -> Line:
    """A line with all its units, as the shop sold it first."""
    allocations = listing(node.get("discountAllocations"), "discountAllocations")
    discounts = [reader.exact(allocation.get("allocatedAmountSet"), "allocatedAmountSet") for allocation in allocations]
    price = reader.exact(required(node, "originalUnitPriceSet"), "originalUnitPriceSet")
    quantity = count(required(node, "quantity"), "quantity")
    unit, discount = Money.rounded(price, reader.currency), Money.rounded(sum(discounts, Decimal(0)), reader.currency)
    # A unit may cost parts of an öre: only what the line comes to is an amount (`MoneyV2.amount` has any decimals).
    comes_to = Money.rounded(price * quantity - sum(discounts, Decimal(0)), reader.currency)
    return Line(
        id=numeric_id(required(node, "id"), "lineItems.id"),
        title=text(node.get("title")),
        sku=text(node.get("sku")) or None,
        quantity=quantity,
        unit_price=unit,
        discount=discount,
        price_rounding=comes_to - (unit * quantity - discount) or None,
        tax_lines=reader.taxes(node.get("taxLines")),
        kind=kind_of(node, is_tip=text(node.get("id")) in reader.tips),
        needs_transport=None if node.get("requiresShipping") is None else node["requiresShipping"] is True,
    )


def kind_of(node: Json, *, is_tip: bool) -> LineKind:
    """Goods, a gift card, or a tip; goods that the merchant charges no tax on are marked so (shopify-api.md 3.3)."""
    if node.get("isGiftCard") is True:
        return LineKind.GIFT_CARD
    if is_tip:
        return LineKind.TIP
    taxes = listing(node.get("taxLines"), "taxLines")
    if taxes:  # a tax override keeps `taxable` and sends a rate of 0 (Shopify, "Tax overrides and exemptions")
        is_free = all(not percent(tax.get("rate") or 0, "taxLines.rate") for tax in taxes)
        return LineKind.EXEMPT if is_free else LineKind.GOODS
    return LineKind.EXEMPT if node.get("taxable") is False else LineKind.GOODS
