"""What the books themselves said, the last time they were read whole."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json


class LedgerReading(Base):
    """A financial year of a company as its books had it: compared with what we expected of every voucher of ours."""

    __tablename__ = "ledger_reading"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    last_day: Mapped[date]
    read_at: Mapped[datetime]
    compared: Mapped[int]
    """Vouchers of ours whose accounts and amounts were compared."""
    differing: Mapped[int]
    not_compared: Mapped[int]
    """Vouchers that we cannot foresee: of cash-method companies, and without a number in the journal."""
    accounts: Mapped[Json]
    """Account whose balance we explain → öre: `opening`, `closing`, `ours` (what our vouchers should have moved),
    `others` (what those of others moved), their `count`, and the `newest` of them: name, day, text, öre."""
