"""Settlement files that people handed in, kept whole: they are the base records of the vouchers made of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, CreatedAt, Id, Json
from app.store.types import Minor


class SettlementFile(Base):
    """A file, once per content and company."""

    __tablename__ = "settlement_file"
    __table_args__ = (UniqueConstraint("tenant_id", "digest"),)

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    name: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the content, hex."""
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    given_by: Mapped[str]
    given_at: Mapped[CreatedAt]
    rows_twice: Mapped[str] = mapped_column(server_default="")
    """What a person says of rows equal in every column: `one`, `each`, or nothing yet."""
    day_order: Mapped[str] = mapped_column(server_default="")
    """What a person says of days that can be read in two ways: a `DayOrder`, or nothing yet."""
    outline: Mapped[Json | None] = mapped_column(deferred=True)
    """What was read of the file without its lines: a page shows it without reading the file again."""
    outline_key: Mapped[str] = mapped_column(server_default="")
    """Of the reader, the column maps and the answers that `outline` was made with; with others it counts no more."""
    imported_at: Mapped[datetime | None]
    """Of its last import; None: it was only looked at, or the import was taken back."""
    taken_back_at: Mapped[datetime | None]
    """When a person took its last import back."""
    taken_back_by: Mapped[str] = mapped_column(server_default="")


class StatedPayoutSum(Base):
    """The sum of a payout as a list of payouts states it: proof, never booked."""

    __tablename__ = "stated_sum"
    __table_args__ = (Index("ix_stated_sum_payout", "tenant_id", "provider", "payout_id", "paid_on"),)

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("settlement_file.id"))
    provider: Mapped[str]
    payout_id: Mapped[str]
    """Empty where the list numbers none."""
    paid_on: Mapped[date]
    currency: Mapped[str]
    paid_out: Mapped[int] = mapped_column(Minor)


class SavedColumnMap(Base):
    """What a company said the columns of a file mean: files with the same header are read by it from then on."""

    __tablename__ = "column_map"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[Json]
    """A `ColumnMap`."""
    saved_by: Mapped[str]
    saved_at: Mapped[CreatedAt]
