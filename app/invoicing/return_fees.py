"""Fees that a buyer pays for a return: supplies of their own, at the rate of the goods that came back.

A shop states the same fee in one of two ways: as a charge of its own on the return, or as a difference between what
came back and the money (`Refund.discrepancy`). Only the first is due here; the second lowers the credit note, and what
is stated both ways is booked once. Source: accounting.md 2.6 (a fee kept from a refund is a supply of its own).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from app.kit.money import Money, split, total, vat_out_of_gross
from app.model.order import (
    Line,
    LineKind,
    Order,
    Refund,
    ReturnFee,
    TaxLine,
    has_failed_money,
    money_of,
    refunds_to_book,
)

FEE_SOURCE = "fee:"
"""Begins the source of a fee's rows; its id follows."""


class FeeShare(NamedTuple):
    """A fee, or its part at one rate."""

    line: Line | None
    """Goods of that rate that came back; None where the order has no goods any more."""
    gross: Money
    """VAT included."""
    tax: TaxLine | None


def due(order: Order) -> tuple[ReturnFee, ...]:
    """The fees that are charges of their own, of returns whose goods are back for certain."""
    refunds = [refund for refund in refunds_to_book(order)[0] if refund.parts]
    returned = {part.source for refund in refunds for part in refund.parts}
    fees = tuple(fee for fee in order.return_fees if refunds and (not fee.source or fee.source in returned))
    return () if _is_in_discrepancy(order, refunds, fees) else fees


def _is_in_discrepancy(order: Order, refunds: list[Refund], fees: tuple[ReturnFee, ...]) -> bool:
    """Whether the discrepancy already contains the fees: then no more money is missing than that."""
    zero = Money.zero(order.currency)
    certain = [refund for refund in refunds if not has_failed_money(refund, order)]
    kept = total((max(-(refund.discrepancy or zero), zero) for refund in certain), order.currency)
    charged = total((fee_gross(fee) for fee in fees), order.currency)
    if not kept or not charged:
        return False
    moved = total((money_of(refund, order) for refund in certain), order.currency)
    if not moved:
        return kept >= charged
    goods = total((refund.goods for refund in certain), order.currency)
    return goods - moved - kept < charged


def with_fees_due(order: Order) -> Order:
    """The order with those of its fees that are charges of their own."""
    return replace(order, return_fees=due(order)) if order.return_fees else order


def fees_of(order: Order) -> Money:
    """What the fees of an order come to, VAT included."""
    return total((fee_gross(fee) for fee in order.return_fees), order.currency)


def fee_gross(fee: ReturnFee) -> Money:
    """What the buyer pays: the amount that the shop asks for, with VAT inside (accounting.md 2.6).

    Shopify puts tax on a fee for the United States alone (`ReturnFee.tax`), where nothing is booked by us.
    """
    return fee.amount


def shares(order: Order, fee: ReturnFee) -> Iterator[FeeShare]:
    """A fee split over the VAT rates of the goods that it is for, by their value."""
    by_rate: dict[Decimal, list[Line]] = {}
    for line in _goods(order, fee):
        by_rate.setdefault(_rate(line), []).append(line)
    gross = fee_gross(fee)
    if not by_rate:
        yield FeeShare(None, gross, None)
        return
    weights = [sum(_value(line, order) for line in lines) for lines in by_rate.values()]
    even = [1] * len(weights)
    for (rate, lines), share in zip(by_rate.items(), split(gross, weights if sum(weights) else even), strict=True):
        tax = TaxLine(lines[0].tax_lines[0].title, rate, vat_out_of_gross(share, rate)) if rate else None
        if share:
            yield FeeShare(lines[0], share, tax)


def _goods(order: Order, fee: ReturnFee) -> list[Line]:
    """The goods that the fee names, else those that came back, else all."""
    goods = [line for line in order.lines if line.kind in (LineKind.GOODS, LineKind.EXEMPT)]
    returned = {part.source for refund in order.refunds for part in refund.parts}
    named = [line for line in goods if line.source == fee.source]
    return named or [line for line in goods if line.source in returned] or goods


def _rate(line: Line) -> Decimal:
    return sum((tax.rate_percent for tax in line.tax_lines if tax.amount), Decimal(0))


def _value(line: Line, order: Order) -> int:
    return max(line.gross(taxes_included=order.taxes_included).minor, 0)
