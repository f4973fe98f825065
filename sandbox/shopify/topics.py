"""Webhook topics and the scope each needs (shopify-api.md 2.6).

The compliance topics are missing on purpose: the API's enum lacks them, they exist only in shopify.app.toml (2.1).
"""

from __future__ import annotations

SCOPE_OF_TOPIC: dict[str, str | None] = {
    "app/scopes_update": None,
    "app/uninstalled": None,
    "bulk_operations/finish": None,
    "disputes/create": "read_shopify_payments_disputes",
    "disputes/update": "read_shopify_payments_disputes",
    "fulfillments/create": "read_fulfillments",
    "fulfillments/update": "read_fulfillments",
    "order_transactions/create": "read_orders",
    "orders/cancelled": "read_orders",
    "orders/create": "read_orders",
    "orders/delete": "read_orders",
    "orders/edited": "read_orders",
    "orders/fulfilled": "read_orders",
    "orders/paid": "read_orders",
    "orders/partially_fulfilled": "read_orders",
    "orders/updated": "read_orders",
    "payment_schedules/due": "read_payment_terms",
    "payment_terms/create": "read_payment_terms",
    "payment_terms/update": "read_payment_terms",
    "refunds/create": "read_orders",
    "shop/update": None,
    "tender_transactions/create": "read_orders",
}
COMPLIANCE_TOPICS = ("customers/data_request", "customers/redact", "shop/redact")
TOPIC_OF_ENUM = {topic.upper().replace("/", "_"): topic for topic in SCOPE_OF_TOPIC}
ENUM_OF_TOPIC = {topic: name for name, topic in TOPIC_OF_ENUM.items()}
