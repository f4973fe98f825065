"""Refunds of a Qliro order: which units came back with which money (qliro-api.md 4, ReturnItems). Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.kit.money import Money, total
from app.model.order import Refund, RefundedPart, Transaction, TransactionKind
from app.shops.base import BodyNotUnderstoodError
from app.shops.qliro.orders.items import Item
from app.shops.qliro.orders.sale_lines import SoldItem
from app.shops.qliro.orders.transactions import Movement, card_transaction


@dataclass(frozen=True, slots=True)
class RefundRead:
    """A refund, and what of it went back onto a gift card."""

    refund: Refund
    card: Transaction | None


def read_refunds(
    movements: Sequence[Movement], returned: Sequence[Item], sold: Sequence[SoldItem], cards: Sequence[Item] = ()
) -> list[RefundRead]:
    """One refund per refund transaction that is not a failure. Money without items is a reduction of the price.

    `cards`: discounts that are gift cards; one that comes back with its goods is money back onto the card.

    Raises BodyNotUnderstoodError where the items that came back do not explain the money, or money is not there.
    """
    refunds = [
        movement for movement in movements if movement.type == "Refund" and (movement.succeeded or movement.pending)
    ]
    items = _by_refund(movements, refunds, returned)
    reader = _Reader(sold, {card.identity for card in cards})
    return [reader.refund(refund, items.get(refund.id, [])) for refund in refunds]


def _by_refund(
    movements: Sequence[Movement], refunds: Sequence[Movement], returned: Sequence[Item]
) -> dict[str, list[Item]]:
    """Refund → items. An entry names its refund, or the capture that it takes back: not documented which."""
    known = {movement.id for movement in refunds}
    failed = {movement.id for movement in movements if movement.type == "Refund"} - known
    found: dict[str, list[Item]] = defaultdict(list)
    of_capture: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(returned, key=lambda item: item.number):
        if item.transaction_id in failed:
            continue
        (found if item.transaction_id in known else of_capture)[item.transaction_id].append(item)
    for capture, items in of_capture.items():
        open_ones = [refund for refund in refunds if refund.original_id in (capture, "") and refund.id not in found]
        for refund, share in _in_order(open_ones, items):
            found[refund.id] = share
    return found


def _in_order(refunds: Sequence[Movement], items: Sequence[Item]) -> list[tuple[Movement, list[Item]]]:
    """Entries of one capture on its refunds, both in the order in which they came, by what each comes to."""
    pairs, waiting = [], list(items)
    for refund in refunds:
        taken: list[Item] = []
        while waiting and not _explains(taken, refund.amount):
            taken.append(waiting.pop(0))
        if not _explains(taken, refund.amount):
            raise BodyNotUnderstoodError(f"the returned items do not come to refund {refund.id} of {refund.amount}")
        pairs.append((refund, taken))
    if waiting:
        raise BodyNotUnderstoodError(f"{len(waiting)} returned items have no refund")
    return pairs


def _explains(items: Sequence[Item], amount: Money) -> bool:
    """Whether the value of items is the money; a return fee lowers it, whichever sign it has."""
    fees = [item.gross for item in items if item.type == "Fee"]
    rest = total((item.gross for item in items if item.type != "Fee"), amount.currency)
    return bool(items) and amount in (
        rest + total(fees, amount.currency),
        rest - total((abs(fee) for fee in fees), amount.currency),
    )


class _Reader:
    """Takes units back from what was sold, oldest refund first."""

    def __init__(self, sold: Sequence[SoldItem], cards: Collection[tuple[str, int]]) -> None:
        self._sold, self._cards = sold, cards
        self._back: Counter[str] = Counter()

    def refund(self, movement: Movement, items: Sequence[Item]) -> RefundRead:
        """One refund. Its money more or less than its goods is the discrepancy."""
        if items and not _explains(items, movement.amount):
            raise BodyNotUnderstoodError(f"the returned items do not come to refund {movement.id} of {movement.amount}")
        parts = tuple(part for item in items for part in self._parts(item, movement))
        currency = movement.amount.currency
        on_card = -total((item.gross for item in items if item.identity in self._cards), currency)
        card = None
        if on_card:
            card = card_transaction(f"{movement.id}/card", TransactionKind.REFUND, on_card, movement.at)
        amount = movement.amount + on_card
        discrepancy = amount - total((part.gross for part in parts), currency)
        refund = Refund(
            id=movement.id,
            created_at=movement.at,
            amount=amount,
            parts=parts,
            discrepancy=discrepancy or None,
            transaction_ids=(movement.id, card.id) if card else (movement.id,),
        )
        return RefundRead(refund, card)

    def _parts(self, item: Item, movement: Movement) -> list[RefundedPart]:
        """Units of an item from the capture that the refund names, else from the oldest that has some left."""
        same = [sold for sold in self._sold if sold.item.identity == item.identity]
        if not same and item.type in ("Fee", "Discount"):
            return []  # a fee for the return, or a discount taken back: it is in the money, and no goods
        named = [sold for sold in same if sold.sale in (item.transaction_id, movement.original_id)]
        parts, left = [], item.quantity
        for sold in named or same:
            units = min(left, sold.item.quantity - self._back[sold.id])
            if units > 0:
                parts.append(sold.part(self._back[sold.id], units))
                self._back[sold.id] += units
                left -= units
        if left:
            raise BodyNotUnderstoodError(f"{left} of {item.reference} came back and were never sent")
        return parts
