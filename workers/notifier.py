"""The notifier on Celery."""

from __future__ import annotations

import threading

import structlog
from celery import Celery

from workers.notifications import hang_full

log = structlog.get_logger(__name__)


class CeleryNotifier:
    """Publishes "look now". A broker that is down is logged, never raised: the sweep notifies anyway.

    One thread publishes at a time; who rings meanwhile leaves a note and goes. So a broker that hangs holds one
    thread of the web server, not one per delivery.
    """

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._wanted = threading.Event()
        self._publishing = threading.Lock()

    def notify(self) -> None:
        """Notify, or let the thread that is notifying do it once more."""
        self._wanted.set()
        # Looked at again after the release: a note left between the last look and the release is not lost.
        while self._wanted.is_set() and self._publishing.acquire(blocking=False):
            try:
                self._wanted.clear()
                self._publish()
            finally:
                self._publishing.release()

    def _publish(self) -> None:
        try:
            if not hang_full(self._celery):
                self._celery.send_task("bokbro.drain", retry=False, ignore_result=True)
        except Exception as error:  # noqa: BLE001 - kombu's transports raise their own kinds of errors
            log.warning("notifier_not_heard", error=f"{type(error).__name__}: {error}")
