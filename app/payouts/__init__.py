"""Payouts of payment providers: from their lines to vouchers."""
