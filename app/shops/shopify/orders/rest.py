"""Normalise a webhook body (the older REST shape) by rewriting it to the GraphQL shape first: one reader, two shapes.

Used for previews of pasted bodies. Bookings are made only from what we read with the shop's own token.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from app.model.order import Order
from app.shops.base import understanding
from app.shops.shopify.orders.order import normalize
from app.shops.shopify.reading import Json, exact, listing, mapping, required, text
from app.tenants.rules import DocumentCurrency


@understanding("order")
def normalize_rest(body: Any, *, shop: str, currency: DocumentCurrency) -> Order:  # noqa: ANN401 - any JSON
    """The order of a webhook body. Raises BodyNotUnderstoodError. Its transactions are unknown: a body has none."""
    return normalize(as_graphql(mapping(body, "order")), shop=shop, currency=currency)


def as_graphql(body: Json) -> dict[str, Any]:
    """The same facts under GraphQL's names."""
    shop_currency = required(body, "currency")
    presentment = body.get("presentment_currency") or shop_currency
    shipping_lines = listing(body.get("shipping_lines"), "shipping_lines")
    rename = _Renamer(str(shop_currency), str(presentment))
    return {
        "id": required(body, "id"),
        "name": body.get("name") or f"#{body.get('order_number') or body['id']}",
        "createdAt": body.get("created_at"),
        "processedAt": body.get("processed_at"),
        "updatedAt": body.get("updated_at"),
        "cancelledAt": body.get("cancelled_at"),
        "test": body.get("test"),
        "sourceName": body.get("source_name"),
        "poNumber": body.get("po_number"),
        "tags": [tag.strip() for tag in text(body.get("tags")).split(",") if tag.strip()],
        "customAttributes": [
            {"key": attribute.get("name"), "value": attribute.get("value")}
            for attribute in listing(body.get("note_attributes"), "note_attributes")
        ],
        "paymentTerms": _terms(body.get("payment_terms")),
        "fulfillments": [
            {"createdAt": fulfillment.get("created_at"), "status": fulfillment.get("status")}
            for fulfillment in listing(body.get("fulfillments"), "fulfillments")
        ],
        "currencyCode": shop_currency,
        "presentmentCurrencyCode": presentment,
        "taxesIncluded": required(body, "taxes_included"),
        "totalPriceSet": rename.bag(body, "total_price"),
        "currentTotalPriceSet": rename.bag(body, "current_total_price"),
        "totalTaxSet": rename.bag(body, "total_tax"),
        "totalTipReceivedSet": rename.bag(body, "total_tip_received"),
        "currentTotalDutiesSet": body.get("current_total_duties_set") and rename.bag(body, "current_total_duties"),
        "email": body.get("email"),
        "customer": _customer(body),
        "billingAddress": _address(body.get("billing_address")),
        "shippingAddress": _address(body.get("shipping_address")),
        "lineItems": {"nodes": [rename.line(item) for item in listing(body.get("line_items"), "line_items")]},
        "shippingLines": {"nodes": [rename.shipping(line) for line in shipping_lines]},
        "refunds": [rename.refund(refund) for refund in listing(body.get("refunds"), "refunds")],
    }


