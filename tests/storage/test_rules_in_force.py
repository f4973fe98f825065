"""New rules decide on what the old ones stopped, held back or left out, and leave the rest alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.jobs.inbox import make_due
from app.kit.db.engine import Store
from app.model.platforms import PlatformKind
from app.schema import Connection, Job, JobState, Tenant
from app.tenants.repository import put_in_force


@pytest.fixture
def tenant_id(store: Store) -> int:
    with store.write() as session:
        tenants = [Tenant(name="Björk & Bär AB"), Tenant(name="Granne AB")]
        session.add_all(tenants)
        session.flush()
        for tenant in tenants:
            shop = Connection(
                tenant_id=tenant.id, platform="shopify", kind=PlatformKind.SHOP,
                account=f"{tenant.id}.myshopify.com", display_name="",
                state="active", grant="client_credentials", scopes=[], encrypted=b"",
            )  # fmt: skip
            session.add(shop)
            session.flush()
            for state in JobState:
                job = session.get_one(Job, make_due(session, tenant.id, shop.id, f"order:shopify:{state}"))
                job.state, job.due_at = state, None
        return tenants[0].id


def due(store: Store) -> set[tuple[int, str]]:
    with store.read() as session:
        return {(job.tenant_id, job.state) for job in session.scalars(select(Job).where(Job.due_at.is_not(None)))}


def test_what_was_stopped_or_waits_is_looked_at_again(store: Store, tenant_id: int) -> None:
    with store.write() as session:
        assert put_in_force(session, tenant_id, {"trigger": "created"}, by="bo") == (2, 3)
    assert due(store) == {(tenant_id, "planned"), (tenant_id, "stopped"), (tenant_id, "waiting")}


def test_another_start_date_takes_in_what_the_old_one_left_out(store: Store, tenant_id: int) -> None:
    with store.write() as session:
        assert put_in_force(session, tenant_id, {"cut_over": "2026-01-01"}, by="bo") == (2, 4)
    assert due(store) == {(tenant_id, state) for state in ("planned", "stopped", "waiting", "skipped")}
