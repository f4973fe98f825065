"""Jobs that are woken while the other side is down: nothing new is to be found out by asking it at once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from app.findings.repository import Place, replace_open
from app.jobs import queue as jobs
from app.kit.db.engine import Store
from app.model.finding import Finding
from tests.support.pipeline.jobs import LEASE, claimed, new_job, new_tenant, put_off

PROBE, WAIT = timedelta(seconds=8), timedelta(hours=1)


def _failed_and_woken(store: Store, code: str = "FORTNOX_UNAVAILABLE") -> jobs.Lease:
    lease = claimed(store)
    with store.write() as session:
        replace_open(session, Place(lease.tenant_id, lease.job_id), [Finding(code, "", {})])
        jobs.wake(session, [lease.job_id])
    put_off(store, lease, WAIT, probe=jobs.Probe(PROBE, code))
    return lease


def test_failing_job_that_was_woken_waits_with_the_others(store: Store) -> None:
    new_tenant(store, "a", 1)
    _failed_and_woken(store)
    assert jobs.claim(store, LEASE) is None


def test_one_failing_job_of_a_company_looks_again_soon_and_the_others_wait_for_it(store: Store) -> None:
    new_tenant(store, "a", 3)
    leases = [_failed_and_woken(store) for _job_number in range(3)]
    due = sorted(due_at for due_at in (new_job(store, lease).due_at for lease in leases) if due_at)
    assert due[1] - due[0] > WAIT - timedelta(minutes=1)
    assert due[2] - due[1] < timedelta(minutes=1)


def test_each_outside_system_that_is_down_is_looked_at_by_a_job_of_its_own(store: Store) -> None:
    """Shopify's outage would otherwise hide that Fortnox is back, or the other way about."""
    new_tenant(store, "a", 4)
    codes = ("FORTNOX_UNAVAILABLE", "SHOPIFY_UNAVAILABLE", "FORTNOX_UNAVAILABLE", "SHOPIFY_UNAVAILABLE")
    leases = [_failed_and_woken(store, code) for code in codes]
    with store.read() as session:
        soon = session.scalars(select(func.clock_timestamp() + PROBE)).one()
    assert [due is not None and due <= soon for due in (new_job(store, lease).due_at for lease in leases)] == [
        True, True, False, False,
    ]  # fmt: skip
