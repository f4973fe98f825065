"""Fortnox: wire models, client, tokens, rendering of steps, looking up, sending, register."""
