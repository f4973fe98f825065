"""Reads what the readiness check goes by: registers that are kept, connections, orders as far as they were read.

But for codes of the settings, nothing is asked of a ledger or a shop: the check may be looked at as often as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select, text

from app.catalogue import Severity, lookup
from app.kit.db.engine import ReadSession, Store
from app.master_data.cache import INVOICES, RIGHTS, MasterData
from app.master_data.facts import NO_FACTS
from app.master_data.settings_check import SettingsCheck
from app.model.finding import Finding
from app.model.order import books_day
from app.model.platforms import PlatformKind
from app.readiness.rows import CauseSeen, Observed, Readiness, ShopSeen, check
from app.schema import Connection, Job, JobKind, MasterDataRefresh, MasterRecord, Snapshot
from app.schema import Finding as OpenFinding
from app.shops.base import GrantsScopes
from app.tenants.repository import load_rules
from app.tenants.rules import TenantRules

_MOST_CAUSES = 10
_READ = select(MasterDataRefresh.kind)
# An invoice names an order in either reference, with the sign before the number or without it.
_INVOICED = text("""
    select count(distinct snapshot.order_id)
      from snapshot
      join master_record as invoice
        on invoice.connection_id = :ledger and invoice.kind = 'invoices'
       and invoice.data ->> 'external1' in (snapshot.name, ltrim(snapshot.name, '#'))
     where snapshot.tenant_id = :tenant and cast(invoice.data ->> 'counts' as boolean)
       and not exists (select from document
                        where document.tenant_id = :tenant and document.kind in ('customer_invoice', 'credit_note')
                          and document.number = invoice.code)
""")


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """Checks one company."""

    store: Store
    register: MasterData
    settings: SettingsCheck
    granting: Mapping[str, GrantsScopes]
    """Platforms whose shops choose what an app may read."""
    now: Callable[[], datetime]

    def of(self, tenant_id: int, start: date | None = None) -> Readiness:
        """Check a company by its rules in force; `start`: the first day to be booked, else that of the rules or today.

        What the settings name and the ledger lacks is looked up there (once a minute at most).
        """
        today = books_day(self.now())
        with self.store.read() as session:
            rules = load_rules(session, tenant_id)
            observed = self._observed(session, tenant_id, today)
        observed = self._with_codes(observed, tenant_id, rules)
        return check(observed, rules, start or rules.cut_over or today, today)

    def _observed(self, session: ReadSession, tenant_id: int, today: date) -> Observed:
        connections = session.scalars(select(Connection).where(Connection.tenant_id == tenant_id)).all()
        ledgers = (row for row in connections if row.kind == PlatformKind.LEDGER)
        ledger = min(ledgers, key=lambda row: row.id, default=None)
        facts = self.register.facts(ledger.id, customers=(), articles=()) if ledger else NO_FACTS
        if ledger:
            read = set(session.scalars(_READ.where(MasterDataRefresh.connection_id == ledger.id)))
            facts = replace(facts, unread=facts.unread | ({RIGHTS, INVOICES} - read))
        year = facts.year_of(today)
        method = _method(session, ledger.id, year.id) if ledger and year else ""
        currencies = session.scalars(select(Snapshot.currency).where(Snapshot.tenant_id == tenant_id).distinct())
        return Observed(
            ledger.state if ledger else None,
            facts,
            method,
            tuple(self._shop(row) for row in connections if row.kind != PlatformKind.LEDGER),
            frozenset(currencies),
            orders=session.scalar(select(func.count()).where(Snapshot.tenant_id == tenant_id)) or 0,
            stopped_by=_causes(session, tenant_id),
            invoiced_by_others=_invoiced_by_others(session, tenant_id, ledger.id) if ledger else 0,
        )

    def _shop(self, row: Connection) -> ShopSeen:
        source = self.granting.get(row.platform)
        lacks = len(source.not_granted(row.scopes)) if source and row.state == "active" else 0
        refused = any(topic.startswith("orders/") for topic in row.refused_topics)
        return ShopSeen(row.account, row.state, lacks, refused)

    def _with_codes(self, observed: Observed, tenant_id: int, rules: TenantRules) -> Observed:
        unknown = self.settings.unknown_codes(tenant_id, rules)
        codes = tuple(dict.fromkeys(code for missing in unknown.values() for code in missing))
        return replace(observed, unknown_codes=codes)


def _method(session: ReadSession, ledger_id: int, year_id: int) -> str:
    entry = session.get(MasterRecord, (ledger_id, "financialyears", str(year_id)))
    return str(entry.data.get("method") or "") if entry else ""


def _causes(session: ReadSession, tenant_id: int) -> tuple[CauseSeen, ...]:
    """What stops orders and payouts now, the most frequent cause first; each with the values of one of them."""
    kinds = (JobKind.ORDER.value, JobKind.PAYOUT.value)
    statement = (
        select(OpenFinding.code, OpenFinding.about, func.count(), func.min(OpenFinding.id))
        .join(Job, Job.id == OpenFinding.job_id)
        .where(OpenFinding.tenant_id == tenant_id, OpenFinding.resolved_at.is_(None), Job.kind.in_(kinds))
        .group_by(OpenFinding.code, OpenFinding.about)
        .order_by(func.count().desc(), OpenFinding.code, OpenFinding.about)
    )
    causes = []
    for code, about, count, first in session.execute(statement):
        if lookup(code).severity is not Severity.NOTICE:
            causes.append(CauseSeen(Finding(code, about, session.get_one(OpenFinding, first).data), count))
        if len(causes) == _MOST_CAUSES:
            break
    return tuple(causes)


def _invoiced_by_others(session: ReadSession, tenant_id: int, ledger_id: int) -> int:
    return session.scalar(_INVOICED, {"tenant": tenant_id, "ledger": ledger_id}) or 0
