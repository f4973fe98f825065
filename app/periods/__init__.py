"""What belongs to a month or a quarter: cut-off and the OSS return."""
