"""Refunds of a GraphQL order: goods, shipping and duties that came back, the money, the discrepancy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from app.invoicing.order_parts import DUTIES_SOURCE
from app.kit.money import Money, total
from app.model.order import SHIPPING_SOURCE, Refund, RefundedPart, ReturnFee, ReturnFeeKind
from app.shops.shopify.orders.order_reader import OrderReader, nodes
from app.shops.shopify.reading import Json, count, listing, mapping, moment, numeric_id, required, text


def read_refund(reader: OrderReader, node: Json, *, taxes_included: bool) -> Refund:
    """One refund. Where the order's prices hold no tax, a refund's subtotals hold none either (shopify-api.md 3.7)."""
    adjustments = [
        _gross(reader, adjustment, "amountSet", "taxAmountSet", taxes_included=taxes_included)[0]
        for adjustment in nodes(node.get("orderAdjustments"), "orderAdjustments")
    ]
    return Refund(
        id=numeric_id(node.get("legacyResourceId") or required(node, "id"), "refunds.id"),
        created_at=moment(node.get("createdAt") or required(reader.node, "createdAt"), "refunds.createdAt"),
        amount=reader.moved(required(node, "totalRefundedSet"), "totalRefundedSet"),
        parts=tuple(_parts(reader, node, taxes_included=taxes_included)),
        # The shop counts what it keeps as positive; for the buyer it is the other way round.
        discrepancy=-total(adjustments, reader.currency) if adjustments else None,
        transaction_ids=tuple(
            numeric_id(required(transaction, "id"), "refunds.transactions.id")
            for transaction in nodes(node.get("transactions"), "refunds.transactions")
        ),
        note=text(node.get("note")),
    )


def _parts(reader: OrderReader, node: Json, *, taxes_included: bool) -> Iterator[RefundedPart]:
    for item in nodes(node.get("refundLineItems"), "refundLineItems"):
        line = numeric_id(mapping(item.get("lineItem"), "lineItem").get("id"), "lineItem.id")
        gross, tax = _gross(reader, item, "subtotalSet", "totalTaxSet", taxes_included=taxes_included)
        yield RefundedPart(f"line:{line}", count(item.get("quantity"), "quantity"), gross, tax)
    for item in nodes(node.get("refundShippingLines"), "refundShippingLines"):
        shipping = item.get("shippingLine")
        number = text(mapping(shipping, "shippingLine").get("id")).rsplit("/", 1)[-1] if shipping else ""
        gross, tax = _gross(reader, item, "subtotalAmountSet", "taxAmountSet", taxes_included=taxes_included)
        yield RefundedPart(f"{SHIPPING_SOURCE}{number}", 0, gross, tax)
    for item in listing(node.get("duties"), "refunds.duties"):
        amount = reader.bag(required(item, "amountSet"), "duties.amountSet")
        yield RefundedPart(DUTIES_SOURCE, 0, amount, Money.zero(reader.currency))


def _gross(reader: OrderReader, node: Json, name: str, tax_name: str, *, taxes_included: bool) -> tuple[Money, Money]:
    """An amount with its tax, and the tax alone."""
    amount = reader.bag(required(node, name), name)
    tax = reader.optional_bag(node.get(tax_name), tax_name) or Money.zero(reader.currency)
    return (amount if taxes_included else amount + tax), tax


_NOT_AGREED = frozenset({"CANCELED", "DECLINED", "REQUESTED"})
"""`ReturnStatus` of returns on which nobody owes a fee (yet)."""


def return_fees(reader: OrderReader) -> tuple[ReturnFee, ...]:
    """The fees of all returns that were agreed; none where there are none."""
    returns = nodes(reader.node.get("returns"), "returns")
    return tuple(
        fee for node in returns if text(node.get("status")).upper() not in _NOT_AGREED for fee in _fees(reader, node)
    )


def _fees(reader: OrderReader, node: Json) -> Iterator[ReturnFee]:
    of = numeric_id(required(node, "id"), "returns.id")
    at = _created_at(reader, node)
    for number, item in enumerate(listing(node.get("returnShippingFees"), "returnShippingFees"), 1):
        amount = reader.bag(required(item, "amountSet"), "returnShippingFees.amountSet")
        yield ReturnFee(f"{of}:shipping{number}", ReturnFeeKind.SHIPPING, amount, at)
    for number, item in enumerate(nodes(node.get("returnLineItems"), "returnLineItems"), 1):
        fee = item.get("restockingFee")
        if fee is None:
            continue
        amount = reader.bag(required(mapping(fee, "restockingFee"), "amountSet"), "restockingFee.amountSet")
        if amount:
            yield ReturnFee(f"{of}:restocking{number}", ReturnFeeKind.RESTOCKING, amount, at, _line(item))


def _created_at(reader: OrderReader, node: Json) -> datetime:
    return moment(
        node.get("createdAt") or reader.node.get("updatedAt") or required(reader.node, "createdAt"), "returns"
    )


def _line(node: Json) -> str:
    sent = mapping(node.get("fulfillmentLineItem") or {}, "fulfillmentLineItem")
    line = mapping(sent.get("lineItem") or {}, "lineItem")
    return f"line:{numeric_id(line['id'], 'lineItem.id')}" if line.get("id") else ""
