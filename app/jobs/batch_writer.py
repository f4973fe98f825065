"""The batch writer: deliveries that arrive together are committed together; each is answered after that commit.

A commit per request costs most of what a webhook costs. One thread takes all that waits, up to a limit, and writes it
in one transaction: under load the groups grow, without load a delivery does not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict, deque
from collections.abc import Sequence
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


_Answer = Future[None] | asyncio.Future[None]
_Waiting = tuple[Delivery, _Answer]


class OverloadedError(Exception):
    """More deliveries wait than may; nothing of this one was kept."""


class BatchWriter:
    """Stores deliveries in groups, and notifies once for each group."""

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store = store
        self._notifier = notifier
        self._waiting: deque[_Waiting] = deque()
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
        self._enter(delivery, future)
        return future

    async def store(self, delivery: Delivery, seconds: float) -> None:
        """Hand a delivery over and wait for the commit. Raises OverloadedError, TimeoutError, what the commit raised.

        For requests of one event loop: all that were committed together wake it once.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._enter(delivery, future)
        await asyncio.wait_for(future, seconds)

    def _enter(self, delivery: Delivery, future: _Answer) -> None:
        with self._arrived:
            if not self._open or len(self._waiting) >= WAITING_MOST:
                raise OverloadedError
            self._waiting.append((delivery, future))
            self._arrived.notify()

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
                _resolve(group, error)
            self._rung.set()

    def _write(self, group: Sequence[_Waiting]) -> None:
        try:
            store_deliveries(self._store, [delivery for delivery, _future in group])
        except Exception as error:  # noqa: BLE001 - the waiting request gets it, and the log below
            if self._store.outages.note(error):
                _resolve(group, error)
                return
            if len(group) == 1:
                _resolve(group, error)
                _log_safely("error", "delivery_not_stored", delivery=group[0][0].envelope.delivery_id, exc_info=error)
                return
            # One that cannot be stored must not take the others with it.
            for pair in group:
                self._write([pair])
            return
        self._store.outages.over()
        _resolve(group)
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


def _resolve(group: Sequence[_Waiting], error: Exception | None = None) -> None:
    """Answer the requests that wait, those of an event loop in one turn of it."""
    of_loops: defaultdict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
    for _delivery, future in group:
        if isinstance(future, asyncio.Future):
            of_loops[future.get_loop()].append(future)
        else:
            _answer(future, error)
    for loop, futures in of_loops.items():
        with contextlib.suppress(RuntimeError):  # a loop that was closed has nobody who waits
            loop.call_soon_threadsafe(_answer_all, futures, error)


def _answer_all(futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
    for future in futures:
        _answer(future, error)


def _answer(future: _Answer, error: Exception | None) -> None:
    """A future that is cancelled, or was answered before, has nobody to answer."""
    if future.done() or (isinstance(future, Future) and not future.set_running_or_notify_cancel()):
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _log_safely(level: str, event: str, **values: object) -> None:
    """Log, or not: a full disk must not end the thread that stores deliveries."""
    with contextlib.suppress(Exception):
        getattr(log, level)(event, **values)
