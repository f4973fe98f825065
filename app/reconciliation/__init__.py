"""What stands in the books, compared with what we posted."""
