"""Plans what should be in the books from an order and its posted documents. Pure."""
