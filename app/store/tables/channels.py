"""Which channel an order came by first, and the addresses that pushes may come to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, CreatedAt


class OrderClaim(Base):
    """One order that two channels may tell of (shop and payment provider) belongs to the lane that was first."""

    __tablename__ = "order_claim"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    """What both channels know it by: `qliro:<reference>`."""
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"), primary_key=True, index=True)
    wanted_by: Mapped[int | None] = mapped_column(ForeignKey("lane.id"))
    """The lane that came second: looked at again should the first give the order up."""
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
