"""One order in Shopify's two shapes, as text: GraphQL (what we read) and the older REST shape (what webhooks carry).

A euro shop sold to a Swedish buyer, so that every amount stands in two currencies that must not be mixed.
"""

from __future__ import annotations

from typing import Any

ORDER_ID = 9007199254740993
"""2^53 + 1: a reader that passed it through a float would ask for another order."""


def bag(shop: str, presentment: str) -> dict[str, Any]:
    """A GraphQL MoneyBag."""
    return {
        "shopMoney": {"amount": shop, "currencyCode": "EUR"},
        "presentmentMoney": {"amount": presentment, "currencyCode": "SEK"},
    }


def rest_bag(shop: str, presentment: str) -> dict[str, Any]:
    """The same in a webhook body."""
    return {
        "shop_money": {"amount": shop, "currency_code": "EUR"},
        "presentment_money": {"amount": presentment, "currency_code": "SEK"},
    }


def graphql_order(**changes: Any) -> dict[str, Any]:
    """The order as the admin API answers it."""
    address = {
        "name": "Maja Gran",
        "company": None,
        "address1": "Storgatan 1",
        "address2": "",
        "zip": "111 22",
        "city": "Stockholm",
        "countryCodeV2": "SE",
    }
    taxes = [
        {"title": "Moms", "rate": "0.25", "channelLiable": False, "priceSet": bag("8.70", "96.80")},
    ]
    body = {
        "id": f"gid://shopify/Order/{ORDER_ID}",
        "legacyResourceId": str(ORDER_ID),
        "name": "#1001",
        "createdAt": "2026-11-03T10:15:01Z",
        "processedAt": "2026-11-03T10:15:00Z",
        "updatedAt": "2026-11-03T10:16:00Z",
        "cancelledAt": None,
        "test": False,
        "sourceName": "web",
        "poNumber": "PO-7",
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "SEK",
        "taxesIncluded": True,
        "totalPriceSet": bag("47.90", "533.00"),
        "totalTaxSet": bag("9.58", "106.60"),
        "totalTipReceivedSet": bag("0.0", "0.0"),
        "currentTotalDutiesSet": None,
        "additionalFees": [],
        "customer": {
            "id": "gid://shopify/Customer/7001",
            "displayName": "Maja Gran",
            "defaultEmailAddress": {"emailAddress": "maja@example.se"},
        },
        "billingAddress": address,
        "shippingAddress": address,
        "lineItems": {
            "nodes": [
                {
                    "id": "gid://shopify/LineItem/1",
                    "title": "Hoodie",
                    "sku": "H-1",
                    "quantity": 2,
                    "currentQuantity": 2,
                    "isGiftCard": False,
                    "product": {"id": "gid://shopify/Product/5"},
                    "originalUnitPriceSet": bag("22.00", "245.00"),
                    "discountAllocations": [
                        {"allocatedAmountSet": bag("0.30", "4.00")},
                        {"allocatedAmountSet": bag("0.20", "2.00")},
                    ],
                    "taxLines": taxes,
                }
            ]
        },
        "shippingLines": {
            "nodes": [
                {
                    "id": "gid://shopify/ShippingLine/3",
                    "title": "Paket",
                    "isRemoved": False,
                    "discountedPriceSet": bag("4.40", "49.00"),
                    "taxLines": [
                        {"title": "Moms", "rate": "0.25", "channelLiable": None, "priceSet": bag("0.88", "9.80")}
                    ],
                }
            ]
        },
        "transactions": [
            {
                "id": "gid://shopify/OrderTransaction/11",
                "kind": "SALE",
                "status": "SUCCESS",
                "gateway": "shopify_payments",
                "manualPaymentGateway": False,
                "paymentId": "pay-1",
                "processedAt": "2026-11-03T10:15:02Z",
                "amountSet": bag("47.90", "533.00"),
                "amountRoundingSet": None,
            }
        ],
        "refunds": [
            {
                "id": "gid://shopify/Refund/21",
                "createdAt": "2026-11-05T09:00:00Z",
                "totalRefundedSet": bag("10.00", "110.00"),
                "refundLineItems": {"nodes": []},
            }
        ],
    }
    return {**body, **changes}


def rest_order(**changes: Any) -> dict[str, Any]:
    """The same order as a webhook body."""
    address = {
        "name": "Maja Gran",
        "company": None,
        "address1": "Storgatan 1",
        "address2": "",
        "zip": "111 22",
        "city": "Stockholm",
        "country_code": "SE",
    }
    body = {
        "id": ORDER_ID,
        "name": "#1001",
        "created_at": "2026-11-03T11:15:01+01:00",
        "processed_at": "2026-11-03T11:15:00+01:00",
        "updated_at": "2026-11-03T11:16:00+01:00",
        "cancelled_at": None,
        "test": False,
        "source_name": "web",
        "po_number": "PO-7",
        "currency": "EUR",
        "presentment_currency": "SEK",
        "taxes_included": True,
        "total_price": "47.90",
        "total_price_set": rest_bag("47.90", "533.00"),
        "total_tax": "9.58",
        "total_tax_set": rest_bag("9.58", "106.60"),
        "total_tip_received": "0.00",
        "email": "maja@example.se",
        "customer": {"id": 7001, "first_name": "Maja", "last_name": "Gran", "email": "maja@example.se"},
        "billing_address": address,
        "shipping_address": address,
        "line_items": [
            {
                "id": 1,
                "title": "Hoodie",
                "sku": "H-1",
                "quantity": 2,
                "current_quantity": 2,
                "gift_card": False,
                "product_id": 5,
                "price": "22.00",
                "price_set": rest_bag("22.00", "245.00"),
                "discount_allocations": [
                    {"amount": "0.30", "amount_set": rest_bag("0.30", "4.00")},
                    {"amount": "0.20", "amount_set": rest_bag("0.20", "2.00")},
                ],
                "tax_lines": [
                    {"title": "Moms", "rate": "0.25", "channel_liable": False, "price_set": rest_bag("8.70", "96.80")}
                ],
            }
        ],
        "shipping_lines": [
            {
                "id": 3,
                "title": "Paket",
                "is_removed": False,
                "price_set": rest_bag("5.00", "55.00"),
                "discounted_price_set": rest_bag("4.40", "49.00"),
                "tax_lines": [
                    {"title": "Moms", "rate": "0.25", "channel_liable": None, "price_set": rest_bag("0.88", "9.80")}
                ],
            },
            {"id": 4, "title": "Gammal", "is_removed": True, "price_set": rest_bag("9", "99"), "tax_lines": []},
        ],
        "refunds": [
            {
                "id": 21,
                "created_at": "2026-11-05T10:00:00+01:00",
                "refund_line_items": [],
                "transactions": [{"kind": "refund", "status": "success", "amount": "110.00"}],
            }
        ],
    }
    return {**body, **changes}
