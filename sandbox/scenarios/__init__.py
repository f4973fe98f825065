"""Scenarios as data: a small Swedish shop's month, with planted faults."""
