"""Shopify as it declares itself."""

from __future__ import annotations

from app.model.platforms import Platform, PlatformKind, Situation

SHOPIFY = Platform(
    name="shopify",
    kind=PlatformKind.SHOP,
    title="Shopify",
    codes={
        Situation.UNAVAILABLE: "SHOPIFY_UNAVAILABLE",
        Situation.NO_ACCESS: "SHOPIFY_TOKEN_REVOKED",
        Situation.DENIED: "SHOPIFY_ACCESS_DENIED",
        Situation.NOT_READ: "SHOPIFY_BODY_NOT_UNDERSTOOD",
        Situation.MESSAGE_NOT_READ: "SHOPIFY_BODY_NOT_UNDERSTOOD",
        Situation.ORDER_NOT_FOUND: "SHOPIFY_ORDER_NOT_FOUND",
        Situation.PAYOUT_SCOPE_MISSING: "SHOPIFY_PAYOUT_SCOPE_MISSING",
        Situation.BUYER_HIDDEN: "SHOPIFY_CUSTOMER_DATA_HIDDEN",
        Situation.OPERATOR_BLOCKED: "SHOPIFY_HOST_REFUSED",
    },
    reports_gift_cards=True,
)
