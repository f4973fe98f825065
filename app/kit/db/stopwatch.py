"""A clock for durations: changes of the machine's time do not affect it."""

from __future__ import annotations

import time


def steady() -> float:
    """Seconds of a clock that nobody sets and that runs while this process is stopped or its machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
