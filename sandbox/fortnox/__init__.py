"""A Fortnox that behaves like the real one, quirks included."""
