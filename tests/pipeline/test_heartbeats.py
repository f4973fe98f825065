"""A dead worker's leases end with it; a frozen one, a stopped one and one without a database do no harm."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app.execution import step_run
from app.jobs import queue as jobs
from app.jobs.heartbeat import Heartbeat, Presence
from app.kit.db.clock import DatabaseClock
from app.kit.db.engine import Store
from app.ledgers.fortnox.adapter import FortnoxLedger
from app.schema import Job, Worker
from tests.support.pipeline.bench import Bench, order_job, with_books, with_order_job
from tests.support.pipeline.emulators import together
from tests.support.pipeline.jobs import LEASE, new_tenant


def heard(store: Store, name: str, *, silent: float = 0, steady: float = 60) -> str:
    """A worker that was last heard so many seconds ago, and without a gap for so many."""
    with store.write() as session:
        session.execute(
            text("""insert into worker (name, beat_at, steady_since, clock_ahead)
                    values (:name, clock_timestamp() - make_interval(secs => :silent),
                            clock_timestamp() - make_interval(secs => :steady), 0)"""),
            {"name": name, "silent": silent, "steady": steady},
        )
    return name


def claim(store: Store, worker: str | None) -> str | None:
    """The subject of the job that this worker gets."""
    lease = jobs.claim(store, LEASE, worker=worker)
    return lease.subject if lease else None


def test_a_lease_ends_ten_seconds_after_its_worker_was_last_heard(store: Store) -> None:
    new_tenant(store, "a", 1)
    assert claim(store, heard(store, "dead", silent=10.5)) is not None
    assert jobs.due_count(store) == 1, "the sweep rings for it"
    assert claim(store, heard(store, "next")) == "order:shopify:0"


def test_a_lease_lasts_while_its_worker_is_heard(store: Store) -> None:
    new_tenant(store, "a", 1)
    assert claim(store, heard(store, "slow", silent=8)) is not None
    assert claim(store, heard(store, "next")) is None
    assert jobs.due_count(store) == 0


@pytest.mark.parametrize("judge", ["new", "silent", None])
def test_nobody_calls_another_dead_who_has_not_been_heard_for_a_while_himself(store: Store, judge: str | None) -> None:
    """After an outage of the database everybody has been silent: who comes first must not take it all."""
    new_tenant(store, "a", 1)
    assert claim(store, heard(store, "silent", silent=20)) is not None
    heard(store, "new", steady=5)
    assert claim(store, judge) is None


def test_a_worker_whose_row_is_gone_holds_nothing(store: Store) -> None:
    new_tenant(store, "a", 1)
    assert claim(store, "nobody") is not None
    assert claim(store, heard(store, "next")) is not None


def test_many_workers_take_each_job_of_a_dead_one_once(store: Store) -> None:
    new_tenant(store, "a", 40)
    dead = heard(store, "dead", silent=30)
    while claim(store, dead):
        pass
    names = [heard(store, f"w{number}") for number in range(8)]
    taken: Counter[str] = Counter()
    lock = threading.Lock()

    def work(name: str) -> None:
        while subject := claim(store, name):
            with lock:
                taken[subject] += 1

    together(*[lambda name=name: work(name) for name in names])
    assert (len(taken), set(taken.values())) == (40, {1})


@pytest.fixture
def heart(store: Store) -> Heartbeat:
    """Of a process that beats when the test says so."""
    presence = Presence()
    presence.name = "me"
    return Heartbeat(store, DatabaseClock(store), presence)


def worker(store: Store, name: str = "me") -> Worker:
    with store.read() as session:
        return session.get_one(Worker, name)


def test_beats_in_a_row_keep_the_right_to_judge_and_a_gap_ends_it(store: Store, heart: Heartbeat) -> None:
    heart.beat()
    first = worker(store)
    heart.beat()
    assert worker(store).beat_at > first.beat_at
    assert worker(store).steady_since == first.steady_since
    with store.write() as session:
        session.execute(text("update worker set beat_at = beat_at - interval '7 seconds'"))
    heart.beat()
    assert worker(store).steady_since > first.steady_since


def test_rows_of_workers_that_are_long_gone_are_removed(store: Store, heart: Heartbeat) -> None:
    heard(store, "yesterdays", silent=3700)
    heard(store, "todays", silent=3500)
    heart.beat()
    with store.read() as session:
        assert set(session.scalars(select(Worker.name))) == {"todays", "me"}


def test_a_beat_gives_back_what_no_thread_works_on_and_nothing_else(store: Store) -> None:
    new_tenant(store, "a", 3)
    presence = Presence()
    presence.name = "me"
    heart = Heartbeat(store, DatabaseClock(store), presence)
    with presence.holding() as working:
        assert jobs.claim(store, LEASE, working, "me")
        with presence.holding() as failed:
            assert jobs.claim(store, LEASE, failed, "me")
        assert claim(store, heard(store, "another")) is not None
        heart.beat()
        with store.read() as session:
            left = dict(session.execute(select(Job.worker, Job.lease_token).where(Job.lease_until.is_not(None))).all())
    assert (left["me"], set(left)) == (working, {"me", "another"})


def test_a_worker_that_ends_leaves_no_row_and_no_lease(store: Store) -> None:
    new_tenant(store, "a", 1)
    presence = Presence()
    heart = Heartbeat(store, DatabaseClock(store), presence)
    heart.start()
    with presence.holding() as token:
        assert jobs.claim(store, LEASE, token, presence.name)
        heart.stop()
    assert not heart.is_alive
    assert claim(store, None) == "order:shopify:0"
    with store.read() as session:
        assert session.scalars(select(Worker)).all() == []


def _away(*_given: Any) -> Any:
    raise OperationalError("select 1", {}, psycopg.OperationalError("server closed the connection unexpectedly"))


def test_a_job_that_failed_because_the_database_was_away_goes_on_with_the_next_beat(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = [bench.place() for _order in range(2)]
    presence, store = bench.program.worker.presence, bench.program.store
    presence.name = "me"
    with monkeypatch.context() as outage:
        outage.setattr("app.orders.job.OrderJob.work", _away)
        assert [bench.run_jobs() for _try in range(3)] == [0, 0, 0], "nothing more is claimed by a drain that saw it"
    assert capsys.readouterr().out.count("database_away") == 1
    assert bench.job(orders[0]).attempts == bench.job(orders[1]).attempts == 0
    assert bench.run_jobs() == 0, "both are leased"
    bench.program.heartbeat.beat()
    bench.run_jobs()
    bench.proves(*orders)
    assert store.outages.note(ValueError()) is False


def test_a_worker_that_is_asked_to_stop_gives_its_job_back_at_the_next_step(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, later = bench.place(), bench.place()
    stopping = bench.program.worker.presence.stopping
    send = FortnoxLedger.send

    def sent_and_stopped(self: FortnoxLedger, *given: Any) -> Any:
        stopping.set()
        return send(self, *given)

    monkeypatch.setattr(FortnoxLedger, "send", sent_and_stopped)
    bench.run_jobs()
    assert list(bench.steps().values()).count("done") == 1
    assert (bench.job(order).lease_until, bench.job(order).attempts) == (None, 0)
    assert bench.run_jobs() == 0, "and takes no other"
    stopping.clear()
    monkeypatch.undo()
    bench.run_jobs()
    bench.proves(order, later)


def test_a_worker_that_was_frozen_between_mark_and_call_sends_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its successor may have looked, found nothing and sent."""
    clock = iter([0.0, step_run.SEND_FENCE_SECONDS + 0.1])
    order = bench.place()
    with monkeypatch.context() as frozen:
        frozen.setattr(step_run, "steady", lambda: next(clock))
        bench.run_jobs()
    assert bench.calls("POST") == []
    assert "sending" in bench.steps().values(), "it may have left, for all that anybody knows"
    assert bench.run_jobs() == 0
    bench.rest()
    bench.proves(order)


def test_a_frozen_worker_finds_its_job_taken_over_and_writes_nothing(bench: Bench) -> None:
    """It was silent for ten seconds in its call; another looked, after the settle time, and finished."""
    order = bench.place()
    program = bench.program
    name = heard(program.store, "frozen")
    program.worker.presence.name = name
    at_the_line, go_on = threading.Event(), threading.Event()

    class Frozen:
        def __getattr__(self, wanted: str) -> Any:
            return getattr(program.books, wanted)

        def send(self, *given: Any) -> Any:
            sent = program.books.send(*given)
            at_the_line.set()
            assert go_on.wait(30)
            return sent

    orders = order_job(program.worker)
    frozen_books = with_books(orders, Frozen())
    slow = with_order_job(program.worker, frozen_books)
    thread = threading.Thread(target=slow.run)
    thread.start()
    assert at_the_line.wait(30)
    with program.store.write() as session:
        session.execute(text("update worker set beat_at = beat_at - interval '11 seconds'"))
        session.execute(text("update operation set sent_at = sent_at - interval '1 hour'"))
    successor = Presence()
    successor.name = heard(program.store, "successor")
    replace(program.worker, presence=successor).run()
    bench.proves(order)
    go_on.set()
    thread.join()
    bench.proves(order)
