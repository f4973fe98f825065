"""The state of a company: setting up → trial → live ⇄ paused. Its ledger is written to only while it is live.

That is held in three places: the mark of a step asks for it (`app.execution.operations.between_calls`), the table of
steps refuses another one (`operation_needs_live_company`), and a ledger sends no change without the authorization that
follows from the mark (`app.ledgers.base.WriteAuthorization`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select, text

from app.jobs.queue import wake
from app.kit.db.engine import ReadSession, WriteSession
from app.model.platforms import PlatformKind
from app.schema import CompanyState, CompanyStateChange, Connection, Job, JobState, Priority, Tenant
from app.tenants.repository import load_rules, put_in_force, rules_to_json

NEEDED = (PlatformKind.LEDGER, PlatformKind.SHOP)
"""Kinds of connections that a trial needs one of: what is read, and what it is compared with."""


class StateChangeError(Exception):
    """The company is in another state by now, or lacks a connection: nothing was changed."""


@dataclass(frozen=True, slots=True)
class StateView:
    """The state of a company as pages show it."""

    name: str
    state: CompanyState
    missing: tuple[PlatformKind, ...]
    """Connections that a trial still needs."""
    planned: int
    """Jobs that will be booked once the company is live."""
    start_day: date | None
    """First day that is booked, by the rules in force; None: none was chosen."""
    changes: tuple[CompanyStateChange, ...]
    """Newest first."""

    @property
    def since(self) -> datetime | None:
        """When the state began; None: with the company."""
        return self.changes[0].changed_at if self.changes else None


def state_view(session: ReadSession, tenant_id: int) -> StateView:
    """Everything that pages show of a company's state."""
    tenant = session.get_one(Tenant, tenant_id)
    changes = select(CompanyStateChange).where(CompanyStateChange.tenant_id == tenant_id)
    planned = select(func.count()).where(Job.tenant_id == tenant_id, Job.state == JobState.PLANNED.value)
    return StateView(
        tenant.name,
        CompanyState(tenant.state),
        _missing(session, tenant_id),
        session.scalar(planned) or 0,
        load_rules(session, tenant_id).cut_over,
        tuple(session.scalars(changes.order_by(CompanyStateChange.id.desc()).limit(20))),
    )


def start_trial(session: WriteSession, tenant_id: int, *, by: str) -> None:
    """Setting up → trial. Raises StateChangeError without a ledger or a shop."""
    if _missing(session, tenant_id):
        raise StateChangeError
    _change(session, tenant_id, CompanyState.SETTING_UP, CompanyState.TRIAL, by=by)


def go_live(session: WriteSession, tenant_id: int, start_day: date, *, by: str) -> int:
    """Trial → live: orders and payouts from `start_day` on are booked. Returns how many jobs are due by it.

    The day becomes a rule, in a version of its own. Raises StateChangeError.
    """
    if _missing(session, tenant_id):
        raise StateChangeError
    _change(session, tenant_id, CompanyState.TRIAL, CompanyState.LIVE, by=by, start_day=start_day)
    rules, woken = load_rules(session, tenant_id), 0
    if rules.cut_over != start_day:
        _version, woken = put_in_force(session, tenant_id, rules_to_json(replace(rules, cut_over=start_day)), by=by)
    return max(woken, _wake_planned(session, tenant_id))


def pause(session: WriteSession, tenant_id: int, *, by: str) -> None:
    """Live → paused: no step is marked for sending any more. A call that was marked before may still arrive."""
    _change(session, tenant_id, CompanyState.LIVE, CompanyState.PAUSED, by=by)


def resume(session: WriteSession, tenant_id: int, *, by: str) -> int:
    """Paused → live: what was planned meanwhile is due. Returns how many jobs. Raises StateChangeError."""
    _change(session, tenant_id, CompanyState.PAUSED, CompanyState.LIVE, by=by)
    return _wake_planned(session, tenant_id)


def _change(
    session: WriteSession,
    tenant_id: int,
    before: CompanyState,
    after: CompanyState,
    *,
    by: str,
    start_day: date | None = None,
) -> None:
    tenant = session.get_one(Tenant, tenant_id, with_for_update={"key_share": True}, populate_existing=True)
    if tenant.state != before:
        raise StateChangeError
    tenant.state = after.value
    session.add(CompanyStateChange(tenant_id=tenant_id, state=after.value, start_day=start_day, changed_by=by))
    session.flush()


# Orders first, as they came, and then what takes them as booked: payouts, cut-offs, disputes. The times are in the
# past, so that a company's oldest due job is the first of them, and the queue's order stays the only one there is.
_ORDER = text("""
    update job set due_at = clock_timestamp() - case when kind = 'order' then interval '1 hour' else interval '0' end
                            + least(id - (select min(id) from job as first where first.id = any (:ids)), 3000000000)
                              * interval '1 microsecond'
     where id = any (:ids) and lease_token is null
""")


def _wake_planned(session: WriteSession, tenant_id: int) -> int:
    """Make due what was planned; returns how many jobs."""
    planned = select(Job.id).where(Job.tenant_id == tenant_id, Job.state == JobState.PLANNED.value)
    ids = list(session.scalars(planned))
    woken = wake(session, ids, Priority.BACKFILL)
    if ids:
        session.execute(_ORDER, {"ids": ids})
    return woken


def _missing(session: ReadSession | WriteSession, tenant_id: int) -> tuple[PlatformKind, ...]:
    active = select(Connection.kind).where(Connection.tenant_id == tenant_id, Connection.state == "active")
    there = set(session.scalars(active))
    # A payment provider that reports orders stands in for a shop.
    is_there = {PlatformKind.SHOP: bool(there & {PlatformKind.SHOP, PlatformKind.PROVIDER})}
    return tuple(kind for kind in NEEDED if not is_there.get(kind, kind in there))
