"""The work queue: jobs with leases, the inbox, the notifier, retries, the rate limiter."""
