"""Work of a door in threads that are not waited for longer than the sender waits: a database may hang."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

ANSWER_SECONDS = 4.2
"""From the first byte to our answer: Shopify gives up after five seconds and cannot know what we meant then."""
_THREADS = 20
"""Apart from the threads of the pages: neither may use the other's up while they hang."""
_LEAST_SECONDS = 0.2
"""What is left for the database after a body that took nearly all of the time."""
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Bounded:
    """Threads of one door."""

    _threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_THREADS))

    async def run(self, until: float, work: Callable[..., _Found], *given: object) -> _Found:
        """What `work` gives; raises TimeoutError at `until` (the loop's time). The thread ends when it can."""
        with anyio.fail_after(remaining(until)):
            return await to_thread.run_sync(partial(work, *given), abandon_on_cancel=True, limiter=self._threads)


def deadline() -> float:
    """When the answer to a request that came just now must be given (the loop's time)."""
    return anyio.current_time() + ANSWER_SECONDS


def remaining(until: float) -> float:
    """Seconds that are left."""
    return max(until - anyio.current_time(), _LEAST_SECONDS)
