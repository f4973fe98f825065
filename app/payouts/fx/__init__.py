"""Carrying amounts of a payout's foreign money."""
