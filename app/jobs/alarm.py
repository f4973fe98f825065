"""Wakes a worker at the very moment when something becomes due, not at the next sweep."""

from __future__ import annotations

import threading

import structlog

from app.jobs.notifier import Notifier
from app.jobs.queue import seconds_to_next
from app.kit.db.engine import Store
from app.kit.db.stopwatch import steady

log = structlog.get_logger(__name__)

FARTHEST_SECONDS = 60.0
"""What is due later is found by the sweep, or by the next worker that runs out of work."""


class Alarm:
    """One thread per process, that sleeps until the earliest moment it was told of.

    An alarm may be lost with its process: the recovery sweep finds what is due a second later.
    """

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store, self._notifier = store, notifier
        self._changed = threading.Condition()
        self._due: float | None = None
        self._is_watching = False

    def look(self) -> None:
        """A worker has run out of work: set the alarm to when there is more."""
        seconds = seconds_to_next(self._store, FARTHEST_SECONDS)
        if seconds is None:
            return
        due = steady() + seconds
        with self._changed:
            if self._due is not None and self._due <= due:
                return
            self._due = due
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="alarm", daemon=True).start()
            self._changed.notify()

    def _watch(self) -> None:
        while True:
            with self._changed:
                while (left := self._left()) > 0:
                    if not self._changed.wait(left) and self._due is None:
                        self._is_watching = False
                        return  # nothing to wait for: the next alarm starts another thread
                self._due = None
            self._notify()

    def _left(self) -> float:
        return FARTHEST_SECONDS if self._due is None else self._due - steady()

    def _notify(self) -> None:
        try:
            self._notifier.notify()
        except Exception as error:  # noqa: BLE001 - a broker that is away; the sweep finds what is due
            log.warning("notifier_failed", error=str(error))
