"""Payouts and disputes of Shopify Payments."""
