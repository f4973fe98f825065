"""Plans the vouchers of a payout. Pure."""
