"""Shopify: verification, tokens, GraphQL reading, normalising to our own Order."""
