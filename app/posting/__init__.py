"""What is to stand in the books: steps, documents, vouchers, the plan. Pure."""
