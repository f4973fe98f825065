"""What we know of a company's Fortnox without asking, and its budget of calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, CreatedAt, Json


class RegisterEntry(Base):
    """One row of a Fortnox register (a currency, an account of a year, a customer we know), kept locally."""

    __tablename__ = "register_entry"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[Json]
    seen_at: Mapped[CreatedAt]


class RegisterRefresh(Base):
    """When a whole register was last read from Fortnox."""

    __tablename__ = "register_refresh"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    refreshed_at: Mapped[datetime]


class Permit(Base):
    """The ring of the last call times of one company (epoch seconds, oldest first): decision 14 of the design."""

    __tablename__ = "permit"

    company: Mapped[str] = mapped_column(primary_key=True)
    slots: Mapped[list[float]] = mapped_column(ARRAY(Float))
