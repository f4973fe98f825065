"""What VIES was asked and said about buyers' VAT numbers, per order: the proof of a sale without VAT."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base


class VatNumberCheck(Base):
    """One number on one order; asked again until VIES answers, and when a person tries a refused one again."""

    __tablename__ = "vat_number_check"
    __table_args__ = (Index("ix_vat_number_check_wanted", "wanted_at", postgresql_where="wanted_at is not null"),)

    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"), primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    wanted_at: Mapped[datetime | None]
    """Since when an answer is waited for; None: nothing is."""
    answered_at: Mapped[datetime | None]
    valid: Mapped[bool | None]
    day: Mapped[date | None]
    name: Mapped[str] = mapped_column(server_default="")
    consultation: Mapped[str] = mapped_column(server_default="")
