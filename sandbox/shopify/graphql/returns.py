"""The Return object of GraphQL: what is sent back, and what the buyer pays for it (Return, ReturnLineItem)."""

from __future__ import annotations

from sandbox.shopify.graphql.parts import plain_connection, utc
from sandbox.shopify.graphql.projecting import Connection
from sandbox.shopify.model import Json, StoredOrder, gid
from sandbox.shopify.money import read_bag


def returns(order: StoredOrder) -> Connection:
    """All returns of an order."""
    return plain_connection("ReturnConnection", [return_object(one, order) for one in order.body.get("_returns") or []])


def return_object(entry: Json, order: StoredOrder) -> Json:
    """One Return."""
    fees = [
        {
            "__typename": "ReturnShippingFee",
            "id": gid("ReturnShippingFee", f"{entry['id']}{number}"),
            "amountSet": read_bag(fee, "amount", order.nothing).graphql(),
        }
        for number, fee in enumerate(entry.get("shipping_fees") or [], 1)
    ]
    return {
        "__typename": "Return",
        "id": gid("Return", entry["id"]),
        "name": f"{order.name}-R{entry.get('number', 1)}",
        "status": entry.get("status") or "OPEN",
        "createdAt": utc(entry.get("created_at")),
        "returnShippingFees": fees,
        "returnLineItems": plain_connection(
            "ReturnLineItemTypeConnection", [_line(line, order) for line in entry.get("lines") or []]
        ),
    }


def _line(line: Json, order: StoredOrder) -> Json:
    fee = line.get("restocking_fee_set")
    return {
        "__typename": "ReturnLineItem",
        "id": gid("ReturnLineItem", line["id"]),
        "quantity": int(line.get("quantity") or 0),
        "fulfillmentLineItem": {
            "__typename": "FulfillmentLineItem",
            "lineItem": {"__typename": "LineItem", "id": gid("LineItem", line["line_item_id"])},
        },
        "restockingFee": {
            "__typename": "RestockingFee",
            "id": gid("RestockingFee", line["id"]),
            "amountSet": read_bag(line, "restocking_fee", order.nothing).graphql(),
        }
        if fee
        else None,
    }
