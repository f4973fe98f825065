"""Workers of a process may wait for the budget of calls and keep their orders, while no other job is due.

Giving an order back after every window of Fortnox's limit costs more than the window: it is claimed, read, decided and
checked again (decision 14 has why others must not wait for it). So some workers of each process stay, as long as no
other job is due, and go on when the window opens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TypeVar

from app.jobs.heartbeat import Presence
from app.jobs.queue import due_count
from app.kit.db.engine import Store
from app.kit.http.call_budget import RateLimitedError

LONGEST = 6.0
"""Seconds that a worker may stay at a time: a window of Fortnox's limit and the way there. A lease lasts far longer."""
SEATS = 3
"""Workers of a process that may stay: one of the four that it has at least is free for what comes."""
_Ready = TypeVar("_Ready")


@dataclass(frozen=True, slots=True)
class Patience:
    """Shared by the workers of a process."""

    store: Store
    presence: Presence
    _seats: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(SEATS))

    def wait_for(self, ready: Callable[[], _Ready]) -> _Ready:
        """What `ready` gives, after a wait where that delays no other job. Raises RateLimitedError otherwise."""
        try:
            return ready()
        except RateLimitedError as wait:
            if wait.seconds > LONGEST or not self._seats.acquire(blocking=False):
                raise
            try:
                if due_count(self.store, most=1):
                    raise
                if self.presence.stopping.wait(wait.seconds):
                    raise
            finally:
                self._seats.release()
        return ready()
