"""Jobs: what is due, who works on it, and what the newest look came to."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.schema.base import Base, CreatedAt, Id


class JobKind(StrEnum):
    """What a job's subject is: the part of it before the first colon. Each kind has one handler."""

    ORDER = "order"
    UNKNOWN = "unknown"
    """A push that names no order."""
    SHOP = "shop"
    """A delivery about the shop or the app."""
    PAYOUT = "payout"
    REPORT = "report"
    """A provider's file, to be put to the voucher of its payout."""
    DISPUTE = "dispute"
    CUT_OFF = "cut_off"
    MASTER_DATA = "register"
    LEDGER = "ledger"
    """The nightly comparison of a company's ledger."""
    DOCUMENTS = "documents"
    """The daily look at what others did to our documents."""
    BACKFILL = "backfill"
    """A poll: what changed in a shop and was not delivered."""
    POLL_PAYOUTS = "poll_payouts"
    """A poll: what a shop or provider has paid out."""


FOLLOWS_BOOKING = (JobKind.CUT_OFF, JobKind.REPORT, JobKind.DISPUTE)
"""Jobs that are made of what stands in the ledger: there is nothing to plan while the company is not live."""
POLLS = (JobKind.BACKFILL, JobKind.POLL_PAYOUTS)
"""Jobs that every connection has once, and that are due again when they close. They hold up no other job."""


class Priority(IntEnum):
    """Which of a company's due jobs goes first. Of two companies the one that waited longest does, whatever it has."""

    PERSON = 0
    """Somebody waits for it: a button on a page."""
    EVENT = 1
    """Something happened: a webhook, a payout, a register that changed."""
    BACKFILL = 2
    """What is looked at again or for the first time, many at once: history, new rules, the daily comparison."""


class JobState(StrEnum):
    """What the newest look at a job's subject came to; shown to people, and the filter of the order list."""

    NEW = "new"
    WAITING = "waiting"
    """Nothing to book yet (unpaid, authorised only)."""
    WORKING = "working"
    """Documents are being made; a wait for Fortnox's limit or a retry is part of it."""
    PLANNED = "planned"
    """What will be booked is known; it is sent once the company is live (`CompanyState`)."""
    BOOKED = "booked"
    STOPPED = "stopped"
    """A finding stops it; a person or a changed register releases it."""
    SKIPPED = "skipped"
    """Nothing will be booked by rule (test order, cancelled before capture, before cut-off)."""


class Job(Base):
    """What is worked on, by at most one worker at a time: an order, a payout, a month. The database is the queue."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("connection_id", "subject"),
        CheckConstraint(f"kind in ({', '.join(repr(kind.value) for kind in JobKind)})", name="kind"),
        CheckConstraint("(kind = 'order') = (order_id is not null)", name="order"),
        CheckConstraint("kind = 'payout' or payout_id is null", name="payout"),
        Index("ix_job_due", "due_at", postgresql_where="due_at is not null"),
        Index("ix_job_tenant_due", "tenant_id", "priority", "due_at", postgresql_where="due_at is not null"),
        Index("ix_job_tenant_state", "tenant_id", "state"),
        Index("ix_job_worker", "worker", postgresql_where="worker is not null"),
    )

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    subject: Mapped[str]
    """`order:shopify:<numeric id>`; unique per shop: an id that comes under another shop's name is another job."""
    kind: Mapped[str] = mapped_column(Computed("split_part(subject, ':', 1)", persisted=True))
    """A `JobKind`; the database refuses a subject of another."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), unique=True)
    """The order that it works on; None for every other kind."""
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("payout.id"), unique=True)
    """The payout that it works on; None for every other kind, and where the payout's import was taken back."""
    state: Mapped[str] = mapped_column(server_default=JobState.NEW.value)
    due_at: Mapped[datetime | None]
    """When it wants a worker; null: nothing to do until something happens."""
    woken_at: Mapped[CreatedAt]
    """When something last asked for it: a delivery, a poll that found a change, a person. What was read before may be
    outdated."""
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=str(Priority.EVENT.value))
    """A `Priority`, of the most urgent reason that it is due for."""
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[str | None]
    worker: Mapped[str | None]
    """Who holds the lease (`worker.name`), where it says that it lives; the lease ends with it."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    """Failed attempts in a row; waiting for the rate limiter is not an attempt."""
    first_failure_at: Mapped[datetime | None]
    calls: Mapped[int] = mapped_column(server_default="0")
    """Fortnox calls spent on this subject."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
