"""When to try again: a pure function of how long it has failed. Parked is not lost (architecture 9).

Time counts, not tries: an order gets five to eight webhooks in its first minute, and each wakes its job. Counted as
tries they would put it off for an hour after an outage of one minute.
"""

from __future__ import annotations

from datetime import timedelta

_SOONEST = timedelta(seconds=1)
_LATEST = timedelta(hours=1)
_GIVE_UP_AFTER = timedelta(days=3)
"""A weekend of somebody else's outage is survived without a person; after that a person should know."""


def next_try(failing_for: timedelta, *, jitter: float, retry_after: float | None = None) -> timedelta | None:
    """How long to wait after a failure, half of how long it has failed; None: stop and show it.

    `jitter` in [0, 1) spreads up to a quarter on top, so that a recovered system is not hit by all at once;
    `retry_after` (seconds, from the other side) wins when it is longer.
    """
    if failing_for > _GIVE_UP_AFTER:
        return None
    wait = min(max(failing_for / 2, _SOONEST), _LATEST)
    wait += wait * jitter / 4
    return max(wait, timedelta(seconds=retry_after)) if retry_after else wait


def probe_after(failing_for: timedelta) -> timedelta:
    """How soon one job of a company looks whether the other side is back, for all that wait for it."""
    return timedelta(seconds=8) if failing_for < timedelta(hours=1) else timedelta(minutes=1)
