"""From an order and what stands in the books to the plan of what should. Pure."""
