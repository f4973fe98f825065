"""A small fleet of real processes is killed, frozen and starved while it works; `make chaos` is the large one."""

from __future__ import annotations

import shutil

import pytest

from tests.chaos.breaking import Blow, blows
from tests.chaos.clocks import off_by
from tests.chaos.history import PHASES, history
from tests.chaos.run import Plan, run

SEED = 20261201
STORM = (
    (
        Blow(0.2, "clock", "worker-1 +1"),
        Blow(0.8, "empty-redis"),
        Blow(1.0, "kill", "api", 0.2),
        Blow(2.0, "freeze", "worker-2", 1.5),
        Blow(2.2, "postgres", "killed", 0.1),
    ),
    (
        Blow(0.3, "postgres", "immediate", 0.1),
        Blow(0.6, "kill", "worker-1", 0.3),
        Blow(0.8, "freeze-redis", "", 1.0),
        Blow(1.2, "kill", "beat", 0.3),
        Blow(1.6, "kill", "events", 0.3),
    ),
    (),
)


@pytest.mark.redis
@pytest.mark.timeout(280)
def test_fleet_that_was_killed_frozen_and_starved_has_the_books_of_a_quiet_day() -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("NOT TESTED: a fleet in a storm. No redis-server on the PATH")
    plan = Plan(
        "scaled", SEED, orders=8, pace=8, patience=100, long_freeze=False, hurried=True, only=STORM, quiet_seconds=0.6,
        longest_delay=90,
    )  # fmt: skip
    said: list[str] = []
    outcome = run(plan, said.append)
    assert outcome.wrong == [], "\n".join(said)
    assert outcome.blows["kill"] == 4
    assert outcome.spoiled_calls > 0


def test_seed_draws_the_same_history_and_the_same_blows_again() -> None:
    assert history(7, 40) == history(7, 40)
    assert history(7, 40) != history(8, 40)
    assert blows(7, 1, 60, "scaled", long_freeze=True) == blows(7, 1, 60, "scaled", long_freeze=True)


def test_long_storm_has_every_kind_of_blow() -> None:
    drawn = blows(7, 0, 120, "scaled", long_freeze=True)
    kinds = {blow.kind for blow in drawn}
    assert {"kill", "freeze", "postgres", "freeze-postgres", "kill-redis", "empty-redis", "freeze-redis"} <= kinds
    assert {"roll", "clock"} <= kinds
    assert {one.target for one in drawn if one.kind == "kill"} >= {"api", "worker-1", "worker-2", "beat", "events"}


def test_history_has_refunds_cancellations_edits_and_both_shops() -> None:
    drawn = history(7, 200)
    acts = {act.action for act in (*drawn.shopify, *drawn.qliro)}
    assert acts == {"create", "refund", "cancel", "edit", "pay", "update", "ship", "return"}
    assert len({act.order for act in (*drawn.shopify, *drawn.qliro)}) == 200
    assert {act.phase for act in drawn.shopify} == set(range(PHASES))


def test_clock_that_is_right_changes_no_process() -> None:
    assert off_by(None, 1) == {}
