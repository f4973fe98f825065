"""The held balance: foreign money that leaves the clearing account comes back at exactly its carrying amount.

A disputed sale is held at what its sale was booked at; a reserve, and a balance carried on, at the rate of the day
it was held back; a payout that bounced at what its lines took off the clearing account; a refund that did not reach
its buyer at what the refund was booked at (decision 0026, accounting.md 2.5, acc-26, acc-27, acc-31).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.kit.money import Money, total
from app.model.payout import PayoutLine, PayoutLineKind
from app.posting.vouchers import BOOKS_CURRENCY

_ADDS_TO_BALANCE = frozenset({PayoutLineKind.CHARGEBACK, PayoutLineKind.RESERVE_HELD})
_TAKES_BACK: Mapping[PayoutLineKind, PayoutLineKind] = {
    PayoutLineKind.CHARGEBACK_REVERSED: PayoutLineKind.CHARGEBACK,
    PayoutLineKind.RESERVE_RELEASED: PayoutLineKind.RESERVE_HELD,
    PayoutLineKind.REFUND_FAILED: PayoutLineKind.REFUND,
    PayoutLineKind.PAYOUT_FAILED: PayoutLineKind.PAYOUT_FAILED,
}
"""Kind of a line → kind of what it takes back."""
_OF_AN_ORDER = frozenset({PayoutLineKind.CHARGEBACK, PayoutLineKind.REFUND})
"""Kinds held separately for each order; the rest is one balance per provider and currency."""
_COMES_BACK_WHOLE = frozenset({*_OF_AN_ORDER, PayoutLineKind.PAYOUT_FAILED})

HELD_OF_ORDERS = frozenset(
    {PayoutLineKind.CHARGEBACK, PayoutLineKind.CHARGEBACK_REVERSED, PayoutLineKind.REFUND_FAILED}
)
"""Kinds of lines that belong to an order and are none of its payments."""
HELD_KINDS = frozenset({*_ADDS_TO_BALANCE, *_TAKES_BACK, PayoutLineKind.CARRIED_FORWARD})
"""Kinds of lines whose carrying amount an earlier payout decides, or that decide it for a later one."""
NEEDS_PRE_EXISTING = frozenset({*_TAKES_BACK, PayoutLineKind.CARRIED_FORWARD})
"""Kinds of lines whose carrying amount is not known before every earlier payout is booked."""

_Place = tuple[PayoutLineKind, int]
AtRate = Callable[[Money], Money | None]
"""Carrying amount of money that no earlier booking decides; None where it is not known."""


@dataclass(slots=True)
class _Lot:
    held: Money
    """In the provider's currency; positive where it is the shop's."""
    kronor: Money


class HeldBalance:
    """The held balance at one provider in one currency, first in, first out."""

    def __init__(self) -> None:
        self._lots: dict[_Place, list[_Lot]] = {}

    def put(self, kind: PayoutLineKind, held: Money, kronor: Money, order: int = 0) -> None:
        """Add an amount to the held balance. `order`: the job of the order that a dispute or a refund belongs to."""
        self._lots.setdefault((kind, order), []).append(_Lot(held, kronor))

    def carrying_amount(self, line: PayoutLine, order: int, at_rate: AtRate) -> Money | None:
        """Carrying amount of a line of a kind in `HELD_KINDS`, with its sign; the balance follows the line.

        None, and the balance stays, where more comes back than is held or `at_rate` is not known.
        """
        if line.kind in _TAKES_BACK:
            return self._take(self._place(_TAKES_BACK[line.kind], order), line.amount)
        place = self._place(line.kind, order)
        is_carried = line.kind is PayoutLineKind.CARRIED_FORWARD
        back = self._of_carried(place, line.amount) if is_carried else _nothing(line.amount)
        new = line.amount - back
        kronor = at_rate(new) if new else Money.zero(BOOKS_CURRENCY)
        if kronor is None:
            return None
        taken = self._take(place, back) or _nothing(kronor)
        self._put_fresh(place, new, kronor)
        return taken + kronor

    def note(self, line: PayoutLine, order: int, kronor: Money) -> None:
        """Note a line that was booked at a carrying amount.

        What it took back leaves at what was booked, not at what would be calculated today: so the last one to come back
        takes exactly what is left, even where a payout was booked before an earlier one.
        """
        is_carried = line.kind is PayoutLineKind.CARRIED_FORWARD
        place = self._place(_TAKES_BACK.get(line.kind, line.kind), order)
        if line.kind in _ADDS_TO_BALANCE:
            self._put_fresh(place, line.amount, kronor)
            return
        back = self._of_carried(place, line.amount) if is_carried else line.amount
        taken = self._take(place, back) or _nothing(kronor)
        if back != line.amount:
            self._put_fresh(place, line.amount - back, kronor - taken)
        elif lots := self._lots.get(place):
            lots[0].kronor += taken - kronor

    def _put_fresh(self, place: _Place, amount: Money, kronor: Money) -> None:
        """Money that a line takes off the balance is the shop's, and one that it adds is the provider's."""
        if amount:
            self.put(place[0], -amount, -kronor, place[1])

    def _of_carried(self, place: _Place, amount: Money) -> Money:
        """How much of an amount carried on was carried on before; the rest is for the first time."""
        held = total((lot.held for lot in self._lots.get(place, ())), amount.currency)
        if (held.minor < 0) != (amount.minor < 0) or not held:
            return _nothing(amount)
        return min(held, amount, key=abs)

    def _take(self, place: _Place, amount: Money) -> Money | None:
        """Kronor of what is taken: of a part in proportion, of the last part all that is left."""
        lots = self._lots.get(place, [])
        if place[0] in _COMES_BACK_WHOLE:
            whole = next((lot for lot in lots if lot.held == amount), None)
            lots.sort(key=lambda lot: lot is not whole)
        held = total((lot.held for lot in lots), amount.currency)
        if not amount or (held.minor < 0) != (amount.minor < 0) or abs(held) < abs(amount):
            return None
        kronor = _nothing(lots[0].kronor)
        while amount:
            lot = lots[0]
            if abs(amount) < abs(lot.held):
                part = share(lot.kronor, amount, lot.held)
                lot.held, lot.kronor = lot.held - amount, lot.kronor - part
                return kronor + part
            lots.pop(0)
            kronor, amount = kronor + lot.kronor, amount - lot.held
        return kronor

    @staticmethod
    def _place(kind: PayoutLineKind, order: int) -> _Place:
        return kind, order if kind in _OF_AN_ORDER else 0


def share(kronor: Money, part: Money, whole: Money) -> Money:
    """The part of an amount in kronor that a part of the foreign amount has, to the nearest öre."""
    return Money.rounded(kronor.decimal * part.decimal / whole.decimal, kronor.currency)


def _nothing(like: Money) -> Money:
    return Money.zero(like.currency)
