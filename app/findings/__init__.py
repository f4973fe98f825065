"""Findings as they are stored, grouped by cause and closed."""
