"""Consent: how a tenant connects Fortnox, Shopify and Qliro."""
