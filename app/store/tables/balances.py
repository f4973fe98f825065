"""What the database itself refuses: to credit more than was invoiced, to use money twice."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base
from app.store.types import Minor


class CreditBalance(Base):
    """Per order, and per line or shipping of it: invoiced and credited (VAT included, öre of the order's currency).

    Written in the transaction that marks a document for sending, so a credit beyond the invoice cannot even be sent.
    """

    __tablename__ = "credit_balance"
    __table_args__ = (CheckConstraint("credited >= 0 and credited <= invoiced", name="credited_at_most_invoiced"),)

    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    """`line:17`, `shipping:4`; empty for the whole order."""
    invoiced: Mapped[int] = mapped_column(Minor)
    credited: Mapped[int] = mapped_column(Minor)


class MoneyUse(Base):
    """A provider's transaction and what payments of ours use of it: one order's, and never more than it moved."""

    __tablename__ = "money_use"
    __table_args__ = (CheckConstraint("abs(used) <= abs(moved)", name="used_at_most_moved"),)

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(primary_key=True)
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"), index=True)
    moved: Mapped[int] = mapped_column(Minor)
    """Öre of the order's currency; negative where money went back."""
    used: Mapped[int] = mapped_column(Minor)
