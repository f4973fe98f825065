"""What we read: shops and payment providers."""
