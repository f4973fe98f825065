"""Reads Shopify's orders, from GraphQL and REST, into the order model."""
