"""Two workers at one job at the same instant, on PostgreSQL at READ COMMITTED: the lock of the row decides."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.jobs import queue as jobs
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.schema import Job, JobState
from tests.support.contract.shopify_stage import eventually
from tests.support.pipeline.jobs import LEASE, new_tenant, put_off

_CLAIMED = {"seconds": LEASE, "token": "first", "worker": None, "polls": True} | jobs._SECONDS
_LOOKED = "job.tenant_id = company.id and"
"""In the look for a job, before what it found is locked."""
_GATE = 4711
"""An advisory lock: whoever holds it keeps a claim between its look, whose snapshot is taken, and its row lock."""
_AT_THE_GATE = text("select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))")
"""Who waits for this session: other tests of the same server wait for locks, too."""


def test_job_that_is_being_claimed_is_passed_over_without_waiting(store: Store) -> None:
    new_tenant(store, "a", 2)
    found: list[Lease | None] = []
    second = threading.Thread(target=lambda: found.append(jobs.claim(store, LEASE)))
    with store.write() as session:
        assert session.execute(jobs._CLAIM, _CLAIMED).one_or_none() is not None
        second.start()
        second.join(5)
        waited = second.is_alive()
    second.join(10)
    assert not waited, "nobody waits for somebody else's claim"
    assert found[0] is not None
    assert found[0].subject == "order:shopify:1"


def _is_claimed(store: Store) -> Lease:
    with store.write() as session:
        row = session.execute(jobs._CLAIM, _CLAIMED).one()
        job = session.get_one(Job, row.id)
        return Lease(
            job.id, job.tenant_id, job.connection_id, job.subject, "first", 0, None, row.due_at, row.due_at, True, ()
        )


def _is_worked_on_and_closed(store: Store) -> None:
    lease = _is_claimed(store)
    with store.write() as session:
        jobs.close(session, lease, JobState.BOOKED)


def _is_claimed_and_woken(store: Store) -> None:
    lease = _is_claimed(store)
    with store.write() as session:
        jobs.wake(session, [lease.job_id])


def _is_claimed_and_fails(store: Store) -> None:
    put_off(store, _is_claimed(store), timedelta(minutes=10))


def _is_given_back(store: Store) -> None:
    _is_claimed(store)
    with store.write() as session:
        jobs.give_back(session, ["first"])


def _is_woken(store: Store) -> None:
    with store.write() as session:
        session.execute(text("update job set due_at = clock_timestamp()"))


_MEANWHILE: dict[Callable[[Store], object], bool] = {
    _is_claimed: False,
    _is_claimed_and_woken: False,
    _is_worked_on_and_closed: False,
    _is_claimed_and_fails: False,
    _is_given_back: True,
    _is_woken: True,
}
"""What becomes of the job between look and lock → whether it may still be claimed."""


@pytest.mark.parametrize("meanwhile", _MEANWHILE, ids=lambda meanwhile: meanwhile.__name__.strip("_"))
def test_job_that_changed_between_look_and_lock_is_claimed_as_it_is_now(
    store: Store, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Store], object]
) -> None:
    """The claim's snapshot shows it free; it is taken only where it is free when it is locked."""
    gated = jobs._CLAIM.text.replace(_LOOKED, f"{_LOOKED} pg_advisory_xact_lock_shared({_GATE}) is not null and")
    assert gated.count("pg_advisory") == 1
    new_tenant(store, "a", 1)
    found: list[Lease | None] = []
    second = threading.Thread(target=lambda: found.append(jobs.claim(store, LEASE)))
    with store.read() as gate:
        gate.execute(text("select pg_advisory_xact_lock(:gate)"), {"gate": _GATE})
        with monkeypatch.context() as patch:
            patch.setattr(jobs, "_CLAIM", text(gated))
            second.start()
            eventually(lambda: gate.scalar(_AT_THE_GATE))
        meanwhile(store)
    second.join(10)
    assert (found[0] is not None) == _MEANWHILE[meanwhile]
