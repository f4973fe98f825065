"""Gift cards that were given away, not sold: what they pay is a discount, and the VAT falls with the price.

Nobody paid for such a card, so it is no debt and no means of payment (accounting.md 0.6; VAT Directive 2006/112/EC,
article 73a: the taxable amount is the consideration paid for the voucher). An order that was paid with one is planned
as if the shop had taken the amount off all goods and ways of delivery by their worth; the card's transactions are no
money. Where the books hold such a payment already, its amount goes back to the account of gift cards.

Only the receipt of the transaction says which card paid (`app.shops.shopify.orders.card_receipts`). Whether that card
was given away a person says: by a list of cards (rule `campaign_cards`) for payments that are not booked yet, or by an
answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.adjustments.creditable_lines import PostedDocuments
from app.invoicing.order_parts import TAXED
from app.kit.money import Money, split, total, vat_out_of_gross
from app.model.answers import Answers
from app.model.finding import UNSTATED, Finding
from app.model.order import SHIPPING_SOURCE, Line, Order, Refund, RefundedPart, ShippingLine, TaxLine, Transaction
from app.model.order import TransactionKind as Kind
from app.payments.over_refund import moved_by
from app.tenants.rules import TenantRules

PUT_BACK = "given:"
"""Prefix of the id of the transaction that reverses what cards took off their account; the order's id follows."""
_ROLE = "gift_card"
_IN = (Kind.SALE, Kind.CAPTURE)


def with_given_cards(
    order: Order, rules: TenantRules, posted: PostedDocuments, answers: Answers
) -> tuple[Order, list[Finding]]:
    """The order as it is planned, and the questions that a person must answer first."""
    cards = [transaction for transaction in order.transactions if _is_of_card(transaction, order, rules)]
    if not any(card.kind in _IN for card in cards):
        return order, []
    decided = _Cards(order, rules, posted, answers, cards)
    if not decided.given_away:
        return order, decided.findings
    return _Spread(order, decided).order(), decided.findings


def given_ids(posted: PostedDocuments) -> frozenset[str]:
    """Transactions whose amounts are discounts in posted documents: no later rule makes payments of them."""
    return frozenset(
        transaction_id for document in (*posted.documents, *posted.ordered) for transaction_id in document.given_cards
    )


def card_of(transaction: Transaction) -> str:
    """How a page names the card."""
    return ", ".join(transaction.card_names) or UNSTATED


def is_listed(transaction: Transaction, rules: TenantRules) -> bool:
    """Whether the company lists the card as one that it gave away."""
    return not {card.casefold() for card in rules.campaign_cards}.isdisjoint(transaction.card_names)


def _is_of_card(transaction: Transaction, order: Order, rules: TenantRules) -> bool:
    is_card = rules.gateways.get(transaction.gateway.lower()) == _ROLE
    if not is_card or transaction.amount.currency != order.currency:
        return False
    if transaction.kind is Kind.REFUND:
        return True
    return transaction.kind in _IN and transaction.succeeded


