"""Which money pays which document. Pure."""
