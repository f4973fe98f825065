"""What we write: accounting systems."""
