"""What people answered to the questions of one order: a pure input to its plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.commerce import Order
from app.domain.rules import LockedPeriod


class Answer(StrEnum):
    """What a person may answer to a finding."""

    MOVE = "move"
    """The credit note gets the first open day."""
    WAIT = "wait"
    """The credit note waits until its period is open again."""
    ACCEPT = "accept"
    """What stands in the books counts, for the order as it is now: nothing is booked for it by us."""

    VOUCHER = "voucher"
    """The money that no credit note takes is booked by a voucher of its own."""

    INVOICE = "invoice"
    """The invoice that others made of the order is this one; its number follows."""

    SHOP_TOTAL = "shop_total"
    """The shop's total is booked; what its parts lack of it is a row on the account that follows."""
    TRANSPORT = "transport"
    """Goods that were collected left Sweden, and the seller can prove it."""

    VAT_NUMBER = "vat_number"
    """The buyer's VAT number, which the shop does not tell; it follows."""


WITH_DETAIL = frozenset({Answer.INVOICE, Answer.VAT_NUMBER, Answer.SHOP_TOTAL})
"""Answers that name something."""


_LOCKED = "CREDIT_PERIOD_LOCKED"
_BEYOND_CREDIT = "REFUND_BEYOND_CREDIT"
CHOICES: Mapping[str, tuple[Answer, ...]] = {
    _LOCKED: (Answer.MOVE, Answer.WAIT),
    _BEYOND_CREDIT: (Answer.VOUCHER,),
    "SHOPIFY_TOTALS_DISAGREE": (Answer.SHOP_TOTAL,),
    "DIFFERS_IN_BOOKS": (Answer.ACCEPT,),
    "DUPLICATE_IN_BOOKS": (Answer.ACCEPT,),
    "REFUND_OF_EARLIER_ORDER": (Answer.INVOICE, Answer.ACCEPT),
    "REFUND_OF_EARLIER_INVOICE": (Answer.INVOICE, Answer.ACCEPT),
    "COLLECTED_WITHOUT_VAT": (Answer.TRANSPORT, Answer.ACCEPT),
    "VAT_CHARGED_UNEXPECTED": (Answer.VAT_NUMBER, Answer.ACCEPT),
    "DOMESTIC_REVERSE_CHARGE_STOPPED": (Answer.ACCEPT,),
}
"""Code of a finding that asks → what may be answered."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that hold for one order."""

    given: Mapping[tuple[str, str], Answer] = field(default_factory=dict)
    """Code of the finding and what it is about → the answer. Of an acceptance: about which state of the order."""
    invoice: str = ""
    """Number of the invoice that others made of the order, where a person named it."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """What the shop's total lacks of its parts ("2.00 SEK") → account of the row that a person chose for it."""
    vat_number: str = ""
    """The buyer's VAT number, where a person typed it."""

    def locked_period(self, document: str, rule: LockedPeriod) -> LockedPeriod:
        """What becomes of a credit note in a locked period: as the rule says, or as a person answered."""
        answer = self.given.get((_LOCKED, document)) if rule is LockedPeriod.ASK else None
        return LockedPeriod(answer.value) if answer else rule

    def wants_voucher(self, transaction_id: str) -> bool:
        """Whether a person said that money beyond all credit notes becomes a voucher."""
        return self.given.get((_BEYOND_CREDIT, transaction_id)) is Answer.VOUCHER

    @property
    def transport_proven(self) -> bool:
        """Whether a person said that collected goods left Sweden."""
        return Answer.TRANSPORT in self.given.values()

    def accepts(self, order: Order) -> bool:
        """Whether a person said that the books are right as they stand, for just this state of the order."""
        state = state_of(order)
        return any(
            about == state for (_code, about), answer in self.given.items() if answer is Answer.ACCEPT
        )  # an acceptance of one difference is one of the books


NO_ANSWERS = Answers()
"""Nobody was asked anything."""


def state_of(order: Order) -> str:
    """What was sold, came back and was paid, as a short text: a new refund, edit or payment makes another one."""
    essence = [
        order.currency,
        order.total.minor,
        order.cancelled_at is not None,
        sorted([line.source, line.quantity, line.amount.minor] for line in order.lines),
        sorted([one.source, one.price.minor] for one in order.shipping),
        sorted([one.id, one.goods.minor, one.amount.minor] for one in order.refunds),
        sorted([one.id, one.succeeded, one.pending, one.amount.minor] for one in order.transactions),
    ]
    return hashlib.sha256(json.dumps(essence).encode()).hexdigest()[:32]
