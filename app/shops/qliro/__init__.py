"""Qliro, read only: nothing here captures, refunds or changes an order."""
