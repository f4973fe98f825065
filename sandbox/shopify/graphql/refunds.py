"""The Refund object of GraphQL (shopify-api.md 3.7).

Before version 2027 an OrderAdjustment has no kind: the shipping part shows only in `refundShippingLines`.
"""

from __future__ import annotations

from sandbox.shopify.graphql.parts import line_item, plain_connection, transaction, utc
from sandbox.shopify.model import Json, StoredOrder, gid
from sandbox.shopify.money import read_bag, total_of


def refund(entry: Json, order: StoredOrder) -> Json:
    """One Refund."""
    nothing = order.nothing
    rows = [_known(row, order) for row in entry.get("transactions") or []]
    paid = total_of((read_bag(row, "_amount", nothing) for row in rows if row["status"] == "success"), nothing)
    adjustments = [a for a in entry.get("order_adjustments") or [] if a.get("kind") != "shipping_refund"]
    return {
        "__typename": "Refund",
        "id": entry.get("admin_graphql_api_id") or gid("Refund", entry.get("id", 0)),
        "legacyResourceId": str(entry.get("id", 0)),
        "createdAt": utc(entry.get("created_at")),
        "processedAt": utc(entry.get("processed_at") or entry.get("created_at")),
        "updatedAt": utc(entry.get("updated_at") or entry.get("created_at")),
        "note": entry.get("note"),
        "return": None,
        "totalRefundedSet": paid.graphql(),
        "refundLineItems": plain_connection(
            "RefundLineItemConnection", [_line(row, order) for row in entry.get("refund_line_items") or []]
        ),
        "refundShippingLines": plain_connection(
            "RefundShippingLineConnection",
            [_shipping(row, order) for row in entry.get("refund_shipping_lines") or []],
        ),
        "orderAdjustments": plain_connection(
            "OrderAdjustmentConnection", [_adjustment(row, order) for row in adjustments]
        ),
        "duties": [
            {"__typename": "RefundDuty", "amountSet": read_bag(duty, "amount", nothing).graphql()}
            for duty in entry.get("duties") or []
        ],
        "transactions": plain_connection("OrderTransactionConnection", [transaction(row, order) for row in rows]),
    }


def _known(row: Json, order: StoredOrder) -> Json:
    """The order's own row for a refund transaction, which may have settled meanwhile."""
    return next((known for known in order.transactions if known.get("id") == row.get("id")), row)


def _line(row: Json, order: StoredOrder) -> Json:
    nothing = order.nothing
    kept = {line.get("id"): line for line in order.body.get("line_items") or []}
    line = kept.get(row.get("line_item_id")) or row.get("line_item") or {"id": row.get("line_item_id")}
    return {
        "__typename": "RefundLineItem",
        "id": gid("RefundLineItem", row.get("id", 0)),
        "quantity": int(row.get("quantity") or 0),
        "restockType": str(row.get("restock_type") or "no_restock").upper(),
        "restocked": row.get("restock_type") in {"return", "cancel"},
        "lineItem": line_item(line, order),
        "priceSet": read_bag(line, "price", nothing).graphql(),
        "subtotalSet": read_bag(row, "subtotal", nothing).graphql(),
        "totalTaxSet": read_bag(row, "total_tax", nothing).graphql(),
    }


def _shipping(row: Json, order: StoredOrder) -> Json:
    return {
        "__typename": "RefundShippingLine",
        "id": gid("RefundShippingLine", row.get("id", 0)),
        "shippingLine": {
            "__typename": "ShippingLine",
            "id": gid("ShippingLine", (row.get("shipping_line") or {}).get("id")),
        },
        "subtotalAmountSet": read_bag(row, "subtotal_amount", order.nothing).graphql(),
        "taxAmountSet": read_bag(row, "tax_amount", order.nothing).graphql(),
    }


def _adjustment(row: Json, order: StoredOrder) -> Json:
    return {
        "__typename": "OrderAdjustment",
        "id": gid("OrderAdjustment", row.get("id", 0)),
        "reason": "REFUND_DISCREPANCY",
        "amountSet": read_bag(row, "amount", order.nothing).graphql(),
        "taxAmountSet": read_bag(row, "tax_amount", order.nothing).graphql(),
    }
