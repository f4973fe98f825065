"""How a GraphQL order's goods reach the buyer, where they are sent from, and where those are handed over.

Sources: `FulfillmentOrder.deliveryMethod.methodType` and `assignedLocation.countryCode`, `Order.retailLocation`
(Shopify Admin API 2026-10, `DeliveryMethodType`).
"""

from __future__ import annotations

from collections.abc import Iterator

from app.model.order import HANDED_OVER, SENT, DeliveryMethod
from app.shops.shopify.orders.order_reader import nodes
from app.shops.shopify.reading import Json, mapping, text

_METHODS = {method.value: method for method in DeliveryMethod}


def delivery_methods(node: Json) -> frozenset[DeliveryMethod]:
    """The ways in which its goods reach the buyer; an unknown word counts as not stated."""
    return frozenset(method for order in _fulfillment_orders(node) if (method := _method(order)))


def handover_countries(node: Json) -> frozenset[str]:
    """Countries of the locations where goods of the order are picked up or sold over the counter."""
    found = _countries(node, HANDED_OVER)
    till = mapping(node.get("retailLocation") or {}, "retailLocation")
    found.add(_country(till.get("address")))
    return frozenset(found - {""})


def dispatch_countries(node: Json) -> frozenset[str]:
    """Countries of the locations that goods of the order are sent from."""
    return frozenset(_countries(node, SENT) - {""})


def _countries(node: Json, methods: frozenset[DeliveryMethod]) -> set[str]:
    return {_country(order.get("assignedLocation")) for order in _fulfillment_orders(node) if _method(order) in methods}


def _fulfillment_orders(node: Json) -> Iterator[Json]:
    for fulfillment_order in nodes(node.get("fulfillmentOrders"), "fulfillmentOrders"):
        if text(fulfillment_order.get("status")).upper() != "CANCELLED":
            yield fulfillment_order


def _method(node: Json) -> DeliveryMethod | None:
    method = mapping(node.get("deliveryMethod") or {}, "deliveryMethod")
    return _METHODS.get(text(method.get("methodType")).lower())


def _country(node: object) -> str:
    return text(mapping(node or {}, "location").get("countryCode")).upper()
