"""Loading and storing a tenant's rules. Versions are only added; the tenant row names the one in force."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from app.jobs.queue import wake
from app.kit.db.engine import ReadSession, WriteSession
from app.schema import (
    Job,
    JobState,
    Operation,
    OperationState,
    Priority,
    Tenant,
    TenantRulesVersion,
)
from app.schema.base import Json
from app.tenants.account_roles import DEFAULT_ACCOUNTS, DEFAULT_GATEWAYS
from app.tenants.fee_vat import DEFAULT_FEE_VAT
from app.tenants.rules import TenantRules

_RULES = TypeAdapter(TenantRules)
_NO_CHOICE = frozenset({"version", "ledger"})
"""Fields that the rules carry and nobody chooses."""
_OF_DEFAULTS = 1
"""Version of the defaults: what they made must not seem made by the first rules that somebody stored."""


CASE_FOLDED = (
    "ways_of_delivery", "cost_centers", "projects", "terms", "modes_of_payment", "untransported_sales",
    "special_supplies", "reference_prefixes", "provider_discounts",
    "bank_accounts", "clearing_accounts", "remainder_accounts",
)  # fmt: skip
"""Rules whose names are written in any case."""


class UnknownRulesError(ValueError):
    """Names that are no rules."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"no such rules: {', '.join(names)}")
        self.names = names


def rules_to_json(rules: TenantRules) -> Json:
    """Rules as stored."""
    stored: Json = _RULES.dump_python(rules, mode="json")
    for name in _NO_CHOICE:
        stored.pop(name, None)
    return stored


def rules_from_json(stored: Json, version: int) -> TenantRules:
    """Stored rules, typed. Maps are laid over the defaults, so that a new role reaches old tenants.

    Raises UnknownRulesError for a name that is no rule: a misspelt name must not leave a default in force unseen.
    """
    unknown = stored.keys() - ({field.name for field in fields(TenantRules)} - _NO_CHOICE)
    if unknown:
        raise UnknownRulesError(sorted(unknown))
    laid_over = dict(stored)
    laid_over["accounts"] = {**DEFAULT_ACCOUNTS, **stored.get("accounts", {})}
    laid_over["gateways"] = {**DEFAULT_GATEWAYS, **stored.get("gateways", {})}
    laid_over["fee_vat"] = {**DEFAULT_FEE_VAT, **stored.get("fee_vat", {})}
    for name in CASE_FOLDED:
        laid_over[name] = {str(key).casefold(): code for key, code in stored.get(name, {}).items()}
    return _RULES.validate_python({**laid_over, "version": version})


def load_rules(session: ReadSession | WriteSession, tenant_id: int, version: int | None = None) -> TenantRules:
    """The rules in force, or those of a version; the defaults when a tenant never changed any."""
    version = version or session.scalar(select(Tenant.rules_version).where(Tenant.id == tenant_id))
    return rules_of_version(session.get(TenantRulesVersion, (tenant_id, version)), version)


def rules_of_version(row: TenantRulesVersion | None, version: int | None) -> TenantRules:
    """The rules of a stored version; the defaults where a tenant never stored any."""
    return rules_from_json(row.rules if row else {}, version or _OF_DEFAULTS)


def store_rules(session: WriteSession, tenant_id: int, stored: Json, *, by: str) -> int:
    """Add a version and put it in force. Raises pydantic.ValidationError when the rules are not valid."""
    rules_from_json(stored, _OF_DEFAULTS)
    tenant = session.get_one(Tenant, tenant_id, with_for_update=True)
    newest = session.scalar(
        select(TenantRulesVersion.version)
        .where(TenantRulesVersion.tenant_id == tenant_id)
        .order_by(TenantRulesVersion.version.desc())
        .limit(1)
    )
    tenant.rules_version = (newest or _OF_DEFAULTS) + 1
    session.add(TenantRulesVersion(tenant_id=tenant_id, version=tenant.rules_version, rules=stored, created_by=by))
    return tenant.rules_version


def put_in_force(session: WriteSession, tenant_id: int, stored: Json, *, by: str) -> tuple[int, int]:
    """Store rules as a new version and look again at what the old ones stopped or held back.

    With another start date also at what they left out. Returns the version, and how many jobs. Raises as
    `store_rules`.
    """
    before = load_rules(session, tenant_id)
    version = store_rules(session, tenant_id, stored, by=by)
    states = [JobState.STOPPED.value, JobState.WAITING.value, JobState.PLANNED.value]
    if load_rules(session, tenant_id, version).cut_over != before.cut_over:
        states.append(JobState.SKIPPED.value)
    conditions = (Job.tenant_id == tenant_id, Job.state.in_(states))
    woken = wake(session, list(session.scalars(select(Job.id).where(*conditions))), Priority.BACKFILL)
    if before.clear_at_payout - load_rules(session, tenant_id, version).clear_at_payout:
        woken += wake_who_waited(session, tenant_id)
    return version, woken


@dataclass(frozen=True, slots=True)
class RulesChange:
    """A version of the rules in the history."""

    version: int
    by: str
    at: datetime
    changed: tuple[str, ...]
    """Names of the rules that differ from the version before."""


def history(session: ReadSession, tenant_id: int, most: int = 20) -> list[RulesChange]:
    """The newest versions, and what each changed."""
    statement = select(TenantRulesVersion).where(TenantRulesVersion.tenant_id == tenant_id)
    rows = session.scalars(statement.order_by(TenantRulesVersion.version.desc()).limit(most + 1)).all()
    before = [*[_whole(row) for row in rows[1:]], rules_to_json(TenantRules())]
    return [
        RulesChange(row.version, row.created_by, row.created_at, tuple(_differing(earlier, _whole(row))))
        for row, earlier in zip(rows[:most], before, strict=False)
    ]


def _whole(row: TenantRulesVersion) -> Json:
    return rules_to_json(rules_from_json(row.rules, row.version))


def _differing(before: Json, after: Json) -> list[str]:
    return sorted(name for name, value in after.items() if before.get(name) != value)


def wake_who_waited(session: WriteSession, tenant_id: int) -> int:
    """Make the orders due that have an invoice and no provider's money on it: they need not wait any more."""
    payment, of_tenant = aliased(Operation), Job.tenant_id == tenant_id
    done = OperationState.DONE.value
    paid = exists().where(
        payment.job_id == Operation.job_id, payment.kind == "PayInvoice", payment.state == done,
        payment.payload["role"].astext.startswith("psp."),
    )  # fmt: skip
    invoiced = (Operation.kind == "CreateInvoice", Operation.state == done)
    jobs = select(Operation.job_id).join(Job, Job.id == Operation.job_id).where(of_tenant, *invoiced, ~paid)
    return wake(session, list(session.scalars(jobs.distinct())), Priority.BACKFILL)


def of_tenant(column: Any, tenant_id: int | None) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - a mapped column
    """What keeps a list to one company; nothing for None, which is all of them (operators)."""
    return () if tenant_id is None else (column == tenant_id,)
