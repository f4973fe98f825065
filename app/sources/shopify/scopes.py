"""Which access scopes reading a shop needs (shopify-api.md 1.7)."""

from __future__ import annotations

from collections.abc import Sequence

ORDER_SCOPES = ("read_orders", "read_fulfillments")
"""Without these nothing can be booked: a shop that does not give them is not connected."""
PAYOUT_SCOPES = ("read_shopify_payments_payouts", "read_shopify_payments_accounts")
"""For payouts of Shopify Payments. Shops connected before they were asked for go on without them, and are told."""

DISPUTE_SCOPES = ("read_shopify_payments_disputes",)
"""For lost disputes. Without it they are not told, and the claim stays open until a bookkeeper writes it off."""


def missing_scopes(wanted: Sequence[str], granted: Sequence[str]) -> list[str]:
    """The scopes that are wanted and not granted; a write scope implies its read scope."""
    held = set(granted) | {scope.replace("write_", "read_", 1) for scope in granted if scope.startswith("write_")}
    return [scope for scope in wanted if scope not in held]
