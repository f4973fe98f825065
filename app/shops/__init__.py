"""What we read from: shops and checkouts."""
