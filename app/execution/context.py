"""What the work on one order needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.jobs.queue import Lease
from app.ledgers.base import Company
from app.model.answers import Answers
from app.schema import Connection, Tenant
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class JobContext:
    """Everything the work on one order looks at."""

    lease: Lease
    shop: Connection
    tenant: Tenant
    rules: TenantRules
    company: Company | None
    answers: Answers
    """What people answered about the order, up to the claim."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the execution of a plan needs besides the plan."""

    lease: Lease
    company: Company
    rules: TenantRules
    known_articles: frozenset[str] | None
    look_first: bool
    trusted_since: datetime
    """From when on the posting log is whole: before it, or before the end of a restored dump, a step may be done."""
    missing_ways: Mapping[str, str] = field(default_factory=dict)
    """Customer number → the way of delivery on its record that Fortnox does not have."""
    article_accounts: Mapping[str, int] = field(default_factory=dict)
    """Article number → the sales account on its record, of those that we made."""
    late_payments: frozenset[str] = frozenset()
    """Transactions whose payments a person wants dated on their invoice's day."""
    to_recreate: frozenset[str] = frozenset()
    """Numbers of drafts that somebody else cancelled and a person wants made anew."""
