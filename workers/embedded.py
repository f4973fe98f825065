"""Worker and beat inside this process, on `memory://`: the same tasks as in a fleet of workers."""

from __future__ import annotations

import threading
from typing import Any, cast

import structlog
from celery import Celery
from celery.beat import EmbeddedService
from celery.worker import WorkController
from celery.worker import state as worker_state

from workers.celery_app import SCHEDULER

log = structlog.get_logger(__name__)


class _ReadyWorker(WorkController):
    """Says when it listens: `worker_ready` is a signal of the command line only (architecture-options.md 15)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Celery's own
        self.listening = threading.Event()
        super().__init__(*args, **kwargs)

    def on_consumer_ready(self, consumer: Any) -> None:  # noqa: ANN401 - Celery's own
        super().on_consumer_ready(consumer)
        self.listening.set()


class EmbeddedWorker:
    """A Celery worker thread (threads pool) and a beat thread."""

    def __init__(self, celery: Celery, *, threads: int) -> None:
        self._worker = _ReadyWorker(
            app=celery, pool_cls="threads", concurrency=threads, loglevel="WARNING", without_gossip=True,
            without_mingle=True, without_heartbeat=True, quiet=True,
        )  # fmt: skip
        self._beat: threading.Thread = cast(
            "threading.Thread",
            EmbeddedService(celery, thread=True, max_interval=1, scheduler_cls=SCHEDULER),
        )
        self._thread = threading.Thread(target=self._worker.start, name="celery-worker", daemon=True)

    def start(self, timeout: float = 20) -> None:
        """Start both and wait until the worker listens. Raises RuntimeError when it does not in time."""
        self._thread.start()
        if not self._worker.listening.wait(timeout):
            raise RuntimeError("the embedded worker did not start")
        self._beat.start()
        log.info("embedded_worker_ready")

    @property
    def is_alive(self) -> bool:
        """Whether both threads run: without them deliveries are stored and never booked."""
        return self._thread.is_alive() and self._beat.is_alive()

    def stop(self, timeout: float = 40) -> None:
        """Let running tasks finish, then end both threads."""
        cast("Any", self._beat).stop()
        flags = cast("Any", worker_state)  # per process, and read by the worker's loop
        flags.should_stop = 0
        self._thread.join(timeout)
        flags.should_stop = None
