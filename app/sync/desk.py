"""What the work on one order has before it, and how it may end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.books.base import Company
from app.domain.findings import Finding
from app.domain.rules import TenantRules
from app.store.tables import Connection, LaneState, Tenant
from app.sync.lanes import Lease


@dataclass(frozen=True, slots=True)
class Ended:
    """The lane's subject is in a final state for now; notices stay visible."""

    state: LaneState
    notices: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the work on one order looks at."""

    lease: Lease
    shop: Connection
    tenant: Tenant
    rules: TenantRules
    company: Company | None


@dataclass(frozen=True, slots=True)
class Work:
    """What carrying out needs besides the plan."""

    lease: Lease
    company: Company
    rules: TenantRules
    known_articles: frozenset[str] | None
    look_first: bool
    trusted_since: datetime
    """From when on the journal is whole: before it, or before a restored dump's end, others may have done a step."""
    dead_ways: Mapping[str, str] = field(default_factory=dict)
    """Number of a customer's card → the way of delivery on it that Fortnox does not have."""
    article_accounts: Mapping[str, int] = field(default_factory=dict)
    """Article number → the sales account on its record, of those that we made."""
    late_payments: frozenset[str] = frozenset()
    """Transactions whose payments a person wants dated on their invoice's day."""
    wanted_anew: frozenset[str] = frozenset()
    """Numbers of drafts that other hands cancelled and a person wants made anew."""


def company_of(session: Session, tenant_id: int) -> Company | None:
    """The tenant's Fortnox company; None when none is connected or its connection is not active."""
    here = (Connection.tenant_id == tenant_id, Connection.platform == "fortnox")
    fortnox = session.scalar(select(Connection).where(*here))
    return Company(fortnox.id, fortnox.account) if fortnox and fortnox.state == "active" else None
