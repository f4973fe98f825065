"""The posting model: steps, documents, vouchers and the plan. Pure."""
