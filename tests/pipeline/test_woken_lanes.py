"""Lanes that are woken while the other side is down: nothing new is to be found out by asking it at once."""

from __future__ import annotations

from datetime import timedelta

from app.store.engine import Store
from app.sync import lanes
from tests.pipeline.test_lanes import LEASE, _claimed, _lane, _tenant

PROBE, WAIT = timedelta(seconds=8), timedelta(hours=1)


def _failed_and_woken(store: Store) -> lanes.Lease:
    lease = _claimed(store)
    with store.write() as session:
        lanes.wake(session, [lease.lane_id])
    lanes.defer(store, lease, WAIT, failed=True, probe=PROBE)
    return lease


def test_failing_lane_that_was_woken_waits_with_the_others(store: Store) -> None:
    _tenant(store, "a", 1)
    _failed_and_woken(store)
    assert lanes.claim(store, LEASE) is None


def test_one_failing_lane_of_a_company_looks_again_soon_and_the_others_wait_for_it(store: Store) -> None:
    _tenant(store, "a", 3)
    leases = [_failed_and_woken(store) for _lane_number in range(3)]
    due = sorted(one for one in (_lane(store, lease).due_at for lease in leases) if one)
    assert due[1] - due[0] > WAIT - timedelta(minutes=1)
    assert due[2] - due[1] < timedelta(minutes=1)
