"""Reads an order of Qliro's Admin API into the order model (qliro-api.md 4.1). Pure.

Qliro takes the money when goods are sent: a capture is a delivery, its money, and the day of both. So the order is what
was captured; while nothing is, it is what is reserved, and nothing of it is booked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.kit.money import Money, total
from app.model.order import Line, Order, ShippingLine, Transaction, TransactionKind, books_day
from app.shops.base import BodyNotUnderstoodError, understanding
from app.shops.qliro.habits import NO_HABITS, QliroHabits
from app.shops.qliro.orders.items import Item, merged, read_items, value_of
from app.shops.qliro.orders.people import Parties, read_parties
from app.shops.qliro.orders.refunds import read_refunds
from app.shops.qliro.orders.sale_lines import SoldItem, read_sale
from app.shops.qliro.orders.transactions import Movement, card_transaction, of_type, read_movements

Json = Mapping[str, Any]
PLATFORM = "qliro"
_OPEN = "open"
"""Placeholder for the id of the capture that is still to come."""


@understanding("order")
def normalize(body: Json, *, shop: str, habits: QliroHabits = NO_HABITS) -> Order | None:
    """The order's state; None while no payment is registered. Raises BodyNotUnderstoodError, DiscountUnclearError."""
    currency, country = str(body.get("Currency") or ""), str(body.get("Country") or "").upper()
    movements = read_movements(body, currency)
    if not movements:
        return None
    first = movements[0]
    items = read_items(body, currency, country, books_day(first.at))
    state = _State(currency, movements, items, habits)
    lines = [sale_line.line() for sale_line in state.shown]
    refunds = read_refunds(state.movements, state.returned, state.sold, state.cards)
    return Order(
        platform=PLATFORM,
        shop=shop,
        id=str(body.get("OrderId") or ""),
        name=str(body.get("MerchantReference") or "").strip() or f"Q{body.get('OrderId')}",
        created_at=first.at,
        processed_at=first.at,
        updated_at=max(movement.at for movement in movements),
        currency=currency,
        taxes_included=True,
        total=total((sale_line.gross for sale_line in state.shown), currency),
        total_tax=total((line.tax for line in lines), currency),
        lines=tuple(line for line in lines if isinstance(line, Line)),
        shipping=tuple(line for line in lines if isinstance(line, ShippingLine)),
        transactions=(
            *state.transactions(),
            *state.paid_with_cards(),
            *(refund.card for refund in refunds if refund.card),
        ),
        refunds=tuple(refund.refund for refund in refunds),
        **_fields(read_parties(body, country)),
        cancelled_at=state.cancelled_at,
        source_name=PLATFORM,
        delivered_at=state.delivered[-1] if state.delivered else None,
        first_delivered_at=state.delivered[0] if state.delivered else None,
        # Money taken at once (Trustly, Swish) is there before anything is sent: the tenant's own rule says when.
        money_follows_delivery=not state.debits,
    )


def _fields(parties: Parties) -> dict[str, Any]:
    return {
        "buyer": parties.buyer,
        "bill_to": parties.bill_to,
        "ship_to": parties.ship_to,
        "company": parties.company,
        "organisation_number": parties.organisation_number,
        "vat_number": parties.vat_number,
    }