class _Cards:
    """Which transactions of an order are of cards that were given away."""

    def __init__(
        self, order: Order, rules: TenantRules, posted: PostedDocuments, answers: Answers, cards: Sequence[Transaction]
    ) -> None:
        self.order, self.rules, self.posted, self.answers = order, rules, posted, answers
        self.marked = given_ids(posted)
        self.findings: list[Finding] = []
        paid = [card for card in cards if card.kind in _IN]
        self.given_away = [transaction for transaction in paid if self._was_given(transaction)]
        others = [transaction for transaction in paid if transaction not in self.given_away]
        back = [transaction for transaction in cards if transaction.kind is Kind.REFUND] if self.given_away else []
        self.back = [transaction for transaction in back if self._went_back(transaction, others)]

    def used(self, transaction: Transaction) -> Money:
        """What the books hold of a transaction; negative of one that gave money back."""
        return moved_by(transaction, self.posted.payments, self.posted.vouchers)

    def _was_given(self, paid: Transaction) -> bool:
        answer = self.answers.was_given(paid.id)
        if answer is not None:
            return answer
        if paid.id in self.marked:
            return True
        if not self.rules.campaign_cards or self.used(paid):
            return False  # what is booked is asked about (`app.orders.given_card_questions`), never changed by a list
        if not paid.card_names:
            self._ask(paid)
        return is_listed(paid, self.rules)

    def _went_back(self, back: Transaction, others: Sequence[Transaction]) -> bool:
        """Whether money went back onto a card that was given away. `others`: payments with cards that were sold."""
        answer = self.answers.was_given(back.id)
        if answer is not None or not others:
            return answer is not False
        names = set(back.card_names)
        to_given = any(names.intersection(transaction.card_names) for transaction in self.given_away)
        to_others = any(names.intersection(other.card_names) for other in others)
        if to_given == to_others and not self.used(back):
            self._ask(back)
        return to_given and not to_others

    def _ask(self, transaction: Transaction) -> None:
        data = {"order": self.order.name, "amount": str(transaction.amount), "transaction": transaction.id}
        self.findings.append(Finding("GIFT_CARD_NOT_TOLD", transaction.id, data))


class _Values:
    """Value of the goods that the buyer still has, by source, VAT included: with and without the cards."""

    def __init__(self, gross: Mapping[str, Money], discount: Money) -> None:
        shares = split(discount, [amount.minor for amount in gross.values()]) if discount else [discount] * len(gross)
        self.zero = Money.zero(discount.currency)
        self.whole = dict(gross)
        self.left = {source: gross[source] - share for source, share in zip(gross, shares, strict=True)}
        self.came_back = dict.fromkeys(gross, self.zero)
        """Less the cards."""

    @property
    def discount(self) -> Money:
        """What the cards take off them."""
        return self._sum(self.whole) - self._sum(self.left)

    def sold_for(self, source: str) -> Money:
        """What a source costs before anything comes back."""
        return self.left[source] + self.came_back[source]

    def take(self, part: RefundedPart) -> RefundedPart:
        """The part at what its goods cost; a refund may say "shipping" and not which."""
        source = part.source
        if source not in self.whole and source.startswith(SHIPPING_SOURCE):
            source = next((candidate for candidate in self.whole if candidate.startswith(SHIPPING_SOURCE)), source)
        whole = self.whole.get(source)
        if not whole or not part.gross:
            return part
        gross = min(part.gross, whole)
        cost = _part_of(self.left[source], gross, whole)
        self.whole[source] -= gross
        self.left[source] -= cost
        self.came_back[source] += cost
        return replace(part, gross=cost, tax=_part_of(part.tax, cost, part.gross))

    def deduct(self, amount: Money) -> Money:
        """Deduct an amount from what is left; a negative one is added back. Returns what there was no room for."""
        room = (
            dict(self.left)
            if amount.minor > 0
            else {source: self.left[source] - self.whole[source] for source in self.left}
        )
        weights = [abs(money.minor) for money in room.values()]
        fits = min(abs(amount), Money(sum(weights), amount.currency))
        if not fits:
            return amount
        signed = fits if amount.minor > 0 else -fits
        for source, share in zip(room, split(signed, weights), strict=True):
            self.left[source] -= share
        return amount - signed

    def _sum(self, amounts: Mapping[str, Money]) -> Money:
        return total(amounts.values(), self.zero.currency)


