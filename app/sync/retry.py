"""When to try again: a pure function of how often and how long it failed. Parked is not lost (architecture 9)."""

from __future__ import annotations

from datetime import timedelta

_STEPS = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600, 3600))
_GIVE_UP_AFTER = timedelta(days=3)
"""A weekend of somebody else's outage is survived without a person; after that a person should know."""


def next_try(
    attempts: int, failing_for: timedelta, *, jitter: float, retry_after: float | None = None
) -> timedelta | None:
    """How long to wait after `attempts` failures in a row, or None: stop and show it.

    `jitter` in [0, 1) spreads up to a quarter on top, so that a recovered system is not hit by all at once;
    `retry_after` (seconds, from the other side) wins when it is longer.
    """
    if failing_for > _GIVE_UP_AFTER:
        return None
    wait = _STEPS[min(max(attempts, 1), len(_STEPS)) - 1]
    wait += wait * jitter / 4
    return max(wait, timedelta(seconds=retry_after)) if retry_after else wait
