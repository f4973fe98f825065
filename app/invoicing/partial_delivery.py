"""An order as far as it is delivered: what the trigger `fulfilled` invoices now, and what it leaves for later."""

from __future__ import annotations

from dataclasses import replace

from app.kit.money import Money, split, total
from app.model.order import Line, Order, TaxLine


def as_delivered(order: Order) -> Order:
    """The order without the units still to be delivered; `awaiting` says what they come to, VAT included.

    Shipping, tips and duties belong to the first delivery. A unit taken back before it was sent counts as delivered:
    it is invoiced and credited, because the buyer paid for it. Shares of a line add up to the line whatever the
    deliveries are, since each is taken from the whole. An order whose parts do not add up is returned as it is: it
    stops for that.
    """
    if _gross_of(order.lines, order) + _besides(order) != order.total:
        return order
    lines = tuple(kept for kept in map(_delivered, order.lines) if kept.quantity)
    if lines == order.lines:
        return order
    left_out = _gross_of(order.lines, order) - _gross_of(lines, order)
    tax = total((line.tax for line in order.lines), order.currency) - total(
        (line.tax for line in lines), order.currency
    )
    return replace(order, lines=lines, total=order.total - left_out, total_tax=order.total_tax - tax, awaiting=left_out)


def _delivered(line: Line) -> Line:
    sent = line.quantity - line.undelivered
    if not line.is_goods or not line.undelivered:
        return line
    weights = [sent, line.undelivered]
    taxes = tuple(replace(tax, amount=_share(tax, weights)) for tax in line.tax_lines)
    return replace(
        line, quantity=sent, undelivered=0, discount=split(line.discount, weights)[0], tax_lines=taxes,
        price_rounding=line.rounding_of(sent),
    )  # fmt: skip


def _share(tax: TaxLine, weights: list[int]) -> Money:
    return split(tax.amount, weights)[0]


def _gross_of(lines: tuple[Line, ...], order: Order) -> Money:
    gross = (line.gross(taxes_included=order.taxes_included) for line in lines)
    return total(gross, order.currency)


def _besides(order: Order) -> Money:
    """Everything the order comes to besides its lines."""
    shipping = (line.gross(taxes_included=order.taxes_included) for line in order.shipping)
    charges = (charge for charge in (order.tip, order.duties, order.additional_fees) if charge)
    return total((*shipping, *charges), order.currency)
