"""The budget of calls, against an emulator with a true sliding window: 25 per second here, to be quick about it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.jobs import queue as jobs
from app.jobs.notifier import SilentNotifier
from app.jobs.rate_limiter import TableRateLimiter
from app.kit.db.engine import Store
from app.kit.http.call_budget import RateLimitedError
from app.settings import Settings
from app.wiring import build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from sandbox.kit.calls import CallFilter
from sandbox.kit.serving import ServerThread
from tests.support.contract.shopify_stage import eventually
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.child import call_until_done
from tests.support.pipeline.emulators import Emulators, settings_for, together
from tests.support.pipeline.family import as_json, in_processes

CALLS = 25


@pytest.fixture
def limited(served: Emulators, database_url: str) -> Iterator[Bench]:
    """A company with a limit, and a window that is a second wider."""
    config = SandboxConfig(rate_limit_calls=CALLS, rate_limit_seconds=1.0)
    with ServerThread(create_fortnox(config)) as fortnox:
        emulators = Emulators(fortnox, served.shopify)
        emulators.empty()
        settings = settings_for(emulators, database_url, fortnox_calls=CALLS, fortnox_window_seconds=2.0)
        program = build(settings, notifier=SilentNotifier())
        bench = Bench(program, emulators)
        bench.connect()
        yield bench
        program.close()


def _wait_for(rate_limiter: TableRateLimiter, company: str, max_wait: float) -> float:
    """Take a permit: 0, or the seconds to wait for one."""
    try:
        rate_limiter.take(company, max_wait)
    except RateLimitedError as wait:
        return wait.seconds
    return 0.0


def _slot(store: Store) -> float:
    with store.read() as session:
        return float(session.execute(text("select slots[1] from call_budget")).scalar_one())


def _most_in_a_second(bench: Bench) -> int:
    moments = sorted(call.time.timestamp() for call in bench.calls())
    return max(sum(start <= moment < start + 1.0 for moment in moments) for start in moments)


def test_threads_of_two_processes_keep_the_limit_together(limited: Bench) -> None:
    order = {
        "settings": as_json(limited.program.settings), "connection": limited.fortnox_id, "company": limited.company,
        "threads": 4, "count": 12,
    }  # fmt: skip
    answers = in_processes(2, "calls", order)
    statuses = [status for child in answers for thread in child for status in thread]
    assert statuses == [200] * 96
    assert _most_in_a_second(limited) <= CALLS


def test_a_burst_uses_the_whole_budget_at_once(limited: Bench) -> None:
    assert call_until_done(limited.program, limited.books, CALLS) == [200] * CALLS
    assert _wait_for(limited.program.rate_limiter, str(limited.company), 0.0) > 0


def test_orders_in_a_burst_never_meet_a_429(limited: Bench) -> None:
    orders = [limited.place() for _order in range(12)]
    for _turn in range(60):
        together(*[limited.run_jobs] * 4)
        if all(limited.state(order) == "booked" for order in orders):
            break
        _wait_for(limited.program.rate_limiter, str(limited.company), 2.0)
    limited.proves(*orders)
    assert [call for call in limited.calls() if call.status == 429] == []


def test_no_order_is_read_twice_because_the_budget_is_spent(limited: Bench) -> None:
    orders = [limited.place() for _order in range(12)]
    graphql = limited.emulators.shopify.app.state.kit.calls
    graphql.clear()
    while limited.run_jobs():
        eventually(lambda: jobs.due_count(limited.program.store) or not _open_jobs(limited))
    limited.proves(*orders)
    assert len(graphql.select(CallFilter("POST", "*/graphql.json"))) == len(orders)


@pytest.mark.parametrize(("hears_more", "reads"), [(False, 0), (True, 1)])
def test_an_order_that_waits_for_the_budget_goes_on_as_it_was_read_unless_it_changed(
    limited: Bench, *, hears_more: bool, reads: int
) -> None:
    limited.place()
    limited.run_jobs()
    order = limited.place()
    limited.program.rate_limiter.blocked(str(limited.company), 60.0)
    limited.program.worker.run(1)
    assert limited.state(order) == "working"
    graphql = limited.emulators.shopify.app.state.kit.calls
    graphql.clear()
    if hears_more:
        limited.hear(order)
    with limited.program.store.write() as session:
        session.execute(
            text("update call_budget set slots = array_fill(0::float8, array[cast(:calls as int)])"), {"calls": CALLS}
        )
        session.execute(text("update tenant set blocked_until = null"))
    limited.pass_time()
    limited.run_jobs()
    assert limited.state(order) == "booked"
    assert len(graphql.select(CallFilter("POST", "*/graphql.json"))) == reads


def test_the_call_that_spends_the_budget_keeps_workers_off_the_company(limited: Bench) -> None:
    limited.place()
    limited.run_jobs()
    first = limited.place()
    limited.place()
    with limited.program.store.write() as session:
        session.execute(
            text("update call_budget set slots[1:24] = array_fill(extract(epoch from now())::float8, '{24}')")
        )
        session.execute(text("update call_budget set slots[25] = 0"))
        session.execute(text("update call_budget set slots = (select array_agg(s order by s) from unnest(slots) s)"))
    limited.program.worker.run(1)  # its first call is the last of the window: it waits for the others
    assert limited.state(first) == "booked"
    with limited.program.store.read() as session:
        blocked = session.scalar(text("select blocked_until from tenant"))
    assert blocked is not None


def _open_jobs(bench: Bench) -> int:
    with bench.program.store.read() as session:
        return int(session.scalar(text("select count(*) from job where due_at is not null")) or 0)


def test_calls_that_were_long_on_their_way_count_from_when_they_may_have_arrived(limited: Bench) -> None:
    limited.emulators.fortnox.app.state.kit.faults.order("latency", seconds=1.8, times=CALLS)
    assert together(*[lambda: call_until_done(limited.program, limited.books, 1)] * CALLS) == [[200]] * CALLS
    assert call_until_done(limited.program, limited.books, CALLS) == [200] * CALLS
    assert _most_in_a_second(limited) <= CALLS


def test_last_call_of_a_full_window_is_five_seconds_after_the_first_however_long_that_travelled(
    database_url: str,
) -> None:
    """Of the settings as they are: Fortnox counts 25 calls in 5 s by when they arrive, we by when they leave."""
    program = build(Settings(_env_file=None, database_url=database_url), notifier=SilentNotifier())
    rate_limiter = program.rate_limiter
    first, *_others = [rate_limiter.take("one", 0.0) for _call in range(25)]
    with pytest.raises(RateLimitedError) as wait:
        rate_limiter.take("one", 0.0)
    with program.store.read() as session:
        now = float(session.execute(text("select extract(epoch from clock_timestamp())")).scalar_one())
    next_leaves = now + wait.value.seconds
    assert next_leaves - (first.slot + rate_limiter.travel) >= 5.0
    program.close()


def test_call_that_was_answered_at_once_keeps_its_place(store: Store) -> None:
    rate_limiter = TableRateLimiter(store, calls=1, window=600.0, travel=60.0)
    taken = rate_limiter.take("one", 0.0)
    rate_limiter.answered("one", taken)
    assert _slot(store) == taken.slot


def test_call_that_was_long_on_its_way_holds_its_place_from_its_answer(store: Store) -> None:
    rate_limiter = TableRateLimiter(store, calls=1, window=600.0, travel=0.0)
    taken = rate_limiter.take("one", 0.0)
    rate_limiter.answered("one", taken)
    assert taken.slot < _slot(store)


def test_two_companies_do_not_share_a_budget(limited: Bench) -> None:
    limited.emulators.world.put_company(CompanyConfig(database_number=7654321))
    other = Bench(limited.program, limited.emulators, domain="other.myshopify.com", company=7654321)
    other.connect(name="Other")
    assert call_until_done(limited.program, limited.books, CALLS) == [200] * CALLS
    assert _wait_for(other.program.rate_limiter, "7654321", 0.0) == 0


def test_a_blocked_company_gets_no_permit_until_then_and_others_do(store: Store) -> None:
    rate_limiter = TableRateLimiter(store, calls=3, window=5.0)
    assert _wait_for(rate_limiter, "one", 0.0) == 0
    rate_limiter.blocked("one", 30.0)
    assert 25 < _wait_for(rate_limiter, "one", 0.3) <= 30
    assert _wait_for(rate_limiter, "two", 0.0) == 0


def test_a_block_outlasts_the_permits_that_were_left(store: Store) -> None:
    rate_limiter = TableRateLimiter(store, calls=25, window=1.0)
    rate_limiter.take("one", 0.0)
    rate_limiter.blocked("one", 60.0)
    rate_limiter.blocked("one", 1.0)
    assert _wait_for(rate_limiter, "one", 0.3) > 50, "a shorter block does not shorten a longer one"


def test_the_very_first_call_of_a_company_may_meet_others_that_used_the_budget_up(store: Store) -> None:
    rate_limiter = TableRateLimiter(store, calls=3, window=600.0)
    now_used_up = (
        "insert into call_budget (company, slots) select 'one', array_fill(extract(epoch from now())::float8, '{3}')"
    )
    waiting = text("select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))")
    waits: list[float] = []
    late = threading.Thread(target=lambda: waits.append(_wait_for(rate_limiter, "one", 0.0)))
    with store.write() as session:
        session.execute(text(now_used_up))
        late.start()
        # It has seen no row, wants to make one, and waits for ours.
        eventually(lambda: session.scalar(waiting))
    late.join()
    assert len(waits) == 1
    assert waits[0] > 500
