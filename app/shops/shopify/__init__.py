"""Shopify: verification, tokens, GraphQL reading, normalising to `Order`."""
