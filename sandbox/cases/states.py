"""The states an order goes through in a case, oldest first: as placed, edited, refunded once, refunded twice …"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.cases.payload import graphql_order, line_node, money_bag, transaction_node

Json = dict[str, Any]
_REFUND = frozenset(
    """type order order_input created_at cancelled_at id refund_lines refund_shipping order_adjustments
    transactions""".split()  # noqa: SIM905
)
COVERED = ("order", "refund", "refund_sequence", "order_edit")
"""Types of a case's input that are one order's story."""


@dataclass(frozen=True, slots=True)
class Story:
    """One order's states; the first ones may be another case's, whose documents are not looked at here."""

    states: tuple[Json, ...]
    order: Json
    """The order's own input."""
    given: int = 0
    """How many states stand in the books before the case begins."""


def story(stated: Json, orders: Mapping[str, Json]) -> Story:
    """The story of a case's input. `orders` are the inputs of the file's orders by name."""
    match stated["type"]:
        case "order":
            return Story((graphql_order(stated),), stated)
        case "order_edit":
            first = graphql_order(stated["order_input"])
            return Story((first, _edited(first, stated)), stated["order_input"])
        case "refund_sequence":
            own, refunds = stated["order_input"], stated["refunds"]
        case _:
            own, refunds = stated.get("order_input") or orders[stated["order"]], [stated]
    states = [graphql_order(own)]
    for number, refund in enumerate(refunds, 1):
        states.append(_refunded(states[-1], refund, number))
    return Story(tuple(states), own, 0 if "order_input" in stated else 1)


def unread(stated: Json) -> set[str]:
    """Fields of a refund or edit that this module does not read."""
    if stated["type"] == "refund":
        return stated.keys() - _REFUND
    return set()


def _edited(node: Json, edit: Json) -> Json:
    """Lines were added, and paid."""
    currency, lines = node["currencyCode"], node["lineItems"]["nodes"]
    added = [line_node(len(lines) + number, one, currency) for number, one in enumerate(edit["added_lines"], 1)]
    carrying_amount = sum(Decimal(one["line_total_after_discount"]) for one in edit["added_lines"])
    total = Decimal(node["totalPriceSet"]["shopMoney"]["amount"]) + carrying_amount
    return {
        **node,
        "updatedAt": edit["edited_at"],
        "totalPriceSet": money_bag(str(total), currency),
        "lineItems": {"nodes": [*lines, *added]},
        "transactions": [*node["transactions"], *_money(node, edit, edit["edited_at"])],
    }


def _money(node: Json, event: Json, at: str) -> Iterator[Json]:
    known = len(node["transactions"])
    for number, one in enumerate(event["transactions"], known + 1):
        yield transaction_node(number, one, at)


def _refunded(node: Json, refund: Json, number: int) -> Json:
    currency = node["currencyCode"]
    money = list(_money(node, refund, refund["created_at"]))
    back = sum(Decimal(one["amount"]) for one in refund["transactions"])
    shipping = refund.get("refund_shipping")
    made = {
        "id": f"gid://shopify/Refund/{800 + number}",
        "createdAt": refund["created_at"],
        "totalRefundedSet": money_bag(str(back), currency),
        "refundLineItems": {"nodes": [_line_back(node, one, currency) for one in refund.get("refund_lines", ())]},
        "refundShippingLines": {"nodes": [_shipping_back(node, shipping, currency)] if shipping else []},
        "orderAdjustments": {
            "nodes": [{"amountSet": money_bag(one["amount"], currency)} for one in refund.get("order_adjustments", ())]
        },
        "transactions": {"nodes": [{"id": json["id"]} for json in money]},
    }
    return {
        **node,
        "updatedAt": refund["created_at"],
        "cancelledAt": refund.get("cancelled_at"),
        "lineItems": {"nodes": [_less(one, made) for one in node["lineItems"]["nodes"]]},
        "transactions": [*node["transactions"], *money],
        "refunds": [*node["refunds"], made],
    }


def _less(line: Json, refund: Json) -> Json:
    """A line with what came back off its current quantity."""
    back = [one["quantity"] for one in refund["refundLineItems"]["nodes"] if one["lineItem"]["id"] == line["id"]]
    return {**line, "currentQuantity": line["currentQuantity"] - sum(back)}


def _line_back(node: Json, back: Json, currency: str) -> Json:
    (line,) = [one for one in node["lineItems"]["nodes"] if one["title"] == back["title"]]
    return {
        "quantity": back["quantity"],
        "lineItem": {"id": line["id"]},
        "subtotalSet": money_bag(back["line_total_after_discount"], currency),
        "totalTaxSet": money_bag(back["tax"]["amount"], currency),
    }


def _shipping_back(node: Json, back: Json, currency: str) -> Json:
    return {
        "shippingLine": {"id": node["shippingLines"]["nodes"][0]["id"]},
        "subtotalAmountSet": money_bag(back["amount"], currency),
        "taxAmountSet": money_bag(back["tax"], currency),
    }
