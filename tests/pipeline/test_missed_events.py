"""When events were missed, all companies read again what they were about: one after the other."""

from __future__ import annotations

from sqlalchemy import text

from app.jobs import queue as jobs
from app.kit.db.engine import Store
from app.reconciliation.ledger_events import BookEvents
from app.schema import Connection, JobKind, Tenant
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.jobs import LEASE


def test_registers_of_many_companies_are_read_one_company_after_the_other(store: Store) -> None:
    with store.write() as session:
        for number in range(1000):
            tenant = Tenant(name=str(number))
            session.add(tenant)
            session.flush()
            books = {
                "platform": "fortnox",
                "kind": "ledger",
                "account": str(number),
                "display_name": "",
                "state": "active",
            }
            session.add(Connection(tenant_id=tenant.id, grant="refresh_token", scopes=[], encrypted=b"", **books))
    BookEvents(store, "fortnox").missed(["customers", "articles", "currencies"])
    due = "select count(*) from job where kind = 'register' and due_at < clock_timestamp() + make_interval(secs => :by)"
    with store.read() as session:
        within = [session.scalar(text(due), {"by": seconds}) for seconds in (60, 600, 3600)]
    assert within[0] <= 30, "up to nine calls each: the workers have time for orders between them"
    assert within[1] <= 200
    assert within[2] == 1000


def test_registers_of_one_company_are_read_at_once(bench: Bench) -> None:
    BookEvents(bench.program.store, "fortnox").missed(["customers"])
    lease = jobs.claim(bench.program.store, LEASE)
    assert lease is not None
    assert lease.kind is JobKind.MASTER_DATA
