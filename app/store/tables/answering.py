"""What people answered to the questions of an order."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, CreatedAt, Id


class GivenAnswer(Base):
    """One answer. Append-only: of several to one question the newest holds, and one that was taken back stays seen."""

    __tablename__ = "given_answer"

    id: Mapped[Id]
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"), index=True)
    code: Mapped[str]
    """Of the finding that asked."""
    about: Mapped[str]
    """What exactly it was about: a credit's reference, a state of the order (`app.domain.answers.state_of`)."""
    asked_about: Mapped[str]
    """What the finding named to the person."""
    answer: Mapped[str]
    """An `Answer`, or empty: taken back."""
    given_by: Mapped[str]
    given_at: Mapped[CreatedAt]
