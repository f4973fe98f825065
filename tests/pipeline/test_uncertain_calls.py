"""A call without an answer may still be carried out: how long it is left alone, and who may not send meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.execution import operations as posting_log
from app.execution import step_run
from app.execution.step_run import SEND_FENCE_SECONDS
from app.jobs import queue as jobs
from app.jobs.notifier import SilentNotifier
from app.kit.db.engine import Store, WriteSession
from app.kit.http.client import TOTAL_SECONDS
from app.posting.plan import Plan
from app.posting.steps import EnsureArticle
from app.schema import Operation
from app.wiring import build
from sandbox.shopify.model import StoredOrder
from tests.support.contract.shopify_stage import eventually
from tests.support.databases import Database
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.jobs import LEASE, new_tenant
from tests.support.pipeline.registers import KeptRegisters

SETTLE = 180.0


@pytest.fixture
def patient(
    emulators: Emulators, database: Database, database_url: str, kept_registers: KeptRegisters
) -> Iterator[Bench]:
    """A bench whose uncertain calls settle as long as in production."""
    settings = settings_for(emulators, database_url, grace_seconds=SETTLE)
    program = build(settings, notifier=SilentNotifier(), store=database.store)
    bench = Bench(program, emulators)
    bench.connect()
    kept_registers.know(bench)
    yield bench
    program.close()


def _look_now(bench: Bench) -> None:
    """A webhook, a person's button: the job is due, whatever it waits for."""
    with bench.program.store.write() as session:
        jobs.wake(session, [job.id for job in bench.jobs()])
    bench.run_jobs()


def _without_answer(bench: Bench) -> StoredOrder:
    """An order whose invoice was sent and not answered."""
    bench.emulators.kit.faults.order("close_before", "POST", "/3/invoices")
    order = bench.place()
    bench.run_jobs()
    assert bench.steps()["invoice"] == "unknown"
    bench.emulators.kit.calls.clear()
    return order


def test_call_without_answer_is_neither_looked_for_nor_sent_again_before_it_has_settled(patient: Bench) -> None:
    order = _without_answer(patient)
    _look_now(patient)
    assert patient.sent() == [], "it may be committed any moment: a look now proves nothing"
    with patient.program.store.write() as session:
        session.execute(text("update operation set sent_at = sent_at - make_interval(secs => :s)"), {"s": SETTLE})
    _look_now(patient)
    patient.rest()
    patient.proves(order)


def test_invoice_that_fortnox_commits_after_we_stopped_waiting_is_found_and_not_made_twice(patient: Bench) -> None:
    """Looked for at once, it would not be there yet, and be made a second time."""
    patient.emulators.kit.faults.order("late_commit", "POST", "/3/invoices", seconds=3)
    patient.program.client.timeout = 0.7
    order = patient.place()
    patient.run_jobs()
    assert (patient.steps()["invoice"], patient.invoices()) == ("unknown", [])
    patient.program.client.timeout = 20
    (late,) = patient.calls("POST", "/3/invoices")
    _look_now(patient)
    eventually(lambda: late.duration_ms is not None)
    patient.rest()
    patient.proves(order)


def test_worker_that_was_frozen_between_its_mark_and_the_wire_does_not_send(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time it thaws, its successor may have looked, found nothing and sent."""
    passed, marking = [0.0], posting_log.between_calls

    def frozen_after_it(*given: Any, **named: Any) -> posting_log.Mark:
        mark = marking(*given, **named)
        passed[0] += SEND_FENCE_SECONDS + 1
        return mark

    with monkeypatch.context() as patch:
        patch.setattr(step_run, "steady", lambda: passed[0])  # it went on while the process stood still
        patch.setattr(posting_log, "between_calls", frozen_after_it)
        order = bench.place()
        bench.run_jobs()
    assert [one for one in bench.sent() if not one.startswith("GET")] == []
    assert "sending" in bench.steps().values()
    bench.rest()
    bench.proves(order)


def test_the_mark_renews_the_lease_for_longer_than_the_longest_call(store: Store) -> None:
    """30 s for the whole call, and time to write down what came of it."""
    new_tenant(store, "a", 1)
    lease = jobs.claim(store, 3)
    assert lease is not None
    step = EnsureArticle("V-1", "Vas", 3001)
    with store.write() as session:
        operations: dict[str, Operation] = {}
        posting_log.plan_steps(session, lease.job_id, Plan("#1", 1, (step,)), [step], operations)
    following = (operations[step.key], step)
    mark = posting_log.between_calls(store.write_once, lease, LEASE, answered=None, following=following, budget=None)
    assert mark.is_marked
    with store.read() as session:
        left = session.scalar(text("select lease_until - clock_timestamp() from job"))
    assert left is not None
    assert left > timedelta(seconds=TOTAL_SECONDS + 10)


def test_an_answer_whose_transaction_fails_is_written_at_the_end_of_the_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def job_is_taken_over(*_given: Any) -> None:
        raise jobs.LeaseLostError

    with monkeypatch.context() as patch:
        patch.setattr(step_run, "update_register", job_is_taken_over)
        order = bench.place()
        bench.run_jobs()
    assert [state for key, state in bench.steps().items() if key.startswith("customer:")] == ["done"]
    bench.rest()
    bench.proves(order)


@pytest.mark.parametrize("change", ["payload_hash = 'of another plan'", "state = 'done'"])
def test_a_step_that_is_not_as_it_was_planned_is_not_sent(bench: Bench, change: str) -> None:
    """A worker whose job was taken over may plan over the work of its successor: the content decides."""
    planning = posting_log.plan_steps

    def planned_over(session: WriteSession, *given: Any) -> None:
        planning(session, *given)
        session.execute(text(f"update operation set {change} where step_key = 'invoice'"))  # noqa: S608 - ours

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(posting_log, "plan_steps", planned_over)
        order = bench.place()
        bench.run_jobs()
        assert [call for call in bench.sent() if "invoices" in call] == []
    with bench.program.store.write() as session:
        session.execute(text("update operation set state = 'planned' where step_key = 'invoice'"))
    bench.rest()
    bench.proves(order)
