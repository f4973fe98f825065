"""What refunds and edits ask of books that hold the invoice. Pure."""
