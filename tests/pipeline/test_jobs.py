from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.execution import operations as posting_log
from app.execution.outstanding import content_hash
from app.jobs import queue as jobs
from app.jobs.inbox import Delivery, make_due, store_deliveries
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease, LeaseLostError
from app.kit.db.engine import Store
from app.kit.http.envelope import Envelope
from app.kit.http.outcome import NotSent
from app.ledgers.base import Sent
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan
from app.schema import Connection, Inbox, Job, JobKind, JobState, Operation, OperationState, Priority, Tenant
from app.settings import Settings
from tests.support.builders import invoice
from tests.support.pipeline.bench import Bench, order_job, with_books, with_order_job
from tests.support.pipeline.emulators import together
from tests.support.pipeline.jobs import LEASE, claimed, new_job, new_tenant, put_off


def _close(store: Store, lease: Lease) -> bool:
    with store.write() as session:
        return jobs.close(session, lease, JobState.BOOKED)


def _an_hour_passes(store: Store) -> None:
    with store.write() as session:
        session.execute(text("update job set lease_until = clock_timestamp() where lease_until is not null"))


def test_twelve_workers_take_each_job_once_and_none_is_lost(store: Store) -> None:
    new_tenant(store, "a", 70)
    new_tenant(store, "b", 50)
    lock, in_hand, taken, stolen = threading.Lock(), set(), Counter(), []  # type: ignore[var-annotated]

    def worker() -> None:
        while (lease := jobs.claim(store, LEASE)) is not None:
            with lock:
                stolen.extend([lease.job_id] if lease.job_id in in_hand else [])
                in_hand.add(lease.job_id)
                taken[lease.job_id] += 1
            with lock:
                in_hand.remove(lease.job_id)
            _close(store, lease)

    together(*[worker] * 12)
    while (rest := jobs.claim(store, LEASE)) is not None:  # what skip-locked passed over at the very end
        taken[rest.job_id] += 1
        _close(store, rest)
    assert stolen == []
    assert (len(taken), set(taken.values())) == (120, {1})


def test_a_delivery_that_races_with_the_close_is_never_slept_over(store: Store) -> None:
    _tenant_id, shop_id = new_tenant(store, "a", 1)
    with store.read() as session:
        shop = session.get_one(Connection, shop_id)
    for number in range(40):
        lease = claimed(store)
        envelope = Envelope("orders/updated", f"d{number}", None, None, "order:shopify:0")
        together(
            lambda lease=lease: _close(store, lease),
            lambda sent=envelope: store_deliveries(store, [Delivery(shop.tenant_id, shop.id, sent, {}, b"{}")]),
        )
        assert new_job(store, lease).due_at is not None
        with store.write() as session:
            jobs.mark_processed(session, list(session.scalars(select(Inbox.id))))


@pytest.mark.parametrize("how", ["wake", "make_due"])
def test_who_wakes_a_job_during_the_work_is_heard_at_its_end(store: Store, how: str) -> None:
    tenant_id, shop_id = new_tenant(store, "a", 1)
    lease = claimed(store)
    with store.write() as session:
        if how == "wake":
            jobs.wake(session, [lease.job_id])
        else:
            make_due(session, tenant_id, shop_id, lease.subject)
    assert _close(store, lease)
    again = claimed(store)
    assert not _close(store, again)
    assert jobs.claim(store, LEASE) is None


def test_who_wakes_a_job_that_is_put_off_is_heard_at_once(store: Store) -> None:
    new_tenant(store, "a", 1)
    lease = claimed(store)
    with store.write() as session:
        jobs.wake(session, [lease.job_id])
    put_off(store, lease, timedelta(hours=1))
    assert claimed(store).attempts == 1


def test_a_job_that_is_put_off_waits_its_time(store: Store) -> None:
    new_tenant(store, "a", 1)
    put_off(store, claimed(store), timedelta(hours=1))
    assert jobs.claim(store, LEASE) is None


def test_when_a_lease_runs_out_another_worker_goes_on(store: Store) -> None:
    new_tenant(store, "a", 1)
    dead = claimed(store)
    assert jobs.claim(store, LEASE) is None
    _an_hour_passes(store)
    assert claimed(store).job_id == dead.job_id


