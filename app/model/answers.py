"""What people answered to the questions of one order: a pure input to its plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.model.order import Order


class Answer(StrEnum):
    """What a person may answer to a finding."""

    MOVE = "move"
    """The document gets the first open day; a payment that of its invoice."""
    WAIT = "wait"
    """The credit note waits until its period is open again."""
    ACCEPT = "accept"
    """The books are right as they are for this state of the order: Bokbro books nothing for it."""

    VOUCHER = "voucher"
    """The money that no credit note takes is booked by a voucher of its own."""

    INVOICE = "invoice"
    """The invoice that others made of the order is this one; its number follows."""

    OTHER_SALE = "other_sale"
    """The invoices in the books that were named are other sales': the order is booked."""

    REDUCTION = "reduction"
    """The money that went back lowers the price: its VAT share goes with it, and the sale keeps its VAT."""

    TRANSPORT = "transport"
    """Goods that were collected left Sweden, and the seller can prove it."""

    VAT_NUMBER = "vat_number"
    """The buyer's VAT number, which the shop does not tell; it follows."""

    SHOP_TOTAL = "shop_total"
    """The shop's total is booked; what its parts lack of it is a row on the account that follows."""
    ANEW = "anew"
    """The draft that somebody else cancelled is created again."""

    GIVEN_AWAY = "given_away"
    """The gift card was given away: what it pays is a discount."""

    CARD_SOLD = "card_sold"
    """The gift card was sold: it pays."""

    BY_HAND = "by_hand"
    """Whatever stops the order, a person has booked it as it is now, under the reference that follows."""


_LOCKED = "CREDIT_PERIOD_LOCKED"
_DIFFERS = "DIFFERS_IN_BOOKS"
_PERIOD = "FORTNOX_PERIOD_LOCKED"
_PAYMENT_DATE = "FORTNOX_PAYMENT_DATE"
_EQUALS_VAT = "REFUND_EQUALS_VAT"
_BEYOND_CREDIT = "REFUND_BEYOND_CREDIT"
_OF_CARDS: Mapping[Answer, bool] = {Answer.GIVEN_AWAY: True, Answer.CARD_SOLD: False}
CHOICES: Mapping[str, tuple[Answer, ...]] = {
    _LOCKED: (Answer.MOVE, Answer.WAIT),
    _PERIOD: (Answer.MOVE,),
    _PAYMENT_DATE: (Answer.MOVE,),
    _BEYOND_CREDIT: (Answer.VOUCHER,),
    "SHOPIFY_TOTALS_DISAGREE": (Answer.SHOP_TOTAL,),
    _DIFFERS: (Answer.ACCEPT,),
    "DUPLICATE_IN_BOOKS": (Answer.ACCEPT,),
    "REFUND_OF_EARLIER_ORDER": (Answer.INVOICE, Answer.ACCEPT),
    "REFUND_OF_EARLIER_INVOICE": (Answer.INVOICE, Answer.ACCEPT),
    "DUPLICATE_INVOICE_FOR_ORDER": (Answer.INVOICE, Answer.OTHER_SALE, Answer.ACCEPT),
    _EQUALS_VAT: (Answer.REDUCTION, Answer.ACCEPT),
    "COLLECTED_WITHOUT_VAT": (Answer.TRANSPORT, Answer.ACCEPT),
    "VAT_CHARGED_UNEXPECTED": (Answer.VAT_NUMBER, Answer.ACCEPT),
    "DOMESTIC_REVERSE_CHARGE_STOPPED": (Answer.ACCEPT,),
    "MARGIN_GOODS_STOPPED": (Answer.ACCEPT,),
    "VAT_COLLECTED_ABOVE_LIMIT": (Answer.ACCEPT,),
    "GIFT_CARD_NOT_TOLD": tuple(_OF_CARDS),
    "GIFT_CARD_MAYBE_GIVEN": tuple(_OF_CARDS),
}
"""Code of a finding that asks → what may be answered."""
CANCELLED = "cancelled"
"""Among the values of a finding: the document is a draft that somebody else cancelled."""


UNREAD = "unread"
"""Among the values of a finding: the order could not be read. Its value: when the order was changed last, as the shop
says (ISO 8601), or empty where the shop does not say even that."""
_UNREAD_STATE = "unread:"


def unread_state(until: str) -> str:
    """What an answer is about where the order cannot be read: the order as it was at a time (ISO 8601)."""
    return _UNREAD_STATE + until


