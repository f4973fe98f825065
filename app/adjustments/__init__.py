"""What refunds and edits of an invoiced order ask for. Pure."""
