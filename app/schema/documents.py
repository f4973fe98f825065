"""Documents of ours that stand in a ledger."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db.types import Minor
from app.schema.base import Base, CreatedAt


class DocumentKind(StrEnum):
    """What a document is in a ledger."""

    CUSTOMER_INVOICE = "customer_invoice"
    CREDIT_NOTE = "credit_note"
    ORDER = "order"
    PAYMENT = "payment"
    VOUCHER = "voucher"


class Document(Base):
    """One document of ours in a ledger, by the step that made it. One that is cancelled there keeps its row.

    Written with the answer that names it, and again where it is read again: a copy of what the posting log holds, by
    which documents are looked up.
    """

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint(f"kind in ({', '.join(repr(kind.value) for kind in DocumentKind)})", name="kind"),
        CheckConstraint("num_nonnulls(order_id, payout_id) <= 1", name="of_one"),
        Index("ix_document_number", "tenant_id", "number", "kind"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(start=900_001), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    operation_id: Mapped[int] = mapped_column(ForeignKey("operation.id"), unique=True)
    """The step that made it; where a later step gives it its content, still that one."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    """The order that it was made of; None: a payout's, or a company's own voucher."""
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("payout.id"), index=True)
    kind: Mapped[str]
    """A `DocumentKind`."""
    number: Mapped[str]
    """In the ledger; of a voucher within its series and financial year."""
    series: Mapped[str] = mapped_column(server_default="")
    """Of a voucher; empty for all others."""
    financial_year: Mapped[int | None]
    """The ledger's number of the year, of a voucher whose answer states it."""
    day: Mapped[date | None]
    currency: Mapped[str | None]
    """None where no answer states what it comes to, as of a voucher."""
    total: Mapped[int | None] = mapped_column(Minor)
    """As the ledger states it, in minor units; negative of a credit note, and of money that went back."""
    created_at: Mapped[CreatedAt]
