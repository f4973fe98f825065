"""Shops and checkouts that orders are read from."""
