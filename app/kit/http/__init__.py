"""Calls to other systems: one client, outcomes as types, tokens, and the budget of calls."""
