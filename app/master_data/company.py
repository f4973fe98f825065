"""A tenant's company at its ledger."""

from __future__ import annotations

from collections.abc import Iterable

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
    return company_among(session.scalars(select(Connection).where(*conditions)))


def company_among(connections: Iterable[Connection]) -> Company | None:
    """The company at the ledger among a tenant's connections, as `company_of` has it."""
    ledgers = (connection for connection in connections if connection.kind == PlatformKind.LEDGER)
    first = min(ledgers, key=lambda connection: connection.id, default=None)
    return company_at(first) if first and first.state == "active" else None


def company_at(connection: Connection) -> Company:
    """The company that a ledger's connection stands for."""
    return Company(connection.id, connection.account, connection.platform)
