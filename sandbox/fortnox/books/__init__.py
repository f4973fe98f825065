"""The books inside: chart of accounts, double entry, and the arithmetic of invoices."""
