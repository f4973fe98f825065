"""The later use of a gift card that a case sells: an order of its own, paid with the card (acc-33)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sandbox.cases.payload import SINGLE_PURPOSE

Json = dict[str, Any]


def redeeming_order(stated: Json) -> Json | None:
    """The order that uses the card, as a case would state it; None where the case tells of none."""
    cards = [line for line in stated.get("lines", ()) if line.get("kind") == SINGLE_PURPOSE]
    later = stated.get("later")
    if not cards or not isinstance(later, dict):
        return None
    amount, tax = later["amount"], cards[0]["tax"]
    bought = {"title": "Book", "quantity": 1, "unit_price": amount, "line_total_after_discount": amount, "tax": tax}
    at = f"{later['redeemed_at']}T10:00:00+01:00"
    money = {"kind": "sale", "gateway": "gift_card", "amount": amount, "currency": stated["currency"]}
    return {
        **{name: stated[name] for name in ("type", "currency", "taxes_included", "ship_to") if name in stated},
        "name": later["order"],
        "processed_at": at,
        "lines": [bought],
        "total": amount,
        "transactions": [money],
    }


def rate_of_cards(stated: Json) -> Decimal | None:
    """The one rate of what the case's cards buy; None where they are multi-purpose."""
    cards = [line for line in stated.get("lines", ()) if line.get("kind") == SINGLE_PURPOSE]
    return Decimal(cards[0]["tax"]["rate_percent"]) if cards else None


def as_one(vouchers: Sequence[Any]) -> list[Any]:
    """Vouchers of one day as the case states the use of a card: what all of them together move."""
    if not vouchers:
        return []
    sums: dict[str, Decimal] = {}
    for _day, moved in vouchers:
        for account, amount in moved.items():
            sums[account] = sums.get(account, Decimal(0)) + Decimal(amount)
    return [
        [vouchers[0][0], {account: f"{amount.normalize():f}" for account, amount in sorted(sums.items()) if amount}]
    ]
