"""Local copies of the ledger's registers: customers, articles, accounts, VAT numbers."""
