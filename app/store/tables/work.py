"""What is due, what is known, what was done and what hinders it: lanes, snapshots, the journal, findings."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, literal_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, CreatedAt, Id, Instant, Json
from app.store.types import Minor


class LaneState(StrEnum):
    """What the newest look at a lane's subject came to; shown to people, and the filter of the order list."""

    NEW = "new"
    WAITING = "waiting"
    """Nothing to book yet (unpaid, authorised only)."""
    WORKING = "working"
    """Documents are being made; a wait for Fortnox's limit or a retry is part of it."""
    BOOKED = "booked"
    STOPPED = "stopped"
    """A finding stops it; a person or a changed register releases it."""
    SKIPPED = "skipped"
    """Nothing will be booked by rule (test order, cancelled before capture, before cut-off)."""


class Lane(Base):
    """One subject (an order, a payout), worked on by at most one worker at a time. The database is the queue."""

    __tablename__ = "lane"
    __table_args__ = (
        UniqueConstraint("connection_id", "subject"),
        Index("ix_lane_due", "due_at", postgresql_where="due_at is not null"),
        Index("ix_lane_tenant_state", "tenant_id", "state"),
        Index("ix_lane_worker", "worker", postgresql_where="worker is not null"),
    )

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    subject: Mapped[str]
    """`order:shopify:<numeric id>`; unique per shop: an id that comes under another shop's name is another lane."""
    state: Mapped[str] = mapped_column(server_default=LaneState.NEW.value)
    due_at: Mapped[datetime | None]
    """When it wants a worker; null: nothing to do until something happens."""
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    worker: Mapped[str | None]
    """Who holds the lease (`worker.name`), where it says that it lives; the lease ends with it."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    """Failed tries in a row; waiting for a permit is not a try."""
    first_failure_at: Mapped[datetime | None]
    calls: Mapped[int] = mapped_column(server_default="0")
    """Fortnox calls spent on this subject."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class Snapshot(Base):
    """The newest known state of a lane's subject, normalised, with what lists need to show and search."""

    __tablename__ = "snapshot"
    __table_args__ = (Index("ix_snapshot_tenant_name", "tenant_id", "name"),)

    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    version_at: Mapped[datetime]
    """The platform's own `updated_at`: an older state never replaces a newer one."""
    content_hash: Mapped[str]
    order: Mapped[Json]
    name: Mapped[str]
    processed_at: Mapped[datetime]
    currency: Mapped[str]
    total: Mapped[int] = mapped_column(Minor)
    expected_total: Mapped[int | None] = mapped_column(Minor)
    """What should stand in the books: invoices less credit notes of the newest plan; null where there is none."""
    booked_total: Mapped[int | None] = mapped_column(Minor)
    """What Fortnox says it booked, invoices less credit notes, without its whole-krona rounding; null until booked.
    Equal to `expected_total`, or explained."""
    plan: Mapped[Json | None]
    """The newest plan as the order page explains it; recomputed at every look."""
    fetched_at: Mapped[CreatedAt]


PAYMENT_IDS = func.jsonb_path_query_array(Snapshot.order, literal_column("'$.transactions[*].payment_id'"))
"""The payment ids of all transactions of an order, as a JSON array: what a provider may know the order by."""
Index("ix_snapshot_payment_ids", PAYMENT_IDS, postgresql_using="gin")


class OperationState(StrEnum):
    """planned → sending → done; sending → unknown → done or planned; refused needs a person; superseded is history."""

    PLANNED = "planned"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class Operation(Base):
    """One step of a plan in the journal: unique per lane and step key, so one intention is never planned twice."""

    __tablename__ = "operation"
    __table_args__ = (
        UniqueConstraint("lane_id", "step_key"),
        CheckConstraint(
            "state in ('planned', 'sending', 'unknown', 'done', 'refused', 'superseded')",
            name="state",
        ),
        Index("ix_operation_remote", "kind", "remote_id"),
    )

    id: Mapped[Id]
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"))
    step_key: Mapped[str]
    position: Mapped[int]
    kind: Mapped[str]
    payload_hash: Mapped[str]
    """Of the rendered payload: the same key with another content is a visible conflict, never an overwrite."""
    payload: Mapped[Json]
    state: Mapped[str] = mapped_column(server_default=OperationState.PLANNED.value)
    sent_at: Mapped[datetime | None]
    remote_id: Mapped[str | None]
    """The document's number in Fortnox, once known."""
    remote: Mapped[Json | None]
    """What Fortnox answered, as far as later steps and people need it."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    rules_version: Mapped[int]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class OperationEvent(Base):
    """Append-only history of a step: every look-up, call and decision, with request and answer, redacted."""

    __tablename__ = "operation_event"

    id: Mapped[Id]
    operation_id: Mapped[int] = mapped_column(ForeignKey("operation.id"), index=True)
    at: Mapped[CreatedAt]
    kind: Mapped[str]
    """looked_up | sent | done | adopted | not_sent | unknown | refused | conflict | released."""
    status: Mapped[int | None]
    request: Mapped[Json | None]
    answer: Mapped[Json | None]
    note: Mapped[str] = mapped_column(server_default="")


class ScheduledRun(Base):
    """When work that the clock starts was started last."""

    __tablename__ = "scheduled_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[Instant]


class Installation(Base):
    """One row: which database this is (`app.store.backups`). Where it is another, a dump was restored."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str]


class Finding(Base):
    """Something a person should know, by its catalogue code; open until `resolved_at`."""

    __tablename__ = "finding"
    __table_args__ = (
        Index(
            "uq_finding_open",
            "tenant_id",
            "lane_id",
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
    lane_id: Mapped[int | None] = mapped_column(ForeignKey("lane.id"), index=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connection.id"))
    code: Mapped[str]
    about: Mapped[str] = mapped_column(server_default="")
    """What exactly (a SKU, a currency, an account): several findings of one code may stand on one order."""
    data: Mapped[Json]
    """Values for the catalogue's placeholders."""
    registers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Fortnox registers whose change may release it."""
    seen: Mapped[int] = mapped_column(server_default="1")
    first_seen_at: Mapped[CreatedAt]
    last_seen_at: Mapped[CreatedAt]
    resolved_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    """Who closed it, where a person did: it is not told again while it says the same."""
    closed_note: Mapped[str] = mapped_column(server_default="")
    """What the person wrote: a reference."""