def _terms(terms: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any JSON
    if terms is None:
        return None
    found = mapping(terms, "payment_terms")
    return {"paymentTermsName": found.get("payment_terms_name"), "dueInDays": found.get("due_in_days")}


class _Renamer:
    """Knows the order's two currencies: plain REST amounts are in the shop's (shopify-api.md 3.2)."""

    def __init__(self, shop_currency: str, presentment: str) -> None:
        self.shop_currency = shop_currency
        self.presentment = presentment

    def bag(self, owner: Json, name: str) -> dict[str, Any] | None:
        """`name`_set if it is there, else the plain amount in both currencies when they are one."""
        money = owner.get(f"{name}_set")
        if isinstance(money, dict):
            return {
                "shopMoney": _side(money.get("shop_money")),
                "presentmentMoney": _side(money.get("presentment_money")),
            }
        if owner.get(name) is None:
            return None
        plain = {"amount": str(owner[name]), "currencyCode": self.shop_currency}
        return {"shopMoney": plain, "presentmentMoney": self._presented(plain)}

    def _presented(self, plain: dict[str, Any]) -> dict[str, Any] | None:
        """The same amount as the buyer saw it: known when the currencies are one, or when it is nothing."""
        if self.presentment == self.shop_currency:
            return plain
        is_zero = not plain["amount"].strip("0.")
        return {"amount": "0", "currencyCode": self.presentment} if is_zero else None

    def taxes(self, owner: Json) -> list[dict[str, Any]]:
        """Tax lines."""
        return [
            {
                "title": line.get("title"),
                "rate": str(line.get("rate")),
                "channelLiable": line.get("channel_liable"),
                "priceSet": self.bag(line, "price"),
            }
            for line in listing(owner.get("tax_lines"), "tax_lines")
        ]

    def line(self, line: Json) -> dict[str, Any]:
        """A line item."""
        allocations = listing(line.get("discount_allocations"), "discount_allocations")
        return {
            "id": line.get("id"),
            "title": line.get("title") or line.get("name"),
            "sku": line.get("sku"),
            "quantity": line.get("quantity"),
            "currentQuantity": line.get("current_quantity"),
            "unfulfilledQuantity": line.get("fulfillable_quantity"),
            "isGiftCard": line.get("gift_card"),
            "taxable": line.get("taxable"),
            "product": {"id": line["product_id"]} if line.get("product_id") else None,
            "originalUnitPriceSet": self.bag(line, "price"),
            "discountAllocations": [
                {"allocatedAmountSet": self.bag(allocation, "amount")} for allocation in allocations
            ],
            "taxLines": self.taxes(line),
        }

    def shipping(self, shipping: Json) -> dict[str, Any]:
        """A shipping line."""
        return {
            "id": shipping.get("id"),
            "title": shipping.get("title"),
            "isRemoved": shipping.get("is_removed"),
            "discountedPriceSet": self.bag(shipping, "discounted_price") or self.bag(shipping, "price"),
            "taxLines": self.taxes(shipping),
        }

    def refund(self, refund: Json) -> dict[str, Any]:
        """A refund, with what its successful transactions moved."""
        moved = [
            transaction
            for transaction in listing(refund.get("transactions"), "transactions")
            if text(transaction.get("kind")).lower() == "refund"
            and text(transaction.get("status")).lower() == "success"
        ]
        return {
            "id": refund.get("id"),
            "createdAt": refund.get("created_at"),
            "totalRefundedSet": self._sum(moved),
            "note": refund.get("note"),
            "refundLineItems": {
                "nodes": [
                    {
                        "quantity": item.get("quantity"),
                        "lineItem": {"id": item.get("line_item_id")},
                        "subtotalSet": self.bag(item, "subtotal"),
                        "totalTaxSet": self.bag(item, "total_tax"),
                    }
                    for item in listing(refund.get("refund_line_items"), "refund_line_items")
                ]
            },
            "refundShippingLines": {"nodes": list(self._refunded_shipping(refund))},
            "orderAdjustments": {
                "nodes": [
                    {"amountSet": self.bag(adjustment, "amount"), "taxAmountSet": self.bag(adjustment, "tax_amount")}
                    for adjustment in listing(refund.get("order_adjustments"), "order_adjustments")
                    if adjustment.get("kind") != "shipping_refund"
                ]
            },
            "transactions": {"nodes": [{"id": transaction["id"]} for transaction in moved if transaction.get("id")]},
        }

    def _refunded_shipping(self, refund: Json) -> Iterator[dict[str, Any]]:
        """Newer bodies name the shipping lines; older ones have an adjustment with negative amounts instead."""
        lines = listing(refund.get("refund_shipping_lines"), "refund_shipping_lines")
        for line in lines:
            yield {
                "shippingLine": {"id": mapping(line.get("shipping_line"), "shipping_line").get("id")},
                "subtotalAmountSet": self.bag(line, "subtotal_amount"),
                "taxAmountSet": self.bag(line, "tax_amount"),
            }
        for line in () if lines else listing(refund.get("order_adjustments"), "order_adjustments"):
            if line.get("kind") == "shipping_refund":
                yield {
                    "shippingLine": None,
                    "subtotalAmountSet": _negated(self.bag(line, "amount")),
                    "taxAmountSet": _negated(self.bag(line, "tax_amount")),
                }

    def _sum(self, transactions: list[Json]) -> dict[str, Any]:
        amount = str(
            sum((exact(text(transaction.get("amount")) or "0", "amount") for transaction in transactions), Decimal(0))
        )
        return {
            "shopMoney": {"amount": amount, "currencyCode": self.shop_currency},
            "presentmentMoney": {"amount": amount, "currencyCode": self.presentment},
        }


def _negated(bag: dict[str, Any] | None) -> dict[str, Any] | None:
    """A money bag with the other sign."""
    if bag is None:
        return None
    return {name: side and {**side, "amount": str(-exact(side["amount"], "amount"))} for name, side in bag.items()}


def _side(side: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any JSON
    if side is None:
        return None
    found = mapping(side, "money")
    return {"amount": found.get("amount"), "currencyCode": found.get("currency_code")}


def _customer(body: Json) -> dict[str, Any] | None:
    customer = body.get("customer")
    if not isinstance(customer, dict) or customer.get("id") is None:
        return None
    name = f"{text(customer.get('first_name'))} {text(customer.get('last_name'))}".strip()
    return {"id": customer["id"], "displayName": name, "defaultEmailAddress": {"emailAddress": customer.get("email")}}


def _address(address: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any JSON
    if not isinstance(address, dict):
        return None
    known = {name: address.get(name) for name in ("name", "company", "address1", "address2", "zip", "city")}
    return {**known, "countryCodeV2": address.get("country_code")}
