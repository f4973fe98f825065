"""What shops and providers are asked for by the clock is a job per connection: none delays another, nor an order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from app.connections.repository import Connected
from app.dispatch.poll_job import PollJob, backfill_interval
from app.dispatch.worker import POLLS_AT_ONCE, JobWorker
from app.jobs import queue as jobs
from app.jobs.inbox import make_due
from app.jobs.outcomes import Completed
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.main import welcome
from app.schema import POLLS, Connection, Inbox, Job, JobKind, JobState, Priority
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.jobs import LEASE, new_tenant


def poll_of(bench: Bench, kind: JobKind, connection_id: int | None = None) -> Job | None:
    with bench.program.store.read() as session:
        conditions = (Job.connection_id == (connection_id or bench.shop_id), Job.subject == kind.value)
        return session.scalar(select(Job).where(*conditions))


def due_in(bench: Bench, kind: JobKind, connection_id: int | None = None) -> timedelta:
    job = poll_of(bench, kind, connection_id)
    assert job is not None
    assert job.due_at is not None
    return job.due_at - datetime.now(UTC)


def make_polls_due(bench: Bench) -> None:
    with bench.program.store.write() as session:
        session.execute(update(Job).where(Job.kind.in_(("backfill", "poll_payouts"))).values(due_at=datetime.now(UTC)))


def run(bench: Bench) -> int:
    return bench.program.worker.run()


def test_connection_is_polled_as_soon_as_it_is_made(bench: Bench) -> None:
    welcome(bench.program, Connected(bench.shop_id, "shop", renewed=False))
    missed = bench.place(hear=False)
    run(bench)
    assert bench.state(missed) == "booked", "the first look finds what nobody told"
    assert timedelta(minutes=13) < due_in(bench, JobKind.BACKFILL) <= timedelta(minutes=15)
    assert timedelta(minutes=53) < due_in(bench, JobKind.POLL_PAYOUTS) <= timedelta(hours=1)


def test_polls_that_are_missing_are_made_by_one_statement(bench: Bench) -> None:
    assert bench.program.polls.recover() == 2, "a shop has changes and payouts, a ledger neither"
    assert bench.program.polls.recover() == 0
    for kind in (JobKind.BACKFILL, JobKind.POLL_PAYOUTS):
        assert due_in(bench, kind) <= timedelta(minutes=15)


def test_poll_of_a_connection_that_is_not_active_rests_until_it_is_again(bench: Bench) -> None:
    def set_state(state: str) -> None:
        with bench.program.store.write() as session:
            session.execute(update(Connection).where(Connection.id == bench.shop_id).values(state=state))

    bench.program.polls.recover()
    set_state("disconnected")
    make_polls_due(bench)
    run(bench)
    assert bench.program.polls.recover() == 0
    job = poll_of(bench, JobKind.BACKFILL)
    assert job is not None
    assert job.due_at is None
    set_state("active")
    assert bench.program.polls.recover() == 2


def test_poll_that_was_given_up_is_tried_again_after_an_hour(bench: Bench) -> None:
    bench.program.polls.recover()
    stop = "update job set due_at = null, state = 'stopped' where kind = 'backfill'"
    with bench.program.store.write() as session:
        session.execute(text(stop))
    assert bench.program.polls.recover() == 0
    with bench.program.store.write() as session:
        session.execute(text("update job set updated_at = updated_at - interval '61 minutes' where kind = 'backfill'"))
    assert bench.program.polls.recover() == 1


def test_shop_that_fails_delays_no_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    other = bench.connect_shop("annan.myshopify.com", "shpss_annan")
    bench.program.polls.recover()
    asked: list[int] = []
    handler = bench.program.worker.handlers[JobKind.BACKFILL]
    assert isinstance(handler, PollJob)

    def poll(connection: Connection) -> int:
        asked.append(connection.id)
        if connection.id == bench.shop_id:
            raise RuntimeError("a body that nobody thought of")
        return 0

    monkeypatch.setitem(handler.polls, "shopify", poll)
    with bench.program.store.write() as session:
        session.execute(text("update job set due_at = clock_timestamp() where kind = 'backfill'"))
    run(bench)
    assert sorted(asked) == sorted([bench.shop_id, other])
    assert due_in(bench, JobKind.BACKFILL, other) > timedelta(minutes=13)
    failed = poll_of(bench, JobKind.BACKFILL)
    assert failed is not None
    assert failed.attempts == 1


def test_shop_that_does_not_answer_is_asked_again_at_its_time(bench: Bench) -> None:
    bench.program.polls.recover()
    bench.shop.state = "frozen"
    make_polls_due(bench)
    run(bench)
    assert due_in(bench, JobKind.BACKFILL) > timedelta(minutes=13)


def deliver(bench: Bench, ago: timedelta) -> None:
    with bench.program.store.write() as session:
        job = make_due(session, bench.tenant_id, bench.shop_id, "order:shopify:1")
        session.add(
            Inbox(
                connection_id=bench.shop_id, job_id=job, delivery_id=str(ago), topic="orders/paid", headers={},
                body=b"{}", received_at=datetime.now(UTC) - ago,
            )
        )  # fmt: skip


@pytest.mark.parametrize(("minutes", "again"), [(None, 15), (61, 15), (59, 60)])
def test_shop_whose_deliveries_come_is_asked_once_an_hour(bench: Bench, minutes: int | None, again: int) -> None:
    with bench.program.store.read() as session:
        shop = session.get_one(Connection, bench.shop_id)
    if minutes is not None:
        deliver(bench, timedelta(minutes=minutes))
    assert backfill_interval(bench.program.store, shop) == timedelta(minutes=again)


def test_shop_that_refuses_messages_about_its_orders_is_asked_every_quarter(bench: Bench) -> None:
    deliver(bench, timedelta(minutes=1))
    with bench.program.store.write() as session:
        shop = session.get_one(Connection, bench.shop_id)
        shop.refused_topics = ["orders/paid"]
    assert backfill_interval(bench.program.store, shop) == timedelta(minutes=15)


def test_person_who_asks_has_the_payouts_of_one_company_read_now(bench: Bench) -> None:
    bench.program.polls.recover()
    make_polls_due(bench)
    run(bench)
    assert bench.program.polls.payouts_now(bench.tenant_id + 1) == 0
    bench.program.fetch_payouts(bench.tenant_id)
    assert due_in(bench, JobKind.POLL_PAYOUTS) <= timedelta(0)
    assert due_in(bench, JobKind.BACKFILL) > timedelta(minutes=13)


def due_jobs(store: Store, *subjects: str) -> int:
    """A company with these jobs, due one after the other; its id."""
    tenant, shop = new_tenant(store, "a", 0)
    with store.write() as session:
        for subject in subjects:
            kind = subject.partition(":")[0]
            make_due(session, tenant, shop, subject, Priority.BACKFILL if kind in POLLS else Priority.EVENT)
    return tenant


def subjects_in_turn(store: Store, *, polls: bool = True) -> list[str]:
    claimed = []
    while (lease := jobs.claim(store, LEASE, polls=polls)) is not None:
        claimed.append(lease.subject)
    return claimed


def test_orders_of_a_company_go_before_its_polls(store: Store) -> None:
    due_jobs(store, "backfill", "poll_payouts", "order:shopify:1", "payout:shopify:2")
    assert subjects_in_turn(store) == ["order:shopify:1", "payout:shopify:2", "backfill", "poll_payouts"]


def test_polls_are_left_where_none_may_be_taken(store: Store) -> None:
    due_jobs(store, "backfill", "poll_payouts", "order:shopify:1")
    assert subjects_in_turn(store, polls=False) == ["order:shopify:1"]


def test_poll_that_a_person_asked_for_goes_first_once(store: Store) -> None:
    due_jobs(store, "backfill")
    with store.write() as session:
        session.execute(text("update job set priority = 0"))
    lease = jobs.claim(store, LEASE)
    assert lease is not None
    with store.write() as session:
        jobs.close(session, lease, JobState.SKIPPED, timedelta(0))
        assert session.scalar(text("select priority from job")) == Priority.BACKFILL


class _Hanging:
    """A shop that does not answer for as long as the test wants."""

    def __init__(self) -> None:
        self.asked, self.released = threading.Semaphore(0), threading.Event()

    def work(self, _lease: Lease) -> Completed:
        self.asked.release()
        assert self.released.wait(30)
        return Completed(JobState.SKIPPED, again=timedelta(minutes=15))


def test_shops_that_hang_leave_workers_to_the_orders(bench: Bench) -> None:
    hanging, booked = _Hanging(), threading.Event()

    class _Booking:
        def work(self, _lease: Lease) -> Completed:
            booked.set()
            return Completed(JobState.BOOKED)

    store, worker = bench.program.store, bench.program.worker
    for name in ("b", "c", "d", "e"):
        tenant, shop = new_tenant(store, name, 0)
        with store.write() as session:
            make_due(session, tenant, shop, JobKind.BACKFILL.value)
    handlers = dict(worker.handlers) | {JobKind.BACKFILL: hanging, JobKind.ORDER: _Booking()}
    small = JobWorker(store, handlers, worker.lease_seconds, worker.presence, worker.alarm, worker.platforms)
    threads = [threading.Thread(target=small.run, daemon=True) for _thread in range(POLLS_AT_ONCE + 1)]
    for thread in threads[:-1]:
        thread.start()
    for _poll in range(POLLS_AT_ONCE):
        assert hanging.asked.acquire(timeout=10)
    bench.place()
    threads[-1].start()
    threads[-1].join(10)
    assert booked.is_set()
    assert not hanging.asked.acquire(blocking=False), "the third poll waits"
    hanging.released.set()
    for thread in threads:
        thread.join(30)
    assert store_has_no_due_poll(store), "who is free again takes the polls that waited"


def store_has_no_due_poll(store: Store) -> bool:
    with store.read() as session:
        due: Callable[..., object] = session.scalar
        return due(text("select count(*) from job where kind = 'backfill' and due_at <= clock_timestamp()")) == 0


def test_closing_with_a_time_is_no_wake_up(store: Store) -> None:
    due_jobs(store, "backfill")
    lease = jobs.claim(store, LEASE)
    assert lease is not None
    with store.write() as session:
        assert not jobs.close(session, lease, JobState.SKIPPED, timedelta(minutes=15))
    assert jobs.claim(store, LEASE) is None
    with store.write() as session:
        make_due(session, lease.tenant_id, lease.connection_id, "backfill")
    again = jobs.claim(store, LEASE)
    assert again is not None
    with store.write() as session:
        make_due(session, lease.tenant_id, lease.connection_id, "backfill")
    with store.write() as session:
        assert jobs.close(session, again, JobState.SKIPPED, timedelta(minutes=15)), "woken during the work"
    assert jobs.claim(store, LEASE) is not None


def test_sweep_counts_no_further_than_it_acts_on(store: Store) -> None:
    due_jobs(store, *(f"order:shopify:{number}" for number in range(120)))
    assert (jobs.due_count(store), jobs.due_count(store, most=1), jobs.due_count(store, most=500)) == (100, 1, 120)
