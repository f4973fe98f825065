"""A tenant's company at its ledger."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledgers.base import Company
from app.schema import Connection

LEDGER = "fortnox"
"""Platform of the connections that are ledgers."""


def company_of(session: Session, tenant_id: int) -> Company | None:
    """The tenant's Fortnox company; None when none is connected or its connection is not active."""
    conditions = (Connection.tenant_id == tenant_id, Connection.platform == LEDGER)
    return company_among(session.scalars(select(Connection).where(*conditions)))


def company_among(connections: Iterable[Connection]) -> Company | None:
    """The one of these connections that is an active ledger."""
    active = (row for row in connections if row.platform == LEDGER and row.state == "active")
    return next((Company(row.id, row.account) for row in active), None)
