"""The batch writer: deliveries that arrive together are committed together; each is answered after that commit.

A commit per request costs most of what a webhook costs. One thread takes all that waits, up to a limit, and writes it
in one transaction: under load the groups grow, without load a delivery does not wait.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from concurrent.futures import Future

import structlog

from app.jobs.inbox import Delivery, store_deliveries
from app.jobs.notifier import Notifier
from app.kit.db.engine import Store

log = structlog.get_logger(__name__)

GROUP_MOST = 100
"""Deliveries in one commit: more would let the first of them wait for the last."""
WAITING_MOST = 5000
"""Deliveries that may wait in memory. Beyond it the shop must send again: memory is lost with the process."""


class OverloadedError(Exception):
    """More deliveries wait than may; nothing of this one was kept."""


class BatchWriter:
    """Stores deliveries in groups, and notifies once for each group."""

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store = store
        self._notifier = notifier
        self._waiting: deque[tuple[Delivery, Future[None]]] = deque()
        self._arrived = threading.Condition()
        self._rung = threading.Event()
        self._open = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start the writer and the notifying thread; they end with `stop`."""
        self._open = True
        for target, name in ((self._write_groups, "group-writer"), (self._ring, "bell")):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Write what waits, then end."""
        with self._arrived:
            self._open = False
            self._arrived.notify_all()
        self._rung.set()
        for thread in self._threads:
            thread.join(30)
        self._threads.clear()

    @property
    def is_alive(self) -> bool:
        """Whether deliveries are still written and notified; a process where they are not must get none."""
        return self._open and all(thread.is_alive() for thread in self._threads)

    def submit(self, delivery: Delivery) -> Future[None]:
        """Hand a delivery over; the future is done after the commit. Raises OverloadedError."""
        future: Future[None] = Future()
        with self._arrived:
            if not self._open or len(self._waiting) >= WAITING_MOST:
                raise OverloadedError
            self._waiting.append((delivery, future))
            self._arrived.notify()
        return future

    def _write_groups(self) -> None:
        while True:
            with self._arrived:
                while not self._waiting:
                    if not self._open:
                        return
                    self._arrived.wait()
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_MOST))]
            try:
                self._write(group)
            except Exception as error:  # noqa: BLE001 - a thread that dies here would leave every later delivery waiting
                for _delivery, future in group:
                    _resolve(future, error)
            self._rung.set()

    def _write(self, group: list[tuple[Delivery, Future[None]]]) -> None:
        try:
            store_deliveries(self._store, [delivery for delivery, _future in group])
        except Exception as error:  # noqa: BLE001 - the waiting request gets it, and the log below
            if self._store.outages.note(error):
                for _delivery, future in group:
                    _resolve(future, error)
                return
            if len(group) == 1:
                _resolve(group[0][1], error)
                _log_safely("error", "delivery_not_stored", delivery=group[0][0].envelope.delivery_id, exc_info=error)
                return
            # One that cannot be stored must not take the others with it.
            for pair in group:
                self._write([pair])
            return
        self._store.outages.over()
        for _delivery, future in group:
            _resolve(future)
        stored = [delivery.envelope.delivery_id for delivery, _future in group]
        _log_safely("info", "deliveries_stored", count=len(group), deliveries=stored)

    def _ring(self) -> None:
        """In a thread of its own: a broker that does not answer must not hold the writer."""
        while self._rung.wait() and self._open:
            self._rung.clear()
            try:
                self._notifier.notify()
            except Exception as error:  # noqa: BLE001 - what is stored is found by the sweep
                _log_safely("error", "notifier_failed", exc_info=error)


def _resolve(future: Future[None], error: Exception | None = None) -> None:
    """Answer the request that waits; a cancelled future has nobody to answer."""
    if future.done() or not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _log_safely(level: str, event: str, **values: object) -> None:
    """Log, or not: a full disk must not end the thread that stores deliveries."""
    with contextlib.suppress(Exception):
        getattr(log, level)(event, **values)
