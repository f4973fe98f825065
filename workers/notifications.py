"""How many notifications are queued. They carry no time: clocks differ, and one that is off would drop them all.

What bounds them instead is their number: nobody rings where hundreds hang already, for each of them says the same.
"""

from __future__ import annotations

from typing import Any, cast

from celery import Celery
from celery.beat import ScheduleEntry, Scheduler
from kombu.exceptions import KombuError

MOST_NOTIFICATIONS = 200
"""While no worker runs; the first that starts takes them in a second or two."""


def hang_full(celery: Celery) -> bool:
    """Whether so many are queued that one more adds nothing. Raises what kombu's transports raise without a broker."""
    pool = cast("Any", celery.pool)
    with pool.acquire(block=True) as connection, connection.channel() as channel:
        try:
            hanging = channel.queue_declare(queue=celery.conf.task_default_queue, passive=True).message_count
            return bool(hanging >= MOST_NOTIFICATIONS)
        except (KombuError, *connection.channel_errors):
            return False  # no such queue yet


class BoundedScheduler(Scheduler):
    """Celery's clock in memory: a file would be one more place where time lives."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:  # noqa: ANN401 - Celery's own
        """Notify, unless hundreds are queued already."""
        try:
            is_full = hang_full(self.app)
        except Exception:  # noqa: BLE001 - each transport has its own kinds; ringing below says what is wrong
            is_full = False
        if not is_full:
            super().apply_entry(entry, producer)
