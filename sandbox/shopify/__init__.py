"""A Shopify that behaves like the real one: tokens, GraphQL, signed webhooks with retries."""
