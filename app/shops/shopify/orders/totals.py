"""What the buyer owes of a GraphQL order by the shop's own totals: after edits, before returns and without their fees.

Shopify states two. `totalPriceSet` may still count what an edit took away (lines, shipping, a discount's worth), and a
return's fee; `currentTotalPriceSet` is after edits and returns, and holds the fees (shopify-api.md 3.4 and 3.8). Which
of them an order's history has moved is not documented, so each says what it may mean, and the one that the order's own
parts add up to holds. Where none does, nobody knows what was sold: the planner stops with both figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.kit.money import Money, total
from app.model.order import Refund
from app.shops.shopify.orders.order_reader import OrderReader


@dataclass(frozen=True, slots=True)
class Parts:
    """The sum of the order's parts, VAT included, and what may be between it and the shop's totals."""

    sold: Money
    """Lines, shipping, tip, duties and other fees that are owed."""
    removed: Money
    """Lines that an edit took away."""
    shared: int
    """Öre that the shop may have rounded otherwise where an edit took some units of a line."""
    return_fees: Money


def owed(reader: OrderReader, whole: Money, parts: Parts, refunds: Iterable[Refund]) -> Money:
    """The shop's total that the parts add up to; where they add up to none, the one that should have held."""
    stated = list(_stated(reader, whole, parts, list(refunds)))
    nearest = min(stated, key=lambda amount: abs(amount - parts.sold).minor)
    if abs(nearest - parts.sold).minor <= parts.shared:
        return nearest
    # Beyond reach of the parts: after an edit the current total is the newer word.
    return stated[-1] if parts.removed and not reader.node.get("cancelledAt") else stated[0]


def current_total(reader: OrderReader) -> Money | None:
    """What the shop says is left of the order; None where it does not say (a webhook body in another currency)."""
    given = reader.node.get("currentTotalPriceSet")
    is_there = isinstance(given, dict) and given.get(reader.side) is not None
    return reader.bag(given, "currentTotalPriceSet") if is_there else None


def _stated(reader: OrderReader, whole: Money, parts: Parts, refunds: list[Refund]) -> Iterator[Money]:
    yield whole
    yield whole - parts.removed
    if parts.return_fees:
        yield whole - parts.return_fees
        yield whole - parts.removed - parts.return_fees
    current = current_total(reader)
    if current is None:
        return
    zero = Money.zero(reader.currency)
    # What the shop kept of returned goods, or gave beyond them, may be in its current total or not (3.4, identity 6).
    discrepancies = total((refund.discrepancy for refund in refunds if refund.discrepancy), reader.currency)
    before_returns = current + total((refund.goods for refund in refunds), reader.currency)
    for fees in {parts.return_fees, zero}:
        yield before_returns - fees + discrepancies
        yield before_returns - fees
