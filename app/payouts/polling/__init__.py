"""Polls providers for their payouts."""
