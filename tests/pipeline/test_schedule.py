"""What runs once in a while runs though the service restarts more often, and not more often than that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.dispatch.scheduler import Scheduler
from app.jobs.schedule import Schedule
from app.wiring import use_program
from tests.support.pipeline.bench import Bench
from workers.celery_app import make_celery
from workers.tasks import recheck_registers

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


def test_registers_are_read_every_ten_minutes_by_a_service_that_restarts_every_ten_minutes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def look(_scheduler: Scheduler) -> int:
        looked.append(minute)
        return 0

    monkeypatch.setattr(Scheduler, "recheck_registers", look)
    for minute in (1, 2, 11, 12, 21, 22, 31):  # each ten minutes a process of its own, which asks in its first minutes
        now = START + timedelta(minutes=minute)
        use_program(replace(bench.program, schedule=Schedule(bench.program.store, lambda: now)))  # noqa: B023
        recheck_registers()
    use_program(None)
    assert looked == [1, 11, 21, 31]


def test_clock_asks_each_minute_for_what_runs_once_an_hour() -> None:
    beats = make_celery("memory://", sweep_seconds=1).conf.beat_schedule
    assert {beat["schedule"] for beat in beats.values()} <= {1, 60}, "no longer tick is sure to be reached"
