"""Makes an order's invoice: rows, customers, articles, texts. Pure."""
