"""Work of an endpoint in threads that are not waited for longer than the sender waits: a database may hang."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import anyio
import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError

from app.kit.db.outage import Outages

log = structlog.get_logger(__name__)

TRY_AGAIN = 503
"""Not 200, so the sender sends again."""
ANSWER_SECONDS = 4.2
"""From the first byte to our answer: Shopify gives up after five seconds and cannot know what we meant then."""
_THREADS = 20
"""Separate from the threads of the pages: neither may exhaust the other's while they hang."""
_LEAST_SECONDS = 0.2
"""What is left for the database after a body that took nearly all of the time."""
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Bounded:
    """Threads of one endpoint."""

    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_THREADS))

    async def run(self, until: float, work: Callable[..., _Found], *given: object) -> _Found:
        """The result of `work`; raises TimeoutError at `until` (the loop's time). The thread ends when it can."""
        with anyio.fail_after(remaining(until)):
            return await to_thread.run_sync(partial(work, *given), abandon_on_cancel=True, limiter=self.threads)


async def answered(taking_in: Awaitable[_Found], outages: Outages) -> _Found | int:
    """What taking a delivery in gives; TRY_AGAIN where the database does not answer in time, or is away."""
    try:
        return await taking_in
    except TimeoutError:
        log.warning("delivery_not_stored_in_time")
    except SQLAlchemyError as error:
        if not outages.note(error):
            raise
    return TRY_AGAIN


def deadline() -> float:
    """When the answer to a request that came just now must be given (the loop's time)."""
    return anyio.current_time() + ANSWER_SECONDS


def remaining(until: float) -> float:
    """Seconds that are left."""
    return max(until - anyio.current_time(), _LEAST_SECONDS)
