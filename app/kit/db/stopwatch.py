"""A clock for how long something took, whatever anybody does to the time."""

from __future__ import annotations

import time


def steady() -> float:
    """Seconds of a clock that nobody sets and that runs while this process is stopped or its machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