class _State:
    """What of an order is sold, and what moved."""

    def __init__(
        self, currency: str, movements: Sequence[Movement], items: Sequence[Item], habits: QliroHabits
    ) -> None:
        self.currency, self.items, self.habits = currency, items, habits
        self.movements = [self._as_refund(movement, movements) for movement in movements]
        movements = self.movements
        self.debits = of_type(movements, "Debit")
        self.captures = of_type(movements, "Capture")
        self.additions = self._additions()
        self.sales = [(sale, read_sale(sale.id, self._items_of(sale), currency, habits)) for sale in self._sales()]
        self.sold = [item for _movement, sale in self.sales for item in sale.items]
        self._check_captures_of_debits()

    @property
    def shown(self) -> Sequence[SoldItem]:
        """What was sold; while nothing is, what is reserved, without regard to how it will be captured."""
        if self.sold:
            return self.sold
        reserved = self._open() or self._entries("Reserve", "Create", "")
        return read_sale(_OPEN, reserved, self.currency, self.habits).items

    @property
    def cards(self) -> list[Item]:
        """Gift cards that paid a part, as Qliro shows them: discounts below zero."""
        return [card for _movement, sale in self.sales for card in sale.cards]

    def paid_with_cards(self) -> list[Transaction]:
        """What gift cards paid of each sale, on its day. No provider pays it out."""
        return [
            card_transaction(f"{movement.id}/{card.reference}", TransactionKind.CAPTURE, -card.gross, movement.at)
            for movement, sale in self.sales
            for card in sale.cards
        ]

    @property
    def returned(self) -> list[Item]:
        """Entries that came back; what was paid at once and is released before it was sent did too."""
        released = self._entries("Release") if self.debits and of_type(self.movements, "Refund") else []
        return [*self._entries("Return"), *released]

    @property
    def delivered(self) -> list[datetime]:
        """When something was sent, oldest first."""
        return [capture.at for capture in self.captures]

    @property
    def cancelled_at(self) -> datetime | None:
        """When all of it was cancelled before anything was captured."""
        voided = of_type(self.movements, "Reversal")
        return voided[-1].at if voided and not self._sales() and not self._open() else None

    def transactions(self) -> list[Transaction]:
        """All of them. A capture of what was debited already moves no money."""
        grown = (movement for capture in self.captures for movement in self._grown_by(capture))
        added = {addition.id for addition in (*self.additions, *grown)}
        unshipped = []
        for movement in self.movements:
            is_delivery = movement.type == "Capture" and bool(self.debits)
            kind = TransactionKind.OTHER if is_delivery else TransactionKind.CAPTURE if movement.id in added else None
            unshipped.append(movement.transaction(kind))
        return unshipped

    def _sales(self) -> list[Movement]:
        """The transactions that took money, oldest first."""
        return sorted((*(self.debits or self.captures), *self.additions), key=lambda debit: (debit.at, int(debit.id)))

    def _items_of(self, sale: Movement) -> list[Item]:
        """What a sale sold, as its own money proves. Raises BodyNotUnderstoodError where it does not."""
        item_types = ("Reserve", "") if sale.type == "Debit" else ("Ship", "")
        own = [item for item in self._entries(*item_types) if item.transaction_id == sale.id]
        grown = total((movement.amount for movement in self._grown_by(sale)), self.currency)
        if value_of(own, self.currency) not in (sale.amount, sale.amount + grown):
            data = f"{sale.type} {sale.id} moved {sale.amount}, its items come to {value_of(own, self.currency)}"
            raise BodyNotUnderstoodError(data)
        return own

    def _additions(self) -> list[Movement]:
        """Changes of an invoice that sold something more: they have shipped items of their own, value_of their amount.

        A change that sold nothing (a new reference, a discount that Qliro also shows as refund) moves no money.
        """
        return [
            movement for movement in of_type(self.movements, "UpdateInvoice") if self._shipped_with(movement).minor > 0
        ]

    def _grown_by(self, capture: Movement) -> list[Movement]:
        """Changes of a capture's invoice whose items Qliro shows as the capture's own (not documented which)."""
        changes = [
            movement for movement in of_type(self.movements, "UpdateInvoice") if movement.original_id == capture.id
        ]
        bare = [change for change in changes if not self._shipped_with(change)]
        own = [item for item in self._entries("Ship") if item.transaction_id == capture.id]
        more = total((movement.amount for movement in bare), self.currency)
        return bare if more and value_of(own, self.currency) == capture.amount + more else []

    def _as_refund(self, movement: Movement, movements: Sequence[Movement]) -> Movement:
        """A change of an invoice by a discount alone gives money back, unless a refund of the same amount exists."""
        lowered = -self._shipped_with(movement)
        if movement.type != "UpdateInvoice" or lowered.minor <= 0:
            return movement
        is_refunded = any(each.type == "Refund" and each.amount == lowered for each in movements)
        return movement if is_refunded else replace(movement, type="Refund", amount=lowered)

    def _shipped_with(self, movement: Movement) -> Money:
        return value_of([item for item in self._entries("Ship") if item.transaction_id == movement.id], self.currency)

    def _check_captures_of_debits(self) -> None:
        captured = total((capture.amount for capture in self.captures), self.currency)
        taken = total((debit.amount for debit in self.debits), self.currency)
        if self.debits and captured > taken:
            raise BodyNotUnderstoodError(f"captures of {captured} beside debits of {taken}")

    def _entries(self, *actions: str) -> list[Item]:
        return [item for item in self.items if item.action in actions]

    def _open(self) -> list[Item]:
        """What is reserved and neither sent nor released."""
        removed: Counter[tuple[str, int]] = Counter()
        for item in self._entries("Ship", "Release"):
            removed[item.identity] += item.quantity
        reserved = merged(self._entries("Reserve", ""))
        left = [replace(item, quantity=item.quantity - removed[item.identity]) for item in reserved]
        return [item for item in left if item.quantity > 0]
