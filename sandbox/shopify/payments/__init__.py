"""Shopify Payments: a balance that orders' transactions move, and payouts that empty it (shopify-api.md 4)."""
