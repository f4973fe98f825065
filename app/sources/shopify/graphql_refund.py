"""Refunds of a GraphQL order: goods, shipping and duties that came back, the money, and what the shop noted between."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.commerce import SHIPPING_SOURCE, Refund, RefundedPart
from app.domain.money import Money, total
from app.domain.row_parts import DUTIES_SOURCE
from app.sources.shopify.graphql_reader import OrderReader, nodes
from app.sources.shopify.reading import Json, count, listing, mapping, moment, numeric_id, required, text


def read_refund(reader: OrderReader, node: Json, *, taxes_included: bool) -> Refund:
    """One refund. Where the order's prices hold no tax, a refund's subtotals hold none either (shopify-api.md 3.7)."""
    adjustments = [
        _gross(reader, one, "amountSet", "taxAmountSet", taxes_included=taxes_included)[0]
        for one in nodes(node.get("orderAdjustments"), "orderAdjustments")
    ]
    return Refund(
        id=numeric_id(node.get("legacyResourceId") or required(node, "id"), "refunds.id"),
        created_at=moment(node.get("createdAt") or required(reader.node, "createdAt"), "refunds.createdAt"),
        amount=reader.moved(required(node, "totalRefundedSet"), "totalRefundedSet"),
        parts=tuple(_parts(reader, node, taxes_included=taxes_included)),
        # The shop counts what it keeps as positive; for the buyer it is the other way round.
        discrepancy=-total(adjustments, reader.currency) if adjustments else None,
        transaction_ids=tuple(
            numeric_id(required(one, "id"), "refunds.transactions.id")
            for one in nodes(node.get("transactions"), "refunds.transactions")
        ),
        note=text(node.get("note")),
    )


def _parts(reader: OrderReader, node: Json, *, taxes_included: bool) -> Iterator[RefundedPart]:
    for one in nodes(node.get("refundLineItems"), "refundLineItems"):
        line = numeric_id(mapping(one.get("lineItem"), "lineItem").get("id"), "lineItem.id")
        gross, tax = _gross(reader, one, "subtotalSet", "totalTaxSet", taxes_included=taxes_included)
        yield RefundedPart(f"line:{line}", count(one.get("quantity"), "quantity"), gross, tax)
    for one in nodes(node.get("refundShippingLines"), "refundShippingLines"):
        shipping = one.get("shippingLine")
        number = text(mapping(shipping, "shippingLine").get("id")).rsplit("/", 1)[-1] if shipping else ""
        gross, tax = _gross(reader, one, "subtotalAmountSet", "taxAmountSet", taxes_included=taxes_included)
        yield RefundedPart(f"{SHIPPING_SOURCE}{number}", 0, gross, tax)
    for one in listing(node.get("duties"), "refunds.duties"):
        amount = reader.bag(required(one, "amountSet"), "duties.amountSet")
        yield RefundedPart(DUTIES_SOURCE, 0, amount, Money.zero(reader.currency))


def _gross(reader: OrderReader, node: Json, name: str, tax_name: str, *, taxes_included: bool) -> tuple[Money, Money]:
    """An amount with its tax, and the tax alone."""
    amount = reader.bag(required(node, name), name)
    tax = reader.optional_bag(node.get(tax_name), tax_name) or Money.zero(reader.currency)
    return (amount if taxes_included else amount + tax), tax
