"""Orders of Shopify: queries, pages, and both shapes of an order in our own words."""
