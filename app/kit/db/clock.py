"""The one clock: the database's. Whoever asks gets its time without asking the database each time.

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
"""How long a reading is carried on by the machine's own steady clock, which drifts by microseconds in that time."""
_SHARP_SECONDS = 1.0
"""A reading whose way took longer says the time too roughly to replace another."""


def machine_time() -> datetime:
    """What this machine takes for the time: compared with the database's, and used for nothing else."""
    return datetime.now(UTC)


class DatabaseClock:
    """The database's time as last read, carried on by `steady`."""

    def __init__(self, store: Store, machine: Callable[[], datetime] = machine_time) -> None:
        self._store = store
        self._machine = machine
        self._read: tuple[float, datetime] | None = None

    def now(self) -> datetime:
        """The time. Raises SQLAlchemyError while the database has never answered."""
        known = self._read
        if known is None or steady() - known[0] > _TRUSTED_SECONDS:
            try:
                known = self.read()
            except SQLAlchemyError:
                if known is None:
                    raise
        return known[1] + timedelta(seconds=steady() - known[0])

    def read(self) -> tuple[float, datetime]:
        """Ask the database; a pair of `steady` and the time at that moment."""
        with self._store.read() as session:
            session.connection()  # a new connection takes its time before the question is asked
            asked = steady()
            told = session.scalars(select(func.clock_timestamp())).one()
            answered = steady()
        found = ((asked + answered) / 2, told)
        if self._read is None or answered - asked < _SHARP_SECONDS:
            self._read = found
        return self._read

    def machine_ahead(self) -> float:
        """Seconds that this machine's clock is ahead of the database's; negative where it is behind."""
        return (self._machine() - self.now()).total_seconds()
