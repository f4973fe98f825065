"""Findings: what keeps a job from ending, and what a person should know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.schema.base import Base, CreatedAt, Id, Json


class Finding(Base):
    """Something a person should know, by its catalogue code; open until `resolved_at`."""

    __tablename__ = "finding"
    __table_args__ = (
        Index(
            "uq_finding_open",
            "tenant_id",
            "job_id",
            "connection_id",
            "code",
            "about",
            unique=True,
            postgresql_where="resolved_at is null",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_finding_tenant_code", "tenant_id", "code", postgresql_where="resolved_at is null"),
    )

    id: Mapped[Id]
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id"))
    """None: about no tenant; only operators see it."""
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"), index=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    code: Mapped[str]
    about: Mapped[str] = mapped_column(server_default="")
    """What exactly (a SKU, a currency, an account): one order may have several findings of one code."""
    data: Mapped[Json]
    """Values for the catalogue's placeholders."""
    registers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Fortnox registers whose change may release it."""
    seen: Mapped[int] = mapped_column(server_default="1")
    first_seen_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]
    resolved_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    """Who closed it, where a person did: it is not shown again while its values are the same."""
    closed_note: Mapped[str] = mapped_column(server_default="")
    """What the person wrote: a reference."""
