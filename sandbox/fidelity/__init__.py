"""Holding the Fortnox emulator, and our client, against what is known of the real Fortnox.

`replaying`: recorded traffic, call by call. `describing`: the official OpenAPI description, on all traffic of a run.
What either may overlook stands in `tolerances.yaml`, nowhere else.
"""
