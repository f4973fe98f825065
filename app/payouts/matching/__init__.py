"""Which order a line of a payout belongs to."""
