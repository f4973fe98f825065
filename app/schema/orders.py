"""Orders: their newest state, which channel they came by, and what people answered about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db.types import Minor
from app.schema.base import Base, CreatedAt, Id, Json


class SalesOrder(Base):
    """One order of a shop, from its first delivery on. It may never be readable: what was read is its `Snapshot`."""

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("connection_id", "platform_id"),
        Index("ix_sales_order_platform_id", "tenant_id", "platform_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(start=100_001), primary_key=True)
    """Far from the ids of jobs: one taken for the other is found nowhere."""
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"))
    platform_id: Mapped[str]
    """The platform's own id of it; unique per shop: an id that comes under another shop's name is another order."""
    created_at: Mapped[CreatedAt]


class Snapshot(Base):
    """The newest known state of an order, normalised, with what lists need to show and search. None: it was not read.

    Apart from `SalesOrder`, whose row each delivery asks for: this one is wide, and written at every look.
    """

    __tablename__ = "snapshot"
    __table_args__ = (Index("ix_snapshot_tenant_name", "tenant_id", "name"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
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


class GivenAnswer(Base):
    """One answer. Append-only: of several to one question the newest holds, and one that was taken back stays seen."""

    __tablename__ = "given_answer"
    __table_args__ = (CheckConstraint("num_nonnulls(order_id, payout_id, job_id) = 1", name="about_one"),)

    id: Mapped[Id]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    """The order that it is about."""
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("payout.id"), index=True)
    """The payout that it or a line of which it is about."""
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"), index=True)
    """The job of a payout that is gone, because its import was taken back: kept for the history, and holds no more."""
    code: Mapped[str]
    """Of the finding that asked."""
    about: Mapped[str]
    """What exactly it was about: a credit's reference, a state of the order (`app.model.answers.state_of`)."""
    asked_about: Mapped[str]
    """What the finding named to the person."""
    answer: Mapped[str]
    """An `Answer`, or empty: taken back."""
    given_by: Mapped[str]
    given_at: Mapped[CreatedAt]


class OrderClaim(Base):
    """What two channels may report (shop and payment provider) belongs to the order that was first."""

    __tablename__ = "order_claim"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    """What both channels know it by: `qliro:<reference>`."""
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), primary_key=True, index=True)
    wanted_by: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"))
    """The order of the other channel, which came second: looked at again should the first give it up."""
    created_at: Mapped[CreatedAt]


class PushAddress(Base):
    """A secret address that a connection's pushes come to. Its token's hash is kept; one that ended stays known."""

    __tablename__ = "push_address"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), index=True)
    created_at: Mapped[CreatedAt]
    made_by: Mapped[str] = mapped_column(server_default="")
    """Who had it made, as e-mail address."""
    last_used_at: Mapped[datetime | None]
    """When somebody last came to it, after its end, too; to the minute."""
    last_used_from: Mapped[str] = mapped_column(server_default="")
    """Network address of who that was."""
    ends_at: Mapped[datetime | None]
    """From when on it opens nothing; None: it was neither replaced nor withdrawn."""
    ended_by: Mapped[str] = mapped_column(server_default="")
    """Who replaced or withdrew it last."""
