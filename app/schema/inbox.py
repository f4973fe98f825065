"""The inbox: stored deliveries, and counters of what the webhook endpoint refused."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.schema.base import Base, CreatedAt, Id, Json


class Inbox(Base):
    """One delivery, as it came. Unique per connection and delivery id: the same delivery is never stored twice."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("connection_id", "delivery_id"),
        Index("ix_inbox_open", "job_id", postgresql_where="processed_at is null"),
        Index("ix_inbox_connection_received", "connection_id", "received_at"),
    )

    id: Mapped[Id]
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"))
    delivery_id: Mapped[str]
    event_id: Mapped[str | None]
    topic: Mapped[str]
    triggered_at: Mapped[datetime | None]
    received_at: Mapped[CreatedAt]
    headers: Mapped[Json]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    processed_at: Mapped[datetime | None]
    """When the state that this delivery announced was read; null while it still wants attention."""


class Counter(Base):
    """How often something happened on a day, by reason: a refused delivery leaves nothing else."""

    __tablename__ = "counter"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