def choices_of(code: str, data: Mapping[str, object]) -> tuple[Answer, ...]:
    """What may be answered to a finding, besides that it was handled by hand."""
    anew = (Answer.ANEW,) if code == _DIFFERS and CANCELLED in data else ()
    return (*anew, *CHOICES.get(code, ()))


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that hold for one order."""

    by_question: Mapping[tuple[str, str], Answer] = field(default_factory=dict)
    """Code of the finding and what it is about → the answer. Of an acceptance: about which state of the order."""
    invoice: str = ""
    """Number of the invoice that others made of the order, where a person named it."""
    vat_number: str = ""
    """The buyer's VAT number, where a person typed it."""
    totals: Mapping[str, int] = field(default_factory=dict)
    """What the shop's total lacks of its parts ("2.00 SEK") → account of the row that a person chose for it."""
    reference: str = ""
    """Reference under which a person booked the order by hand."""

    @property
    def to_recreate(self) -> frozenset[str]:
        """Numbers of cancelled drafts that a person wants made again."""
        return frozenset(about for (_code, about), answer in self.by_question.items() if answer is Answer.ANEW)

    def moves_invoice(self, locked_through: date) -> bool:
        """Whether a person said that an invoice of a locked period is booked on the first open day.

        The answer is to just this lock: when more is locked later, it is asked again.
        """
        return self.by_question.get((_PERIOD, locked_through.isoformat())) is Answer.MOVE

    @property
    def late_payments(self) -> frozenset[str]:
        """Transactions whose payments a person wants dated on their invoice's day."""
        answered = self.by_question.items()
        return frozenset(about for (code, about), answer in answered if code == _PAYMENT_DATE and answer)

    def locked_period(self, document: str, rule: LockedPeriod) -> LockedPeriod:
        """What becomes of a credit note in a locked period: as the rule says, or as a person answered."""
        answer = self.by_question.get((_LOCKED, document)) if rule is LockedPeriod.ASK else None
        return LockedPeriod(answer.value) if answer else rule

    def wants_voucher(self, transaction_id: str) -> bool:
        """Whether a person said that money beyond all credit notes becomes a voucher."""
        return self.by_question.get((_BEYOND_CREDIT, transaction_id)) is Answer.VOUCHER

    def is_reduction(self, refund_id: str) -> bool:
        """Whether a person said that a refund of just the order's VAT is a price reduction."""
        return self.by_question.get((_EQUALS_VAT, refund_id)) is Answer.REDUCTION

    def was_given(self, transaction_id: str) -> bool | None:
        """What a person said of the gift card of a transaction: given away, sold, or nothing."""
        answers = [answer for (_code, about), answer in self.by_question.items() if about == transaction_id]
        of_cards = [_OF_CARDS[answer] for answer in answers if answer in _OF_CARDS]
        return of_cards[-1] if of_cards else None

    @property
    def other_sales(self) -> frozenset[str]:
        """Numbers of invoices in the books that are other sales', as a person said of each."""
        subjects = (about for (_code, about), answer in self.by_question.items() if answer is Answer.OTHER_SALE)
        return frozenset(number for about in subjects for number in about.split(", "))

    @property
    def transport_proven(self) -> bool:
        """Whether a person said that collected goods left Sweden."""
        return Answer.TRANSPORT in self.by_question.values()

    def accepts(self, order: Order) -> bool:
        """Whether a person said that the books are right as they stand, for just this state of the order."""
        state = state_of(order)
        # an acceptance of one difference is one of the books
        return any(about == state for about in self._accepted) or self.accepts_unread(order.updated_at)

    def accepts_unread(self, changed_at: datetime | None) -> bool:
        """Whether a person booked the order by hand when it could not be read, and it has not changed since.

        `changed_at`: None where the shop does not say; what nobody can see counts as unchanged until it is read.
        """
        times = (subject.removeprefix(_UNREAD_STATE) for subject in self._accepted if subject.startswith(_UNREAD_STATE))
        return any(changed_at is None or changed_at <= datetime.fromisoformat(until) for until in times)

    @property
    def _accepted(self) -> list[str]:
        """The states of the order that a person said are right in the books."""
        answered = self.by_question.items()
        return [about for (_code, about), answer in answered if answer in (Answer.ACCEPT, Answer.BY_HAND)]


NO_ANSWERS = Answers()
"""Nobody was asked anything."""


def state_of(order: Order) -> str:
    """What was sold, came back and was paid, as a short text: a new refund, edit or payment makes another one."""
    essence = [
        order.currency,
        order.total.minor,
        order.cancelled_at is not None,
        sorted([line.source, line.quantity, line.amount.minor] for line in order.lines),
        sorted([shipping_line.source, shipping_line.price.minor] for shipping_line in order.shipping),
        sorted([refund.id, refund.goods.minor, refund.amount.minor] for refund in order.refunds),
        sorted(
            [transaction.id, transaction.succeeded, transaction.pending, transaction.amount.minor]
            for transaction in order.transactions
        ),
    ]
    return hashlib.sha256(json.dumps(essence).encode()).hexdigest()[:32]


class LockedPeriod(StrEnum):
    """What becomes of a credit note whose day lies in a period that the bookkeeper has locked (accounting.md 2.4)."""

    MOVE = "move"
    """It gets the first open day, its text names the true one, and a notice reports it."""
    WAIT = "wait"
    """It waits until the period is open again."""
    ASK = "ask"
    """It stops with a question that a person answers on the order's page (`app.model.answers`)."""
