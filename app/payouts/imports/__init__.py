"""Payout files that people hand in: stored, shown, imported, taken back."""
