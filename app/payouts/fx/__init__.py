"""What foreign money of a payout is worth in the books."""
