"""Taking in a REST order body from elsewhere, as it is, for tests that feed real samples."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.shopify.model import Json, Shop, StoredOrder, World, gid
from sandbox.shopify.money import Bag, minor, read_bag

PAID_WORDS = frozenset({"paid", "partially_refunded", "refunded"})


class ForeignOrderError(Exception):
    """The body lacks what no order can be without."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"a REST order needs {missing!r}")


def adopt(world: World, shop: Shop, body: Json, transactions: list[Json] | None) -> StoredOrder:
    """Store a foreign order; the body is not touched.

    REST bodies carry no transactions. Unless they are given, one sale is assumed for a body that calls itself
    paid and names a gateway, and the rows of its refunds are taken over.
    """
    if not isinstance(body.get("id"), int):
        raise ForeignOrderError("id")
    if not isinstance(body.get("line_items"), list):
        raise ForeignOrderError("line_items")
    order = StoredOrder(copy.deepcopy(body))
    given = copy.deepcopy(transactions) if transactions is not None else _assumed(world, order)
    order.transactions = [_completed(row, order) for row in given]
    for refund in order.body.get("refunds") or []:
        for row in refund.get("transactions") or []:
            _completed(row, order)
            if all(row["id"] != known["id"] for known in order.transactions):
                order.transactions.append(row)
    shop.orders[order.id] = order
    return order


def _assumed(world: World, order: StoredOrder) -> list[Json]:
    body = order.body
    gateways: list[str] = body.get("payment_gateway_names") or []
    if body.get("financial_status") not in PAID_WORDS or not gateways:
        return []
    number = world.new_id()
    return [
        {
            "id": number,
            "admin_graphql_api_id": gid("OrderTransaction", number),
            "order_id": order.id,
            "kind": "sale",
            "status": "success",
            "gateway": gateways[-1],
            "processed_at": body.get("processed_at") or body.get("created_at"),
            "created_at": body.get("created_at"),
            "test": bool(body.get("test")),
            "payment_id": f"{order.name}.1",
            "receipt": {},
            "_amount_set": read_bag(body, "total_price", order.nothing).rest(),
        }
    ]


def _completed(row: Json, order: StoredOrder) -> Json:
    """Give a transaction its amount in both currencies, and lower-case words as REST has them."""
    row.setdefault("_amount_set", row.get("amount_set") or _both(row.get("amount"), row.get("currency"), order).rest())
    row["kind"], row["status"] = str(row.get("kind") or "sale").lower(), str(row.get("status") or "success").lower()
    return row


def _both(amount: Any, currency: object, order: StoredOrder) -> Bag:  # noqa: ANN401 -- a string or number of JSON
    """An amount known in one currency, converted by the order's own relation."""
    nothing = order.nothing
    total = read_bag(order.body, "total_price", nothing)
    if currency == nothing.presentment_currency != nothing.shop_currency and total.presentment:
        return total.part(minor(amount or 0, nothing.presentment_currency), total.presentment)
    units = minor(amount or 0, nothing.shop_currency)
    return total.part(units, total.shop) if total.shop else nothing.with_units(units, units)
