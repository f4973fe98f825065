"""A worker writes a heartbeat every few seconds; the leases of one that stopped are free for the others.

The same thread gives back what no thread of the process works on any more: a job that failed because the database was
away cannot give its job back, and its job should not wait for the end of the lease.
"""

from __future__ import annotations

import os
import platform
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, literal, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.queue import give_back, tokens_of
from app.kit.db.clock import DatabaseClock
from app.kit.db.engine import ReadSession, Store
from app.kit.db.stopwatch import steady
from app.schema import Worker
from app.schema.service import CLOCK_OFF_SECONDS, IS_LIVING

log = structlog.get_logger(__name__)

BEAT_SECONDS = 3.0
_RETRY_SECONDS = 1.0
"""Between two tries while the database is away."""
_GAP_SECONDS = 6.0
"""Silence that ends a worker's right to call others dead: it may have been the database's."""
_FORGOTTEN_AFTER = timedelta(hours=1)
_REPORT_EACH_SECONDS = 60.0

_BEAT = text("""
    insert into worker (name, beat_at, steady_since, clock_ahead)
    values (:name, clock_timestamp(), clock_timestamp(), :ahead)
        on conflict (name) do update
       set beat_at = clock_timestamp(), clock_ahead = :ahead,
           steady_since = case when worker.beat_at < clock_timestamp() - make_interval(secs => :gap)
                               then clock_timestamp() else worker.steady_since end
""")


class Presence:
    """This process among the workers: its name, the leases its threads hold, whether it is asked to stop."""

    def __init__(self) -> None:
        self.name: str | None = None
        """None while it writes no heartbeat: its leases end by their time alone."""
        self.stopping = threading.Event()
        """Set: give the current job back at the next step, and claim nothing more."""
        self._lock = threading.Lock()
        self._held: set[str] = set()

    @contextmanager
    def holding(self) -> Iterator[str]:
        """A token for one lease, known before the lease is asked for and for as long as somebody works under it."""
        token = secrets.token_hex(8)
        with self._lock:
            self._held.add(token)
        try:
            yield token
        finally:
            with self._lock:
                self._held.discard(token)

    def held(self) -> frozenset[str]:
        """Tokens of the leases that threads of this process work under, or are asking for."""
        with self._lock:
            return frozenset(self._held)


class Heartbeat:
    """The thread that beats for a process."""

    def __init__(self, store: Store, clock: DatabaseClock, presence: Presence) -> None:
        self._store, self._clock, self._presence = store, clock, presence
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._reported_at = -_REPORT_EACH_SECONDS

    def start(self) -> None:
        """Beat, and go on beating in a thread."""
        self._presence.name = f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._presence.stopping.clear()
        self._end.clear()
        self._try()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it beats."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End; leases that are left are free for others at once."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(10)
        try:
            with self._store.write() as session:
                session.execute(delete(Worker).where(Worker.name == self._presence.name))
                give_back(session, tokens_of(session, self._presence.name or ""))
        except SQLAlchemyError as error:
            self._store.outages.note(error)
        self._presence.name = None

    def beat(self) -> None:
        """Write one heartbeat, and give back leases that no thread of this process works on. Raises SQLAlchemyError."""
        name = self._presence.name or ""
        self._clock.read()
        ahead = self._clock.machine_ahead()
        with self._store.write() as session:
            session.execute(_BEAT, {"name": name, "ahead": ahead, "gap": _GAP_SECONDS})
            leased = tokens_of(session, name)
            # Read after the database: a lease that is in it and not held has ended, it is never one about to begin.
            count = give_back(session, set(leased) - self._presence.held())
            session.execute(delete(Worker).where(Worker.beat_at < func.clock_timestamp() - literal(_FORGOTTEN_AFTER)))
        self._store.outages.over()
        if count:
            log.warning("leases_given_back", jobs=count)
        if abs(ahead) > CLOCK_OFF_SECONDS and steady() - self._reported_at >= _REPORT_EACH_SECONDS:
            self._reported_at = steady()
            log.warning("clock_off", seconds_ahead=round(ahead, 1))

    def _run(self) -> None:
        wait = BEAT_SECONDS
        while not self._end.wait(wait):
            wait = BEAT_SECONDS if self._try() else _RETRY_SECONDS

    def _try(self) -> bool:
        """Beat, or log why not: a thread that dies here would let the others take our leases."""
        try:
            self.beat()
        except Exception as error:
            if not self._store.outages.note(error):
                log.exception("heartbeat_failed")
            return False
        return True


def count_living(session: ReadSession) -> int:
    """How many workers live, of all processes."""
    return session.scalars(select(func.count()).select_from(Worker).where(IS_LIVING)).one()
