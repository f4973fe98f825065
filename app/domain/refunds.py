"""Which refunds of an order are certain, and what money went back with each."""

from __future__ import annotations

from app.domain.commerce import Order, Refund, TransactionKind
from app.domain.money import Money, total


def refunds_to_book(order: Order) -> tuple[list[Refund], list[Refund]]:
    """Refunds whose money is certain, oldest first, and those that wait for it (a bank that has not answered yet)."""
    pending = {one.id for one in order.transactions if one.pending and one.kind is TransactionKind.REFUND}
    known = sorted(order.refunds, key=lambda refund: (refund.created_at, refund.id))
    certain = [refund for refund in known if not pending.intersection(refund.transaction_ids)]
    return certain, [refund for refund in known if refund not in certain]


def money_of(refund: Refund, order: Order) -> Money:
    """What really went back with a refund."""
    moved = (one.pays for one in order.money_out if one.id in refund.transaction_ids)
    return total(moved, order.currency)


def has_failed_money(refund: Refund, order: Order) -> bool:
    """Whether the refund's money came to nothing: what it should have brought is still owed."""
    mine = [one for one in order.transactions if one.id in refund.transaction_ids]
    return bool(mine) and not any(one.succeeded or one.pending for one in mine)


def discrepancy_of(refund: Refund, order: Order) -> Money:
    """What the shop noted between goods and money; nothing where the money failed, for then nobody decided it."""
    noted = refund.discrepancy or Money.zero(order.currency)
    return Money.zero(order.currency) if has_failed_money(refund, order) else noted
