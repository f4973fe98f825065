"""The one clock is the database's. `DatabaseClock` gives its time without a query each time.

Machines of a fleet disagree about the time, by seconds or by an hour. What one process stores as a time and another
compares must not depend on which of them it was, so no process believes its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.kit.db.engine import Store
from app.kit.db.stopwatch import steady

_TRUSTED_SECONDS = 60.0
"""How long a reading is extended by the machine's own steady clock, which drifts by microseconds in that time."""
_SHARP_SECONDS = 1.0
"""A reading whose query took longer is too inexact to replace another."""


def machine_time() -> datetime:
    """The time of this machine's clock: compared with the database's, and used for nothing else."""
    return datetime.now(UTC)


class DatabaseClock:
    """The database's time as last read, plus the seconds that `steady` has counted since."""

    def __init__(self, store: Store, machine: Callable[[], datetime] = machine_time) -> None:
        self._store = store
        self._machine = machine
        self._read: tuple[float, datetime] | None = None

    def now(self) -> datetime:
        """The time. Raises SQLAlchemyError while the database has never answered."""
        reading = self._read
        if reading is None or steady() - reading[0] > _TRUSTED_SECONDS:
            try:
                reading = self.read()
            except SQLAlchemyError:
                if reading is None:
                    raise
        return reading[1] + timedelta(seconds=steady() - reading[0])

    def read(self) -> tuple[float, datetime]:
        """Ask the database; a pair of `steady` and the time at that moment."""
        with self._store.read() as session:
            session.connection()  # a new connection takes its time before the question is asked
            asked = steady()
            database_time = session.scalars(select(func.clock_timestamp())).one()
            answered = steady()
        reading = ((asked + answered) / 2, database_time)
        if self._read is None or answered - asked < _SHARP_SECONDS:
            self._read = reading
        return self._read

    def machine_ahead(self) -> float:
        """Seconds that this machine's clock is ahead of the database's; negative where it is behind."""
        return (self._machine() - self.now()).total_seconds()