class _TakenOver:
    """Work that lasts until another worker has taken the job over and ended it, and fails then."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        _an_hour_passes(self.store)
        _close(self.store, claimed(self.store))
        raise ConnectionError(f"job {lease.job_id} is another's by now")


def test_a_replaced_worker_that_fails_leaves_no_finding_on_what_its_successor_ended(bench: Bench) -> None:
    order = bench.place()
    handlers = {**bench.program.worker.handlers, JobKind.ORDER: _TakenOver(bench.program.store)}
    replace(bench.program.worker, handlers=handlers).run(1)
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_a_replaced_worker_writes_nothing(store: Store) -> None:
    new_tenant(store, "a", 1)
    frozen = claimed(store)
    _an_hour_passes(store)
    present = claimed(store)
    with store.write() as session:
        row = Operation(
            job_id=frozen.job_id, step_key="invoice", position=0, kind="CreateInvoice",
            payload_hash=content_hash(invoice()), payload=posting_log._payload(invoice()), rules_version=1,
        )  # fmt: skip
        session.add(row)
        session.flush()
        operation_id = row.id
    answered = posting_log.Answered(row, {"number": "7"}, [])

    def each() -> Any:
        yield lambda session: jobs.renew(session, frozen, LEASE)
        yield lambda session: jobs.close(session, frozen, JobState.STOPPED)
        yield lambda session: posting_log.record(session, frozen, operation_id, OperationState.DONE)
        yield lambda session: jobs.defer(session, frozen, timedelta(0), failed=True)
        yield lambda _session: jobs.defer_tenant(store, frozen, timedelta(hours=1))

    for write in each():
        with pytest.raises(LeaseLostError), store.write() as session:
            write(session)
    marked = posting_log.between_calls(
        store.write_once, frozen, LEASE, answered=answered, following=(row, invoice()), budget=None
    )
    assert (marked.is_held, marked.is_marked) == (False, False)
    assert new_job(store, present).lease_token == present.token
    with store.read() as reading:
        assert reading.get_one(Operation, operation_id).state == "planned"
        assert reading.get_one(Tenant, present.tenant_id).blocked_until is None


def test_of_a_company_s_jobs_a_person_s_goes_first_then_events_then_backfill(store: Store) -> None:
    tenant, shop = new_tenant(store, "a", 0)
    with store.write() as session:
        for name, priority in (
            ("history", Priority.BACKFILL),
            ("webhook", Priority.EVENT),
            ("clicked", Priority.BACKFILL),
        ):
            job = make_due(session, tenant, shop, f"order:shopify:{name}", priority)
        jobs.wake(session, [job], Priority.PERSON)
    taken = [claimed(store) for _claim in range(3)]
    assert [lease.subject.rpartition(":")[2] for lease in taken] == ["clicked", "webhook", "history"]
    _close(store, taken[0])
    with store.write() as session:
        make_due(session, tenant, shop, "order:shopify:clicked", Priority.BACKFILL)
    assert new_job(store, taken[0]).priority == Priority.BACKFILL, "what it was due for before does not count"


def test_a_webhook_makes_a_job_of_the_backfill_as_urgent_as_itself(store: Store) -> None:
    tenant, shop = new_tenant(store, "a", 0)
    with store.write() as session:
        make_due(session, tenant, shop, "order:shopify:1", Priority.BACKFILL)
    envelope = Envelope("orders/updated", "1", None, None, "order:shopify:1")
    store_deliveries(store, [Delivery(tenant, shop, envelope, {}, b"{}")])
    assert new_job(store, claimed(store)).priority == Priority.EVENT


def test_a_blocked_tenant_is_passed_over_and_nobody_else_is_delayed(store: Store) -> None:
    busy, _shop = new_tenant(store, "busy", 3)
    jobs.defer_tenant(store, claimed(store), timedelta(hours=1))
    quiet, _shop = new_tenant(store, "quiet", 2)
    assert [claimed(store).tenant_id for _claim in range(2)] == [quiet, quiet]
    assert jobs.claim(store, LEASE) is None
    assert jobs.due_count(store) == 0
    with store.write() as session:
        session.execute(text("update tenant set blocked_until = clock_timestamp()"))
    assert {claimed(store).tenant_id for _claim in range(3)} == {busy}


def test_tenants_take_turns(store: Store) -> None:
    new_tenant(store, "many", 30)
    new_tenant(store, "few", 4)
    new_tenant(store, "also-few", 4)
    turns = Counter(claimed(store).tenant_id for _claim in range(12))
    assert sorted(turns.values()) == [4, 4, 4]


def test_a_replaced_worker_plans_no_step_that_its_successor_has_done(store: Store) -> None:
    new_tenant(store, "a", 1)
    frozen = claimed(store)
    _an_hour_passes(store)
    present = claimed(store)
    plan = Plan("#1001", 1, (invoice(),))
    with store.write() as session:
        steps: dict[str, Operation] = {}
        posting_log.plan_steps(session, present.job_id, plan, plan.steps, steps)
        posting_log.record_done(session, present, steps["invoice"], {"number": "7"})
    with pytest.raises(LeaseLostError), store.write() as session:
        posting_log.plan_steps(session, frozen.job_id, plan, plan.steps, {})


class _Frozen:
    """Books that stop before the invoice is sent, until told to go on; then the connection fails."""

    def __init__(self, real: Any) -> None:
        self.real, self.at_the_line, self.go_on = real, threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def send(self, company: Any, step: Any, context: Any, authorization: Any) -> Sent:
        if not isinstance(step, CreateInvoice):
            sent: Sent = self.real.send(company, step, context, authorization)
            return sent
        self.at_the_line.set()
        assert self.go_on.wait(30)
        return Sent(NotSent("ConnectTimeout"))


def test_a_worker_that_was_frozen_in_its_call_does_not_undo_the_work_of_its_successor(bench: Bench) -> None:
    order = bench.place()
    worker = bench.program.worker
    frozen = _Frozen(bench.program.books)
    orders = order_job(worker)
    slow = with_order_job(worker, with_books(orders, frozen))
    thread = threading.Thread(target=slow.run)
    thread.start()
    assert frozen.at_the_line.wait(30)
    bench.pass_time()
    bench.run_jobs()
    bench.proves(order)
    frozen.go_on.set()
    thread.join()
    assert bench.steps()["invoice"] == "done"
    bench.hear(order)
    bench.rest()
    bench.proves(order)


def test_a_drain_ends_at_its_bound(bench: Bench) -> None:
    for _order in range(3):
        bench.place(payments=[])
    assert [bench.program.worker.run(2), bench.program.worker.run(2)] == [2, 1]


def test_what_failed_for_days_is_shown_and_left_to_a_person(bench: Bench) -> None:
    bench.emulators.kit.faults.order("status", "*", "/3/*", status=503, times=None)
    order = bench.place()
    bench.run_jobs()
    with bench.program.store.write() as session:
        session.execute(text("update job set first_failure_at = first_failure_at - interval '4 days'"))
    bench.pass_time()
    bench.run_jobs()
    assert (bench.state(order), bench.job(order).due_at, bench.findings()) == (
        "stopped",
        None,
        ["FORTNOX_UNAVAILABLE"],
    )


def test_a_fault_of_ours_is_shown_and_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("app.orders.job.decide", broken)
        order = bench.place()
        bench.run_jobs()
    assert bench.findings() == ["BOKBRO_INTERNAL"]
    bench.rest()
    bench.proves(order)


def test_two_orders_that_read_a_register_at_the_same_time_do_not_trip_over_each_other(bench: Bench) -> None:
    with bench.program.store.write() as session:
        session.execute(text("delete from master_record"))
        session.execute(text("delete from master_data_refresh"))
    orders = [bench.place(buyer={"id": n, "billing": {"first_name": "Bo", "last_name": "Ek"}}) for n in range(1, 7)]
    together(*[bench.run_jobs] * 6)
    assert "BOKBRO_INTERNAL" not in bench.findings()
    bench.rest()
    bench.proves(*orders)


def test_a_lease_too_short_for_a_call_is_refused_at_the_start() -> None:
    """With it no step could ever be marked, and orders would wait without a word."""
    with pytest.raises(ValidationError, match="lease_seconds"):
        Settings(_env_file=None, lease_seconds=posting_log.SEND_NEEDS.total_seconds())


def test_a_job_of_an_unknown_kind_is_refused(bench: Bench) -> None:
    with pytest.raises(IntegrityError, match="ck_job_kind"), bench.program.store.write() as session:
        session.add(Job(tenant_id=bench.tenant_id, connection_id=bench.shop_id, subject="parcel:shopify:1"))


@pytest.mark.parametrize("kind", JobKind)
def test_a_worker_without_a_handler_for_every_kind_does_not_start(bench: Bench, kind: JobKind) -> None:
    worker = bench.program.worker
    handlers = {known: handler for known, handler in worker.handlers.items() if known != kind}
    with pytest.raises(ValueError, match=f"no handler for jobs of kind {kind}"):
        replace(worker, handlers=handlers)
