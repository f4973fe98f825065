"""Asking providers for their payouts."""
