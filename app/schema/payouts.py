"""Payouts of payment providers: each payout once, each of its lines in one payout only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db.types import Minor
from app.schema.base import Base, CreatedAt, Id, Json


class StoredPayout(Base):
    """A payout as its provider reported it, newest state; its job books it."""

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("connection_id", "provider", "number"),
        Index("ix_payout_tenant_paid", "tenant_id", "paid_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(start=500_001), primary_key=True)
    """Far from the ids of jobs and orders: one taken for the other is found nowhere."""
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    provider: Mapped[str]
    number: Mapped[str]
    """By which it is known at the provider (`Payout.key`)."""
    paid_on: Mapped[date]
    currency: Mapped[str]
    paid_out: Mapped[int] = mapped_column(Minor)
    content: Mapped[Json]
    """The whole payout, lines included."""
    content_hash: Mapped[str]
    booked_hash: Mapped[str | None]
    """Of the content that was booked: what a provider says afterwards is a finding, never a second voucher."""
    file_id: Mapped[int | None] = mapped_column(ForeignKey("payout_file.id"))
    """The file that reports this state, or reported it when it was booked; null where the provider's API did."""
    booked: Mapped[Json | None]
    """The payout as it was booked, and what each line took off a clearing account where that is not its amount.

    None: nothing is booked, or it was before this was kept."""
    stored_at: Mapped[CreatedAt]


class PayoutLineUse(Base):
    """A line of a provider's balance and the payout that took it: a line that turns up twice is never booked twice."""

    __tablename__ = "payout_line_use"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(primary_key=True)
    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    """The order that it belongs to."""
    matched_by: Mapped[str]
    """Name of the key that found it; empty: nothing did."""
    transaction_id: Mapped[str] = mapped_column(server_default="")
    """The shop's transaction that it settles, where orders wait for payouts; empty: they do not, or it settles none."""
    paid_on: Mapped[date | None]
    """Day of the payout, once it is sure that the money left the provider."""
    write_offs: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the payment of that transaction is to write off: the line's fee, which the payout's voucher then leaves out.

    None: nobody was asked to. Empty: the voucher takes it, for good (decision 0025)."""


class PayoutMovement(Base):
    """What a payout's line is at its provider: the same transaction in another payout of the company is not booked."""

    __tablename__ = "payout_movement"
    __table_args__ = (Index("ix_payout_movement_identity", "tenant_id", "provider", "identity"),)

    payout_id: Mapped[int] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    line_id: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    """One of those that `app.payouts.planning.movements` knows the line by."""
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    provider: Mapped[str]
    account: Mapped[str]
    """The provider's account; empty where the source does not state it."""


class StoredDispute(Base):
    """A lost dispute, as its provider reported it; its job books the loss."""

    __tablename__ = "lost_dispute"

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    content: Mapped[Json]
    stored_at: Mapped[CreatedAt]


class PayoutFile(Base):
    """A file, once per content and company."""

    __tablename__ = "payout_file"
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
    """The sum of a payout as a list of payouts states it: for reconciliation, never booked."""

    __tablename__ = "stated_sum"
    __table_args__ = (Index("ix_stated_sum_payout", "tenant_id", "provider", "payout_number", "paid_on"),)

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("payout_file.id"))
    provider: Mapped[str]
    payout_number: Mapped[str]
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
