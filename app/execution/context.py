"""What the work on one job needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.jobs.queue import Lease
from app.ledgers.base import Company
from app.master_data.facts import BooksFacts
from app.model.answers import Answers
from app.schema import Connection, Tenant
from app.tenants.rules import ArticlePolicy, TenantRules


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
    look_first: bool
    trusted_since: datetime
    """From when on the posting log is whole: before it, or before the end of a restored dump, a step may be done."""
    known_articles: frozenset[str] | None = None
    """Articles that rows may name; None: every one."""
    missing_ways: Mapping[str, str] = field(default_factory=dict)
    """Customer number → the way of delivery on its record that Fortnox does not have."""
    article_accounts: Mapping[str, int] = field(default_factory=dict)
    """Article number → the sales account on its record, of those that we made."""
    late_payments: frozenset[str] = frozenset()
    """Transactions whose payments a person wants dated on their invoice's day."""
    to_recreate: frozenset[str] = frozenset()
    """Numbers of drafts that somebody else cancelled and a person wants made anew."""
    file: bytes = b""
    """Content of the file that a step uploads."""

    def with_facts(self, facts: BooksFacts) -> Work:
        """With what the ledger's registers hold."""
        are_known_only = self.rules.article_policy is ArticlePolicy.KNOWN
        return replace(
            self,
            known_articles=facts.articles if are_known_only else None,
            missing_ways=facts.missing_ways,
            article_accounts=facts.article_accounts,
        )
