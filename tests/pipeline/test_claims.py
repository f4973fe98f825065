"""Two workers at one lane at the same instant: the later is refused twice over, by a lock and by a condition."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from app.store.engine import Store
from app.sync import lanes
from app.sync.lanes import Lease
from tests.contract.shopify_stage import eventually
from tests.pipeline.test_lanes import LEASE, _tenant

_LOCK = "for update of lane skip locked"
_CLAIMED = {"seconds": LEASE, "token": "first", "worker": None} | lanes._SECONDS


def _second_claim(store: Store, *, waits: bool) -> Lease | None:
    """What a worker gets that claims while another one's claim is not committed yet."""
    found: list[Lease | None] = []
    second = threading.Thread(target=lambda: found.append(lanes.claim(store, LEASE)))
    with store.write() as session:
        assert session.execute(lanes._CLAIM, _CLAIMED).one_or_none() is not None
        second.start()
        if waits:
            eventually(lambda: session.scalar(text("select count(*) from pg_locks where not granted")))
        else:
            second.join(10)
            assert not second.is_alive(), "nobody waits for somebody else's claim"
    second.join(10)
    return found[0]


def test_lane_that_is_being_claimed_is_passed_over_without_waiting(store: Store) -> None:
    _tenant(store, "a", 2)
    second = _second_claim(store, waits=False)
    assert second is not None
    assert second.subject == "order:shopify:1"


def test_lane_that_is_being_claimed_is_not_taken_though_nothing_locks_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the row lock both find it due; the condition is repeated where it is taken, and refuses the later one."""
    statement = lanes._CLAIM.text
    assert statement.count(_LOCK) == 1
    monkeypatch.setattr(lanes, "_CLAIM", text(statement.replace(_LOCK, "")))
    _tenant(store, "a", 1)
    assert _second_claim(store, waits=True) is None
