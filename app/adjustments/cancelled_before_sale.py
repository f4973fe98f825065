"""Goods that were cancelled before they were paid for and delivered: they were never sold (accounting.md 2.6, acc-19).

A shop records such a cancellation as a refund without money. Where nothing of the order is in the books yet, the
order is booked as it was left; once a document exists, the same refund is credited like any other.
"""

from __future__ import annotations

from dataclasses import replace

from app.kit.money import Money, split, total
from app.model.order import Line, Order, Refund, TransactionKind, refunds_to_book


def without_never_sold(order: Order) -> Order:
    """The order without the units that were cancelled before money came for them."""
    cancellations = [refund for refund in refunds_to_book(order)[0] if _is_cancellation(refund, order)]
    for refund in cancellations:
        order = _without(order, refund)
    return order


def _is_cancellation(refund: Refund, order: Order) -> bool:
    """Whether a refund names lines alone, moved no money, and the buyer never paid for them."""
    moved = any(transaction.id in refund.transaction_ids for transaction in order.transactions)
    names_lines = bool(refund.parts) and all(part.source.startswith("line:") for part in refund.parts)
    if moved or refund.amount or refund.discrepancy or not names_lines:
        return False
    if order.received > order.total - refund.goods:
        return False
    is_before_money = all(refund.created_at <= payment.processed_at for payment in order.money_in)
    return is_before_money or order.received + refund.goods <= _authorised(order)


def _authorised(order: Order) -> Money:
    """What the buyer let the shop take: more than it took, where goods were cancelled between."""
    granted = [
        transaction
        for transaction in order.transactions
        if transaction.succeeded and transaction.kind is TransactionKind.AUTHORIZATION
    ]
    return total((transaction.pays for transaction in granted), order.currency)


def _without(order: Order, refund: Refund) -> Order:
    back = {part.source: part for part in refund.parts}
    lines = []
    for line in order.lines:
        part = back.get(line.source)
        if part is None or part.quantity > line.quantity:
            lines.append(line)
        elif part.quantity < line.quantity:
            lines.append(_fewer(line, part.quantity, part.gross, order))
    before = total((line.gross(taxes_included=order.taxes_included) for line in order.lines), order.currency)
    after = total((line.gross(taxes_included=order.taxes_included) for line in lines), order.currency)
    tax = total((line.tax for line in order.lines), order.currency) - total(
        (line.tax for line in lines), order.currency
    )
    return replace(
        order,
        lines=tuple(lines),
        total=order.total - (before - after),
        total_tax=order.total_tax - tax,
        refunds=tuple(kept for kept in order.refunds if kept.id != refund.id),
    )


def _fewer(line: Line, units: int, gross: Money, order: Order) -> Line:
    """A line without some units, whose value the shop states."""
    weights = [line.quantity - units, units]
    taxes = tuple(replace(tax, amount=split(tax.amount, weights)[0]) for tax in line.tax_lines)
    fewer = replace(
        line, quantity=weights[0], undelivered=min(line.undelivered, weights[0]), tax_lines=taxes,
        discount=split(line.discount, weights)[0], price_rounding=line.rounding_of(weights[0]),
    )  # fmt: skip
    if not order.taxes_included:
        return fewer
    return replace(fewer, discount=fewer.discount + fewer.amount - (line.amount - gross))
