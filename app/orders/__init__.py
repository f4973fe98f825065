"""Orders: reading the newest state, planning, and the order job."""
