"""Refunds and returns by their global ids, with the order they belong to."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.shopify.graphql.parts import utc
from sandbox.shopify.graphql.refunds import refund
from sandbox.shopify.graphql.returns import return_object
from sandbox.shopify.graphql.stated import StatedOrder, find
from sandbox.shopify.model import Json, Shop, StoredOrder, gid


def part_by_id(shop: Shop, orders: Iterable[StoredOrder], wanted: str) -> Json | StatedOrder | None:
    """A refund or a return of one of these orders, or of one that is stated; null when there is none such."""
    for state in shop.stated.values():
        found = find(state, wanted)
        if found is not None:
            return StatedOrder({**found, "order": state})
    for order in orders:
        for entry in order.body.get("refunds") or []:
            if _is(entry, "Refund", wanted):
                return refund(entry, order) | {"order": _of(order)}
        for entry in order.body.get("_returns") or []:
            if _is(entry, "Return", wanted):
                return return_object(entry, order) | {"order": _of(order)}
    return None


def _is(entry: Json, kind: str, wanted: str) -> bool:
    return wanted in (entry.get("admin_graphql_api_id"), gid(kind, entry.get("id", 0)))


def _of(order: StoredOrder) -> Json:
    updated = utc(order.body.get("updated_at") or order.body.get("created_at"))
    return {"__typename": "Order", "id": gid("Order", order.id), "name": order.name, "updatedAt": updated}
