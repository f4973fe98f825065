"""What we know of a company's Fortnox without asking, and its budget of calls."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Float, ForeignKey, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.schema.base import Base, CreatedAt, Json


class MasterRecord(Base):
    """One row of a Fortnox register (a currency, an account of a year, a customer we know), kept locally."""

    __tablename__ = "master_record"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[Json]
    seen_at: Mapped[CreatedAt]


CUSTOMER_MARKS = ("organisation_number", "email")
"""By what a buyer's customer record is found among all of a company."""
for _mark in CUSTOMER_MARKS:
    Index(
        f"ix_master_record_customer_{_mark}",
        MasterRecord.connection_id,
        MasterRecord.data[_mark].astext,
        postgresql_where=MasterRecord.kind == "customers",
    )


INVOICE_MARKS = ("external1", "external2", "total")
"""By what an invoice that others made of an order is found among all invoices of a company."""
for _mark in INVOICE_MARKS:
    Index(
        f"ix_master_record_invoice_{_mark}",
        MasterRecord.connection_id,
        MasterRecord.data[_mark].astext,
        postgresql_where=MasterRecord.kind == "invoices",
    )


class MasterDataRefresh(Base):
    """When a whole register was last read from Fortnox."""

    __tablename__ = "master_data_refresh"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    refreshed_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    """When a single entry last changed: a process that caches the register reads it anew after this."""


class RefreshRequest(Base):
    """Something of a register that is to be read: by the connection's register job, as the budget of calls allows."""

    __tablename__ = "refresh_request"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, server_default="")
    """One entry; empty: the whole register."""
    page: Mapped[int] = mapped_column(server_default="1")
    """The next page of a long register."""
    started_at: Mapped[datetime | None]
    """When its first page was read: entries that were not seen since are gone."""
    asked_at: Mapped[CreatedAt]


class TopicOffset(Base):
    """Up to where the events of a topic have been dealt with. One row per topic of the integration, not per company."""

    __tablename__ = "topic_offset"

    topic: Mapped[str] = mapped_column(primary_key=True)
    offset: Mapped[str]
    told_at: Mapped[datetime]
    """The event's own time."""


class CallBudget(Base):
    """The last call times of one company (epoch seconds, oldest first): decision 14 of the design."""

    __tablename__ = "call_budget"

    company: Mapped[str] = mapped_column(primary_key=True)
    slots: Mapped[list[float]] = mapped_column(ARRAY(Float))


class VatNumberCheck(Base):
    """One number on one order; asked again until VIES answers, and when a person tries a refused one again."""

    __tablename__ = "vat_number_check"
    __table_args__ = (Index("ix_vat_number_check_wanted", "wanted_at", postgresql_where="wanted_at is not null"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    wanted_at: Mapped[datetime | None]
    """Since when an answer is waited for; None: nothing is."""
    answered_at: Mapped[datetime | None]
    valid: Mapped[bool | None]
    day: Mapped[date | None]
    name: Mapped[str] = mapped_column(server_default="")
    consultation: Mapped[str] = mapped_column(server_default="")
