"""What we write to: accounting systems."""
