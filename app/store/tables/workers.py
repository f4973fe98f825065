"""The processes that work on lanes, and when each was last heard of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Instant


class Worker(Base):
    """One process. Its row goes with it, or an hour after it was last heard of."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Machine, process id and some random letters: never given twice."""
    beat_at: Mapped[Instant]
    """When it last said that it lives."""
    steady_since: Mapped[datetime]
    """Since when it has said so without a gap: only such a worker may say of another that it is dead."""
    clock_ahead: Mapped[float]
    """Seconds that its machine's clock is ahead of the database's."""
