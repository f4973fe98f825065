"""The sweep: a bell that nobody heard is rung again for whatever is due."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.dispatch.scheduler import Scheduler
from tests.support.pipeline.bench import Bench
from workers.celery_app import make_celery


@dataclass
class Notifications:
    """Counts."""

    rung: int = 0

    def notify(self) -> None:
        self.rung += 1


def _swept(bench: Bench) -> tuple[int, int]:
    """How many jobs were found due, and how many bells were rung for them."""
    notifications = Notifications()
    scheduler: Scheduler = replace(bench.program.scheduler, notifier=notifications)
    return scheduler.sweep(), notifications.rung


def test_due_job_whose_bell_was_lost_is_rung_for_until_somebody_works_on_it(bench: Bench) -> None:
    bench.place()
    assert [_swept(bench), _swept(bench)] == [(1, 1), (1, 1)]
    bench.rest()
    assert _swept(bench) == (0, 0)


def test_job_of_a_dead_worker_is_rung_for_when_its_lease_has_run_out(bench: Bench) -> None:
    from app.jobs import queue as jobs

    bench.place()
    assert jobs.claim(bench.program.store, 120) is not None
    assert _swept(bench) == (0, 0)
    bench.pass_time()
    assert _swept(bench) == (1, 1)


def test_many_due_jobs_ring_for_a_few_workers_and_no_more(bench: Bench) -> None:
    for _order in range(6):
        bench.place()
    assert _swept(bench) == (6, 4)


def test_clock_sweeps_as_often_as_it_is_told() -> None:
    tick = make_celery("memory://localhost/", sweep_seconds=3).conf.beat_schedule["sweep"]
    assert (tick["task"], tick["schedule"]) == ("bokbro.sweep", 3)
