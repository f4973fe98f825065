"""Findings as people fix them: by code, and within a code by the thing that is missing or wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select

from app.catalogue import MasterDataKind, Severity, lookup
from app.findings.proposed_settings import proposal_in
from app.findings.views import AffectedOrder, FindingGroup, Incident, RowFinding, ShopNotice
from app.kit.db.engine import Store, WriteSession
from app.schema import Finding, Job, JobKind, Snapshot, Tenant
from app.schema.base import Json
from app.tenants.repository import load_rules, of_tenant, rules_to_json, store_rules

_ORDERS_PER_GROUP = 50
_PAYOUT = "payout:"
_NAMED = 3
"""Differing values that a sentence about several findings names."""


def open_groups(store: Store, tenant_id: int | None) -> Sequence[FindingGroup]:
    """Open findings by code, the most frequent first."""
    statement = (
        select(Finding, Snapshot.name, Job)
        .outerjoin(Job, Job.id == Finding.job_id)
        .outerjoin(Snapshot, Snapshot.order_id == Job.order_id)
        .where(Finding.resolved_at.is_(None), *of_tenant(Finding.tenant_id, tenant_id))
        .order_by(Finding.first_seen_at, Finding.id)
    )
    grouped: dict[str, list[OpenFinding]] = {}
    with store.read() as session:
        for finding, name, job in session.execute(statement):
            grouped.setdefault(finding.code, []).append(_open_finding(finding, name, job))
    groups = [grouped_by_incident(code, rows) for code, rows in grouped.items()]
    return sorted(groups, key=lambda group: (-group.count, group.code))


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """An open finding, and what has it."""

    finding: Finding
    name: str = ""
    """Of the order, or the job's subject; empty: it is about a connection."""
    page: str = ""
    """Address of the page of the order or payout."""
    is_of_payout: bool = False


def _open_finding(finding: Finding, order_name: str | None, job: Job | None) -> OpenFinding:
    if job is None:
        return OpenFinding(finding)
    is_of_payout = job.kind == JobKind.PAYOUT
    page = f"/payouts/{job.payout_id}" if job.payout_id else f"/orders/{job.order_id}" if job.order_id else ""
    return OpenFinding(finding, order_name or job.subject.removeprefix(_PAYOUT), page, is_of_payout)


def grouped_by_incident(code: str, rows: Sequence[OpenFinding]) -> FindingGroup:
    """The open findings of a code, oldest first."""
    orders = tuple(
        AffectedOrder(row.name, row.finding.first_seen_at, row.page)
        for row in rows[:_ORDERS_PER_GROUP]
        if row.finding.job_id is not None
    )
    findings = [row.finding for row in rows]
    # What has no page of its own is closed in the list of findings.
    incidents, notices = _incidents(code, findings), _notices(code, [row.finding for row in rows if not row.page])
    of_payouts = [row for row in rows if row.finding.about and row.is_of_payout]
    return FindingGroup(
        code,
        len(rows),
        findings[0].first_seen_at,
        _shared(findings),
        orders,
        incidents,
        notices,
        _payout_rows(of_payouts),
    )


def _payout_rows(rows: Sequence[OpenFinding]) -> tuple[RowFinding, ...]:
    """Each row with its own values: the sentence about several of them names only a few."""
    payout_rows = tuple(
        RowFinding(row.finding.id, row.page, row.finding.data, _proposed(row.finding))
        for row in rows[:_ORDERS_PER_GROUP]
    )
    return payout_rows if len(payout_rows) > 1 or any(row.proposes for row in payout_rows) else ()


def _proposed(finding: Finding) -> str:
    proposal = proposal_in(finding.data)
    return proposal.rule if proposal else ""


def _notices(code: str, findings: Sequence[Finding]) -> tuple[ShopNotice, ...]:
    if lookup(code).severity is not Severity.NOTICE:
        return ()
    of_tenants = [finding for finding in findings if finding.tenant_id is not None]
    return tuple(ShopNotice(finding.id, finding.data) for finding in of_tenants[:_ORDERS_PER_GROUP])


def _incidents(code: str, findings: Sequence[Finding]) -> tuple[Incident, ...]:
    if lookup(code).register in (MasterDataKind.NONE, MasterDataKind.INVOICES):
        return ()  # `about` names an order or a line there: there is nothing to fix for several at once
    counts = Counter(finding.about for finding in findings if finding.about and finding.job_id is not None)
    return tuple(
        Incident(about, count, _shared([finding for finding in findings if finding.about == about]))
        for about, count in counts.most_common()
    )


def _shared(findings: Sequence[Finding]) -> Json:
    """Values for one sentence about all: where they differ, the first few of them and how many more there are."""
    names = dict.fromkeys(name for finding in findings for name in finding.data)
    return {name: _together([finding.data[name] for finding in findings if name in finding.data]) for name in names}


def _together(values: Sequence[Any]) -> Any:  # noqa: ANN401 - a finding's value, any JSON
    if all(value == values[0] for value in values):
        return values[0]
    distinct = list(dict.fromkeys(str(value) for value in values))
    more = len(distinct) - _NAMED
    return ", ".join(distinct[:_NAMED]) + (f" (+{more})" if more > 0 else "")


def resolved_by_hand(session: WriteSession, tenant_id: int, code: str, about: str, by: str) -> None:
    """Remember what a person says is in Fortnox now, where Fortnox cannot be asked: a VAT rate (fortnox-api.md 3.12).

    Were it not there all the same, Fortnox refuses the next order, and nothing is booked wrongly.
    """
    if code != "FORTNOX_VAT_NOT_FOUND":
        return
    try:
        rate = Decimal(about.removesuffix("%").strip())
    except InvalidOperation:
        return
    session.get_one(Tenant, tenant_id, with_for_update=True)  # two people who say so at once: one after the other
    rules = load_rules(session, tenant_id)
    if rate in rules.vat_rates:
        return
    stored = rules_to_json(rules)
    store_rules(session, tenant_id, {**stored, "vat_rates": [*stored["vat_rates"], str(rate)]}, by=by)
