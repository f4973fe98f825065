"""An order in the shop's currency whose buyer paid in another: what its money settles at the order's own rate.

Shopify converts order, lines, transactions and refunds each by itself: every amount is rounded on its own, and a refund
has the rate of its day (help.shopify.com, refunds in other currencies). What is paid and owed is agreed in the buyer's
currency, so that is where it is compared; the difference in the shop's is rounding or exchange, and nobody's claim.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from app.invoicing.row_checks import tax_tolerance
from app.kit.money import Money, total
from app.model.order import Line, Order, Refund, ShippingLine


def at_order_rate(order: Order, buyers: Order) -> Order:
    """The order with what its money settles. `buyers` is the same state in the buyer's currency."""
    if not buyers.total or not order.total:
        return order
    converter = _Converter(order, buyers)
    settled = converter.refunded() | converter.received()
    return replace(
        order,
        conversions=converter.conversions,
        lines=converter.lines(),
        shipping=converter.shipping(),
        transactions=tuple(
            replace(transaction, at_order_rate=settled.get(transaction.id)) for transaction in order.transactions
        ),
        refunds=tuple(converter.noted(refund) for refund in order.refunds),
    )


class _Converter:
    """Converts one order."""

    def __init__(self, order: Order, buyers: Order) -> None:
        self.order, self.buyers = order, buyers
        self.amounts = {transaction.id: transaction.amount for transaction in buyers.transactions}
        self.theirs = {refund.id: refund for refund in buyers.refunds}

    @property
    def conversions(self) -> int:
        """How many amounts were rounded by themselves; none where they do not even add up for the buyer."""
        parts = [line.gross(taxes_included=self.buyers.taxes_included) for line in self.buyers.lines]
        parts += [
            shipping_line.gross(taxes_included=self.buyers.taxes_included) for shipping_line in self.buyers.shipping
        ]
        parts += [extra for extra in (self.buyers.tip, self.buyers.duties, self.buyers.additional_fees) if extra]
        adds_up = total(parts, self.buyers.currency) == self.buyers.total
        return len(parts) + 1 if adds_up else 0

    def lines(self) -> tuple[Line, ...]:
        """The lines with what of their tax the conversion explains."""
        in_buyers_currency = {line.id: line for line in self.buyers.lines}
        return tuple(
            replace(
                line,
                tax_converted=self._tax_converted(in_buyers_currency[line.id], in_buyers_currency[line.id].quantity),
            )
            for line in self.order.lines
        )

    def shipping(self) -> tuple[ShippingLine, ...]:
        """As the lines."""
        in_buyers_currency = {shipping_line.id: shipping_line for shipping_line in self.buyers.shipping}
        return tuple(
            replace(shipping_line, tax_converted=self._tax_converted(in_buyers_currency[shipping_line.id], 1))
            for shipping_line in self.order.shipping
        )

    def _tax_converted(self, in_buyers_currency: Line | ShippingLine, quantity: int) -> Decimal:
        """What the buyer's tax was rounded by, in öre of ours; nothing where it is more than rounding."""
        rate = sum((tax.rate_percent for tax in in_buyers_currency.tax_lines if tax.amount), Decimal(0))
        gross = in_buyers_currency.gross(taxes_included=self.buyers.taxes_included).minor
        rounded = in_buyers_currency.tax.minor - gross * rate / (100 + rate)
        is_rounding = abs(rounded) <= tax_tolerance(quantity)
        return rounded * self.order.total.minor / self.buyers.total.minor if is_rounding else Decimal(0)

    def received(self) -> dict[str, Money]:
        """Transaction → what it settles, where the buyer has paid all and the shop's amounts say otherwise.

        The newest payment takes the difference: what earlier ones settled is booked.
        """
        received, owed = self.order.money_in, self.order.total
        paid = total((self.amounts[payment.id] for payment in received), self.buyers.currency)
        fees = total((fee.amount for fee in self.order.return_fees), owed.currency)
        their_fees = total((return_fee.amount for return_fee in self.buyers.return_fees), paid.currency)
        if not received or paid not in (self.buyers.total, self.buyers.total + their_fees):
            return {}
        if paid != self.buyers.total:
            owed += fees
        *earlier, newest = received
        settles = owed - total((transaction.amount for transaction in earlier), owed.currency)
        return {newest.id: settles} if settles != newest.amount and settles.minor > 0 else {}

    def refunded(self) -> dict[str, Money]:
        """Transaction → what of its refund it settles, at the rate of the sale."""
        settled: dict[str, Money] = {}
        for refund in self.order.refunds:
            own = [transaction for transaction in self.order.money_out if transaction.id in refund.transaction_ids]
            moved = total((self.amounts[transaction.id] for transaction in own), self.buyers.currency)
            goods = self.theirs[refund.id].goods
            left = refund.goods + self._at_rate(moved - goods)
            for place, transaction in enumerate(own, 1):
                whole = left if place == len(own) else self._at_rate(self.amounts[transaction.id])
                settled[transaction.id] = whole
                left -= whole
        return {key: amount for key, amount in settled.items() if amount.minor > 0}

    def noted(self, refund: Refund) -> Refund:
        """The refund with its discrepancy at the rate of the sale: another day's rate is no price reduction."""
        in_buyers_currency = self.theirs[refund.id]
        kept = None if in_buyers_currency.discrepancy is None else self._at_rate(in_buyers_currency.discrepancy)
        return replace(refund, discrepancy=kept)

    def _at_rate(self, amount: Money) -> Money:
        rate = self.order.total.decimal / self.buyers.total.decimal
        return Money.rounded(amount.decimal * rate, self.order.currency)
