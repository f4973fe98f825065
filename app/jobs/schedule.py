"""What runs at intervals: its last run is stored in the database, so that a restart neither skips nor repeats it.

The clock of a process only asks, each minute. A service that is restarted more often than its longest interval would
otherwise never run what is started by counting from its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from app.kit.db.engine import Store
from app.schema import ScheduledRun

HOURLY = timedelta(hours=1)
_SLACK = timedelta(seconds=30)
"""The clock asks each minute: an hour that lacks seconds is an hour, or every run would slip by a minute."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which scheduled work is due. Several processes may ask: one of them gets True."""

    store: Store
    now: Callable[[], datetime]

    def take(self, name: str, interval: timedelta = HOURLY) -> bool:
        """Whether it is due; the caller that gets True runs it. The interval begins anew."""
        now = self.now()
        statement = insert(ScheduledRun).values(name=name, started_at=now)
        statement = statement.on_conflict_do_update(
            index_elements=[ScheduledRun.name],
            set_={"started_at": now},
            where=ScheduledRun.started_at <= now - interval + _SLACK,
        )
        with self.store.write() as session:
            return session.scalar(statement.returning(ScheduledRun.name)) is not None
