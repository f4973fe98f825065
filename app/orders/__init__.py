"""One order from its newest state to its plan and its job."""
