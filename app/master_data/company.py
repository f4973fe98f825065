"""A tenant's company at its ledger."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledgers.base import Company
from app.model.platforms import PlatformKind
from app.schema import Connection


def company_of(session: Session, tenant_id: int) -> Company | None:
    """The tenant's company; None when no ledger is connected or its connection is not active.

    Of several ledgers the first that was connected keeps the books, whatever its state: a consent that is lost must not
    send the rest of an order to other books.
    """
    conditions = (Connection.tenant_id == tenant_id, Connection.kind == PlatformKind.LEDGER)
    connection = session.scalar(select(Connection).where(*conditions).order_by(Connection.id))
    return company_at(connection) if connection and connection.state == "active" else None


def company_at(connection: Connection) -> Company:
    """The company that a ledger's connection stands for."""
    return Company(connection.id, connection.account, connection.platform)