class _Spread:
    """Takes the cards off an order: its lines, its ways of delivery, its refunds and its money.

    What the buyer keeps is taxed on the money that the shop keeps. A refund that gives more money than its goods cost,
    and leaves the card, lowers the price of the rest; one that fills the card again raises it.
    """

    def __init__(self, was: Order, cards: _Cards) -> None:
        self.was, self.cards = was, cards
        self.zero = Money.zero(was.currency)
        sold: tuple[Line | ShippingLine, ...] = (*(line for line in was.lines if line.kind in TAXED), *was.shipping)
        gross = {part.source: part.gross(taxes_included=was.taxes_included) for part in sold}
        self.gross = {source: amount for source, amount in gross.items() if amount.minor > 0}
        paid = total((transaction.pays for transaction in cards.given_away), was.currency)
        # What a card pays beyond all goods is nothing that can be less: the order then waits for money.
        discount = min(paid, total(self.gross.values(), was.currency))
        self.beyond = paid - discount
        self.values = _Values(self.gross, discount)
        self.owed = max(was.received - was.total, self.zero)
        """By the shop, for goods that it has no more to sell; the shop's figure counts the cards as money."""
        self.discount_to_return = self.zero
        """What the goods that came back had of the cards' discount above what went onto them, and below zero."""

    def order(self) -> Order:
        """The order with the cards as a discount."""
        was = self.was
        refunds = self._refunds()
        lines = tuple(self._line(line) for line in was.lines)
        shipping = tuple(self._shipping(line) for line in was.shipping)
        before = total((line.tax for part in (was.lines, was.shipping) for line in part), was.currency)
        after = total((line.tax for part in (lines, shipping) for line in part), was.currency)
        return replace(
            was,
            lines=lines,
            shipping=shipping,
            total=was.total - total((self._discount_of(source) for source in self.gross), was.currency),
            total_tax=was.total_tax - (before - after),
            current=None if was.current is None else was.current - self.values.discount,
            refunds=refunds,
            transactions=self._transactions(),
            given_cards={transaction.id: transaction.pays for transaction in self.cards.given_away},
        )

    def _discount_of(self, source: str) -> Money:
        return self.gross[source] - self.values.sold_for(source) if source in self.gross else self.zero

    def _line(self, line: Line) -> Line:
        discount = self._discount_of(line.source)
        if not discount:
            return line
        taxes = self._taxes(line)
        less = self._in_price(line, taxes, discount)
        return replace(line, discount=line.discount + less, tax_lines=taxes)

    def _shipping(self, line: ShippingLine) -> ShippingLine:
        discount = self._discount_of(line.source)
        if not discount:
            return line
        taxes = self._taxes(line)
        return replace(line, price=line.price - self._in_price(line, taxes, discount), tax_lines=taxes)

    def _taxes(self, line: Line | ShippingLine) -> tuple[TaxLine, ...]:
        """The taxes of what is left of the price. A wrong charge stays wrong, so that the checks still find it."""
        whole, cost = self.gross[line.source], self.values.sold_for(line.source)
        if len(line.tax_lines) != 1 or not line.tax:
            return tuple(replace(tax, amount=_part_of(tax.amount, cost, whole)) for tax in line.tax_lines)
        (tax,) = line.tax_lines
        wrong = tax.amount - vat_out_of_gross(whole, tax.rate_percent)
        return (replace(tax, amount=vat_out_of_gross(cost, tax.rate_percent) + _part_of(wrong, cost, whole)),)

    def _in_price(self, line: Line | ShippingLine, taxes: Iterable[TaxLine], discount: Money) -> Money:
        """What is taken off, in the order's price style."""
        if self.was.taxes_included:
            return discount
        return discount - (line.tax - total((tax.amount for tax in taxes), discount.currency))

    def _refunds(self) -> tuple[Refund, ...]:
        """The refunds without the cards; those whose money is certain move the price of what is left."""
        waits = {refund.id: self._waits(refund) for refund in self.was.refunds}
        in_turn = sorted(self.was.refunds, key=lambda refund: (waits[refund.id], refund.created_at, refund.id))
        made = {refund.id: self._refund(refund, is_certain=not waits[refund.id]) for refund in in_turn}
        return tuple(made[refund.id] for refund in self.was.refunds)

    def _refund(self, refund: Refund, *, is_certain: bool) -> Refund:
        onto_cards = total((transaction.pays for transaction in self._back_of(refund)), self.zero.currency)
        money = self._money_of(refund)
        # Of a card's money that lowered nothing, or that the shop gave beyond the goods: no price has changed.
        beyond = min(self.beyond, onto_cards)
        self.beyond -= beyond
        gift = min(self._given_beyond(refund, onto_cards + money), onto_cards - beyond)
        before = self.values.discount
        parts = tuple(self.values.take(part) for part in refund.parts)
        self.discount_to_return += before - self.values.discount - (onto_cards - beyond - gift)
        if is_certain and (onto_cards or money):  # goods may come first, and what went back for them in another refund
            self.discount_to_return = self.values.deduct(self.discount_to_return)
        ids = {transaction.id for transaction in self.cards.back}
        return replace(
            refund,
            parts=parts,
            amount=max(refund.amount - onto_cards, self.zero),
            discrepancy=self._discrepancy(refund, parts, money, gift),
            transaction_ids=tuple(
                transaction_id for transaction_id in refund.transaction_ids if transaction_id not in ids
            ),
        )

    def _given_beyond(self, refund: Refund, moved: Money) -> Money:
        """What the shop gave beyond the goods and did not owe, for those that an edit took away or that came before."""
        beyond = moved - refund.goods
        if beyond.minor <= 0:
            self.owed += self.zero if moved else -beyond
            return self.zero
        unpaid = min(self.owed, beyond)
        self.owed -= unpaid
        return beyond - unpaid

    def _discrepancy(self, refund: Refund, parts: Sequence[RefundedPart], money: Money, gift: Money) -> Money | None:
        """The discrepancy of a refund, with goods and money counted without the cards."""
        discrepancy = refund.discrepancy
        if not discrepancy:
            return discrepancy
        goods = total((part.gross for part in parts), self.zero.currency)
        return (
            max(discrepancy, -goods)
            if discrepancy.minor < 0
            else max(min(discrepancy - gift, money - goods), self.zero)
        )

    def _money_of(self, refund: Refund) -> Money:
        """What went back in other ways, or is pending."""
        cards = {transaction.id for transaction in self.cards.back}
        moved = [
            transaction
            for transaction in self.was.transactions
            if transaction.id in refund.transaction_ids and transaction.id not in cards
        ]
        return total(
            (transaction.pays for transaction in moved if transaction.succeeded or transaction.pending),
            self.zero.currency,
        )

    def _waits(self, refund: Refund) -> bool:
        """Whether the bank has not confirmed yet; a gift card needs no bank."""
        cards = {transaction.id for transaction in self.cards.back}
        under_way = {
            transaction.id
            for transaction in self.was.transactions
            if transaction.pending and transaction.id not in cards
        }
        return not under_way.isdisjoint(refund.transaction_ids)

    def _back_of(self, refund: Refund) -> list[Transaction]:
        """What of a refund went onto the cards, pending money included: the buyer is not owed it."""
        own = [transaction for transaction in self.cards.back if transaction.id in refund.transaction_ids]
        return [transaction for transaction in own if transaction.succeeded or transaction.pending] or own[:1]

    def _transactions(self) -> tuple[Transaction, ...]:
        """The transactions. Of the cards only what is booked, and what reverses it."""
        kept: list[Transaction] = []
        stands, first = self.zero, self.cards.given_away[0]
        cards = {transaction.id for transaction in (*self.cards.given_away, *self.cards.back)}
        for transaction in self.was.transactions:
            if transaction.id not in cards:
                kept.append(transaction)
                continue
            used = self.cards.used(transaction)
            stands += used
            if used:
                kept.append(replace(transaction, amount=abs(used), at_order_rate=None))
        if stands.minor > 0:
            put_back = f"{PUT_BACK}{self.was.id}"
            kept.append(replace(first, id=put_back, kind=Kind.REFUND, amount=stands, at_order_rate=None))
        return tuple(kept)


def _part_of(amount: Money, part: Money, whole: Money) -> Money:
    """The amount in the proportion of part to whole, half up."""
    return Money((amount.minor * part.minor * 2 + whole.minor) // (whole.minor * 2), amount.currency)
