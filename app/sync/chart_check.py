"""A tenant's accounts against its chart, as it was last read: for the page of settings and the command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.domain.chart import check_chart
from app.domain.commerce import books_day
from app.domain.findings import Finding
from app.domain.rules import TenantRules
from app.store.engine import Store
from app.store.tables import Connection
from app.sync.register import CompanyRegister


def rules_against_chart(
    store: Store, register: CompanyRegister, tenant_id: int, rules: TenantRules, now: datetime
) -> Sequence[Finding]:
    """What a bookkeeper must do about the accounts; nothing before Fortnox is connected and its chart was read."""
    with store.read() as session:
        here = (Connection.tenant_id == tenant_id, Connection.platform == "fortnox")
        connection = session.scalar(select(Connection.id).where(*here))
    if connection is None:
        return ()
    facts = register.facts(connection, customers=(), articles=())
    return () if "accounts" in facts.unread else check_chart(rules, facts, books_day(now))
