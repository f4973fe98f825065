"""What runs once in a while runs though the service restarts more often, and not more often than that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.connections.repository import Connected
from app.dispatch.scheduler import Scheduler
from app.jobs.schedule import Schedule
from app.main import welcome
from app.wiring import Program, use_program
from tests.support.pipeline.bench import Bench
from workers.celery_app import make_celery
from workers.tasks import backfill, poll_payouts, recheck_registers

START = datetime(2026, 11, 20, 8, tzinfo=UTC)


def at(bench: Bench, minutes: float) -> bool:
    """Whether a process that asks at that minute is told to run."""
    return Schedule(bench.program.store, lambda: START + timedelta(minutes=minutes)).take("something")


def test_it_is_due_once_an_hour_whichever_process_asks_and_however_often_it_restarts(bench: Bench) -> None:
    assert [at(bench, minute) for minute in (0, 1, 30, 59, 60, 61, 119, 120)] == [
        True, False, False, False, True, False, False, True,
    ]  # fmt: skip


def test_long_absence_is_made_up_for_by_one_run(bench: Bench) -> None:
    assert [at(bench, minute) for minute in (0, 5000, 5001)] == [True, True, False]


@pytest.fixture
def polls(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was polled by the task of this process."""
    seen: list[str] = []

    def poll(_program: Program) -> int:
        seen.append("poll")
        return 0

    monkeypatch.setattr(Program, "poll_payouts", poll)
    use_program(replace(bench.program, schedule=Schedule(bench.program.store, lambda: datetime.now(UTC))))
    yield seen
    use_program(None)


def test_payouts_are_read_within_a_minute_of_connecting(bench: Bench, polls: list[str]) -> None:
    poll_payouts()
    poll_payouts()
    assert polls == ["poll"]
    welcome(bench.program, Connected(bench.shop_id, "shop", renewed=False))
    poll_payouts()
    poll_payouts()
    assert polls == ["poll", "poll"]


def test_net_under_lost_webhooks_is_spread_by_a_service_that_restarts_every_ten_minutes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def look(_scheduler: Scheduler) -> int:
        looked.append(minute)
        return 0

    for name in ("backfill", "check_scopes", "recheck_registers"):
        monkeypatch.setattr(Scheduler, name, look)
    for minute in (1, 2, 11, 12, 21, 22, 31):  # each ten minutes a process of its own, which asks in its first minutes
        now = START + timedelta(minutes=minute)
        use_program(replace(bench.program, schedule=Schedule(bench.program.store, lambda: now)))  # noqa: B023
        backfill()
        recheck_registers()
    use_program(None)
    assert looked == [1, 1, 1, 11, 21, 21, 21, 31], "scopes and orders every quarter, registers every ten minutes"


def test_clock_asks_each_minute_for_what_runs_once_an_hour() -> None:
    beats = make_celery("memory://", sweep_seconds=1).conf.beat_schedule
    assert {beat["schedule"] for beat in beats.values()} <= {1, 60}, "no longer tick is sure to be reached"
