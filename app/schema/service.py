"""The service itself: its database, its workers, its schedule."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.schema.base import Base, Instant


class ScheduledRun(Base):
    """When work that the clock starts was started last."""

    __tablename__ = "scheduled_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[Instant]


class Installation(Base):
    """One row: which database this is (`app.kit.db.backups`). Where it is another, a dump was restored."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str]


DEAD_AFTER = timedelta(seconds=10)
"""A worker without a heartbeat for this long holds no lease any more."""


CLOCK_OFF_SECONDS = 5.0
"""A machine whose clock is this far from the database's logs it."""


class Worker(Base):
    """One process. Its row is deleted when it ends, or an hour after its last heartbeat."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Machine, process id and some random letters: never given twice."""
    beat_at: Mapped[Instant]
    """When it last said that it lives."""
    steady_since: Mapped[datetime]
    """Since when it has said so without a gap: only such a worker may say of another that it is dead."""
    clock_ahead: Mapped[float]
    """Seconds that its machine's clock is ahead of the database's."""


IS_LIVING = Worker.beat_at > func.clock_timestamp() - DEAD_AFTER
"""Whether a worker's heartbeat is recent."""
