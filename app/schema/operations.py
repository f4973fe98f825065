"""The posting log: operations, their history, and the balances that the database itself checks."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db.types import Minor
from app.schema.base import Base, CreatedAt, Id, Json


class OperationState(StrEnum):
    """planned → sending → done; sending → unknown → done or planned; refused needs a person; superseded is history."""

    PLANNED = "planned"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


class Operation(Base):
    """One step of a plan in the posting log: unique per job and step key, so no step is planned twice."""

    __tablename__ = "operation"
    __table_args__ = (
        UniqueConstraint("job_id", "step_key"),
        CheckConstraint(
            "state in ('planned', 'sending', 'unknown', 'done', 'refused', 'superseded')",
            name="state",
        ),
    )

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"))
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
    """looked_up | look_failed | rechecked | done | adopted | not_sent | unknown | refused | conflict."""
    status: Mapped[int | None]
    request: Mapped[Json | None]
    answer: Mapped[Json | None]
    note: Mapped[str] = mapped_column(server_default="")


class CreditBalance(Base):
    """Per order, and per line or shipping of it: invoiced and credited (VAT included, öre of the order's currency).

    Written in the transaction that marks a document for sending, so a credit beyond the invoice cannot even be sent.
    """

    __tablename__ = "credit_balance"
    __table_args__ = (CheckConstraint("credited >= 0 and credited <= invoiced", name="credited_at_most_invoiced"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
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
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), index=True)
    moved: Mapped[int] = mapped_column(Minor)
    """Öre of the order's currency; negative where money went back."""
    used: Mapped[int] = mapped_column(Minor)


class LedgerReading(Base):
    """A financial year of a company as the ledger held it, compared with the expected entries of our vouchers."""

    __tablename__ = "ledger_reading"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connection.id"), primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    last_day: Mapped[date]
    read_at: Mapped[datetime]
    compared: Mapped[int]
    """Vouchers of ours whose accounts and amounts were compared."""
    differing: Mapped[int]
    not_compared: Mapped[int]
    """Vouchers that we cannot foresee: of cash-method companies, and without a number in the posting log."""
    accounts: Mapped[Json]
    """Account whose balance we explain → öre: `opening`, `closing`, `ours` (what our vouchers should have moved),
    `others` (what those of others moved), their `count`, and the `newest` of them: name, day, text, öre."""
