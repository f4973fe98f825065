"""From the lines of a payout to its vouchers. Pure."""
