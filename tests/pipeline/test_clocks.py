"""Machines whose clocks are off by an hour do the same work with the same outcome, and say that they are off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery
from sqlalchemy import select, text

from app.jobs import heartbeat
from app.jobs.notifier import SilentNotifier
from app.schema import Worker
from app.wiring import build
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import settings_for
from workers.celery_app import make_celery
from workers.notifications import MOST_NOTIFICATIONS, hang_full
from workers.notifier import CeleryNotifier

SETTLE = 60.0


@pytest.fixture(params=[-1, 1], ids=["behind", "ahead"])
def off(request: pytest.FixtureRequest, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[timedelta]:
    """How far the machine of the bench's program is off: an hour."""
    wrong = timedelta(hours=request.param)

    def machine() -> datetime:
        return datetime.now(UTC) + wrong

    monkeypatch.setattr("app.kit.db.clock.machine_time", machine)
    settings = settings_for(bench.emulators, bench.program.settings.database_url or "", grace_seconds=SETTLE)
    bench.program = build(settings, notifier=SilentNotifier(), store=bench.program.store, machine=machine)
    yield wrong
    bench.program.client.close()


@pytest.mark.usefixtures("off")
def test_a_lost_answer_is_waited_for_as_long_as_by_any_other_machine(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_after", "POST", "/3/invoices")
    order = bench.place()
    bench.run_jobs()
    with bench.program.store.write() as session:
        waits = session.scalars(text("select due_at - clock_timestamp() from job where due_at is not null")).one()
        assert timedelta(seconds=SETTLE - 20) < waits <= timedelta(seconds=SETTLE)
        # Woken early, it looks no earlier: somebody changed the order meanwhile.
        session.execute(text("update job set due_at = clock_timestamp()"))
    before = len(bench.calls())
    bench.run_jobs()
    assert len(bench.calls()) == before
    with bench.program.store.read() as session:
        waits = session.scalars(text("select due_at - clock_timestamp() from job")).one()
    assert timedelta(seconds=SETTLE - 30) < waits <= timedelta(seconds=SETTLE)
    bench.rest()
    bench.proves(order)
    assert "adopted" in bench.history()


@pytest.mark.usefixtures("off")
def test_hourly_work_that_another_machine_has_begun_is_not_begun_again(bench: Bench) -> None:
    assert bench.program.schedule.take("something")
    assert not bench.program.schedule.take("something")
    right = build(bench.program.settings, notifier=SilentNotifier(), store=bench.program.store)
    assert not right.schedule.take("something")
    right.client.close()


def test_a_machine_says_once_a_minute_how_far_it_is_off(
    bench: Bench, off: timedelta, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heart, seconds = bench.program.heartbeat, [100.0]
    bench.program.worker.presence.name = "me"
    monkeypatch.setattr(heartbeat, "steady", lambda: seconds[0])
    for now in (100.0, 103.0, 159.0, 161.0):
        seconds[0] = now
        heart.beat()
    assert capsys.readouterr().out.count("clock_off") == 2
    with bench.program.store.read() as session:
        told = session.scalars(select(Worker.clock_ahead)).one()
    assert told == pytest.approx(off.total_seconds(), abs=2)


def _memory() -> Celery:
    made = make_celery("memory://clocks/", sweep_seconds=1)
    made.conf.task_default_queue = f"bells-{id(made)}"
    return made


def test_a_bell_has_no_time_that_a_clock_could_find_past() -> None:
    celery = _memory()
    CeleryNotifier(celery).notify()
    with celery.connection_for_read() as connection:
        queue = connection.SimpleQueue(celery.conf.task_default_queue)
        assert queue.get(timeout=2).headers["expires"] is None
    assert not any("expires" in one.get("options", {}) for one in celery.conf.beat_schedule.values())


def test_bells_that_nobody_hears_do_not_pile_up() -> None:
    celery = _memory()
    notification = CeleryNotifier(celery)
    ring: Callable[[], None] = notification.notify
    for _ring in range(MOST_NOTIFICATIONS + 20):
        ring()
    assert hang_full(celery)
    with celery.connection_for_read() as connection:
        assert connection.SimpleQueue(celery.conf.task_default_queue).qsize() == MOST_NOTIFICATIONS
