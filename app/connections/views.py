"""What pages show of connections, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kit.db.engine import Store
from app.ledgers.areas import AreaView
from app.master_data.views import RefreshProgress, areas_shown, invoices_known_until, refresh_progress
from app.schema import Connection, Tenant
from app.shops.base import GrantsScopes, NotGranted
from app.tenants.repository import of_tenant


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection and how it is. `state` is `active`, `needs_consent` or `disconnected`."""

    platform: str
    name: str
    account: str
    state: str
    grant: str
    since: datetime
    """When the consent was last given."""
    tenant: str = ""
    reading: RefreshProgress | None = None
    """While its registers are being read; None when all that was asked for has been."""
    areas: tuple[AreaView, ...] = ()
    """Of Fortnox: the areas that were tried; empty before."""
    settled_until: str = ""
    """Of a provider: the day (ISO) until which its payouts are known; empty before the first look."""
    invoices_known_until: datetime | None = None
    """Of Fortnox: how old the index of its invoices is; None before it was read."""
    connected: datetime | None = None
    """Of a shop: when it was connected first. Without a start date, older orders are not booked."""
    not_granted: tuple[NotGranted, ...] = ()
    """Of a shop: what it does not let us read; empty while nothing was asked."""
    title: str = ""
    """The platform as people know it; empty: the page's own word for it."""


def connections_shown(
    store: Store, tenant_id: int | None, granting: Mapping[str, GrantsScopes], titles: Mapping[str, str]
) -> Sequence[ConnectionView]:
    """All connections, the ledger first.

    `granting`: what a platform says of scopes, where shops choose what an app may read; `titles`: as people know them.
    """
    statement = select(Connection, Tenant.name).join(Tenant, Tenant.id == Connection.tenant_id)
    statement = statement.where(*of_tenant(Connection.tenant_id, tenant_id))
    statement = statement.order_by(Connection.kind, Connection.platform, Connection.id)
    with store.read() as session:
        return [
            ConnectionView(
                row.platform, row.display_name, row.account, row.state, row.grant, row.updated_at,
                tenant if tenant_id is None else "", refresh_progress(session, row), areas_shown(session, row),
                str(row.payouts_known_until or ""), invoices_known_until(session, row), row.created_at,
                _not_granted(row, granting.get(row.platform)), titles.get(row.platform, ""),
            )
            for row, tenant in session.execute(statement)
        ]  # fmt: skip


def _not_granted(row: Connection, source: GrantsScopes | None) -> tuple[NotGranted, ...]:
    return source.not_granted(row.scopes) if source and row.state == "active" else ()
