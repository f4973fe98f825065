"""A tenant's company at its ledger."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledgers.base import Company
from app.schema import Connection


def company_of(session: Session, tenant_id: int) -> Company | None:
    """The tenant's Fortnox company; None when none is connected or its connection is not active."""
    conditions = (Connection.tenant_id == tenant_id, Connection.platform == "fortnox")
    fortnox = session.scalar(select(Connection).where(*conditions))
    return Company(fortnox.id, fortnox.account) if fortnox and fortnox.state == "active" else None
