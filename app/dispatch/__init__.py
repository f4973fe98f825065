"""Which handler a job goes to, and what the clock starts."""
