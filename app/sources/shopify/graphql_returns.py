"""Fees on the returns of a GraphQL order (`Return.returnShippingFees`, `ReturnLineItem.restockingFee`; 2024-07)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.domain.commerce import ReturnFee, ReturnFeeKind
from app.sources.shopify.graphql_reader import OrderReader, nodes
from app.sources.shopify.reading import Json, listing, mapping, moment, numeric_id, required, text

_NOT_AGREED = frozenset({"CANCELED", "DECLINED", "REQUESTED"})
"""`ReturnStatus` of returns on which nobody owes a fee (yet)."""


def return_fees(reader: OrderReader) -> tuple[ReturnFee, ...]:
    """The fees of all returns that were agreed; none where there are none."""
    found = nodes(reader.node.get("returns"), "returns")
    return tuple(
        fee for one in found if text(one.get("status")).upper() not in _NOT_AGREED for fee in _fees(reader, one)
    )


def _fees(reader: OrderReader, node: Json) -> Iterator[ReturnFee]:
    of = numeric_id(required(node, "id"), "returns.id")
    at = _created_at(reader, node)
    for number, one in enumerate(listing(node.get("returnShippingFees"), "returnShippingFees"), 1):
        amount = reader.bag(required(one, "amountSet"), "returnShippingFees.amountSet")
        yield ReturnFee(f"{of}:shipping{number}", ReturnFeeKind.SHIPPING, amount, at)
    for number, one in enumerate(nodes(node.get("returnLineItems"), "returnLineItems"), 1):
        fee = one.get("restockingFee")
        if fee is None:
            continue
        amount = reader.bag(required(mapping(fee, "restockingFee"), "amountSet"), "restockingFee.amountSet")
        if amount:
            yield ReturnFee(f"{of}:restocking{number}", ReturnFeeKind.RESTOCKING, amount, at, _line(one))


def _created_at(reader: OrderReader, node: Json) -> datetime:
    return moment(
        node.get("createdAt") or reader.node.get("updatedAt") or required(reader.node, "createdAt"), "returns"
    )


def _line(node: Json) -> str:
    sent = mapping(node.get("fulfillmentLineItem") or {}, "fulfillmentLineItem")
    line = mapping(sent.get("lineItem") or {}, "lineItem")
    return f"line:{numeric_id(line['id'], 'lineItem.id')}" if line.get("id") else ""
