"""What several test modules share of `test_jobs`."""

from __future__ import annotations

from datetime import timedelta

from app.jobs import queue as jobs
from app.jobs.inbox import make_due
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.model.platforms import PlatformKind
from app.schema import Connection, Job, Tenant

LEASE = 120.0


def new_tenant(store: Store, name: str, count: int) -> tuple[int, int]:
    """A tenant with some due jobs: its id and its shop's."""
    with store.write() as session:
        tenant = Tenant(name=name, state="live")
        session.add(tenant)
        session.flush()
        shop = Connection(
            tenant_id=tenant.id, platform="shopify", kind=PlatformKind.SHOP,
            account=f"{name}.myshopify.com", display_name=name,
            state="active", grant="client_credentials", scopes=[], encrypted=b"",
        )  # fmt: skip
        session.add(shop)
        session.flush()
        for number in range(count):
            make_due(session, tenant.id, shop.id, f"order:shopify:{number}")
        return tenant.id, shop.id


def claimed(store: Store) -> Lease:
    lease = jobs.claim(store, LEASE)
    assert lease is not None
    return lease


def put_off(store: Store, lease: Lease, wait: timedelta, probe: jobs.Probe | None = None) -> None:
    """As after a try that failed."""
    with store.write() as session:
        jobs.defer(session, lease, wait, failed=True, probe=probe)


def new_job(store: Store, lease: Lease) -> Job:
    with store.read() as session:
        return session.get_one(Job, lease.job_id)
