"""Checks that payouts settle no more of an order than it was paid (accounting.md T4, T7, 0.12). Pure.

Left out, because nothing says what would be right: orders from before the start date, of other channels or of unknown
payments (unknown is not zero); and rows of disputes, reserves and corrections, which are no order's payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.kit.money import Money
from app.model.finding import Finding
from app.model.payout import PayoutLine, PayoutLineKind

BEYOND_ORDER = "beyond"
"""By what a line counts as known that would settle more than its order was paid: it stays on the clearing account."""
COMPARED = frozenset({PayoutLineKind.CHARGE, PayoutLineKind.REFUND, PayoutLineKind.REFUND_FAILED})
LEFT_OUT = frozenset(
    {
        PayoutLineKind.CHARGEBACK, PayoutLineKind.CHARGEBACK_REVERSED, PayoutLineKind.RESERVE_HELD,
        PayoutLineKind.RESERVE_RELEASED, PayoutLineKind.ADJUSTMENT, PayoutLineKind.OTHER,
    }
)  # fmt: skip
"""Kinds that the comparison leaves out; a person sees how many they are."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What payouts have of an order, in one currency: positive."""

    charged: Money
    returned: Money

    def and_line(self, kind: PayoutLineKind, amount: Money) -> Settled:
        """With one line more."""
        if kind is PayoutLineKind.CHARGE:
            return Settled(self.charged + amount, self.returned)
        return Settled(self.charged, self.returned - amount)


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """What an order was paid, and what other payouts have of that."""

    name: str
    captured: Money
    settled: Settled


def beyond_orders(lines: Mapping[int, Iterable[PayoutLine]], orders: Mapping[int, PaidOrder]) -> dict[str, Finding]:
    """Line → what is reported of it, of those with which an order would be settled beyond what it was paid.

    `lines`: order → its lines in the payout. An order that is not in `orders` is not compared. A refund may come in an
    earlier payout than its charge: what is returned is compared with what was captured, not with what was paid out.
    """
    findings: dict[str, Finding] = {}
    for order, its_lines in lines.items():
        known = orders.get(order)
        if known is None:
            continue
        settled, captured = known.settled, known.captured
        # What came back to the provider first: it makes room for the refund that is tried again.
        for line in sorted(
            its_lines, key=lambda its_line: (its_line.kind is not PayoutLineKind.REFUND_FAILED, its_line.occurred_on)
        ):
            amount = _in(captured.currency, line)
            if amount is None or line.kind not in COMPARED:
                continue
            after = settled.and_line(line.kind, amount)
            is_charge = line.kind is PayoutLineKind.CHARGE
            reached = after.charged if is_charge else after.returned
            if reached > captured and line.kind is not PayoutLineKind.REFUND_FAILED:
                data = {
                    "order": known.name, "captured_amount": str(captured), "settled_amount": str(reached),
                    "shop_amount": str(line.amount),
                }  # fmt: skip
                findings[line.id] = Finding("PAYOUT_BEYOND_ORDER", line.id, data)
            else:
                settled = after
    return findings


def booked_beyond(finding: Finding) -> Finding:
    """The same of a line that is booked by rule and stays on the clearing account."""
    data = {
        "order": finding.data["order"], "captured_amount": finding.data["captured_amount"],
        "settled_amount": finding.data["settled_amount"], "shop_amount": finding.data["shop_amount"],
    }  # fmt: skip
    return Finding("PAYOUT_BEYOND_ORDER_BOOKED", finding.about, data)


def _in(currency: str, line: PayoutLine) -> Money | None:
    if line.amount.currency == currency:
        return line.amount
    if line.order_amount is not None and line.order_amount.currency == currency:
        return line.order_amount
    return None
