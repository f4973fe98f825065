"""From an order to its invoice: rows, customers, articles, texts. Pure."""
