"""A PostgreSQL that is stopped, not dead: its sockets stay open, and nobody who asks may wait for it without end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from app.jobs.notifier import SilentNotifier
from app.kit.db import engine
from app.kit.db.embedded import EmbeddedServer
from app.kit.db.engine import Waits, open_store
from app.kit.db.migration import migrate
from app.schema import Inbox
from app.web import bounded
from app.wiring import build
from tests.support.contract.shopify_stage import eventually
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.endpoint import open_endpoint


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """One of its own: it is stopped, and others must not be."""
    with TemporaryDirectory(prefix="bokbro-test-hanging-") as folder:
        Path(folder).chmod(0o755)
        started = EmbeddedServer.at(Path(folder))
        yield started
        started.stop()


@contextmanager
def stopped(server: EmbeddedServer) -> Iterator[None]:
    """Every process of the server gets SIGSTOP for the length of the block."""
    head = server.head
    assert head is not None
    processes: list[psutil.Process] = [head, *head.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def test_webhooks_are_answered_in_time_while_the_database_hangs_and_stored_after_it(
    server: EmbeddedServer, emulators: Emulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bounded.ANSWER_SECONDS + bounded._LEAST_SECONDS < 4.5, "Shopify gives up after five seconds"
    # Shorter than in earnest, so that a busy machine cannot be taken for a database that is waited for.
    monkeypatch.setattr(bounded, "ANSWER_SECONDS", 1.0)
    bench = Bench(build(settings_for(emulators, server.url), notifier=SilentNotifier()), emulators)
    migrate(bench.program.store)
    bench.connect()

    def timed(path: str) -> tuple[int, float]:
        started = time.monotonic()
        status = endpoint.http.get(path).status_code if path else endpoint.deliver({"id": 1})
        return status, time.monotonic() - started

    with open_endpoint(bench) as endpoint, ThreadPoolExecutor(70) as visitors:
        assert endpoint.deliver({"id": 1}) == 200
        with stopped(server):
            # More than there are threads for: who comes later is answered as soon.
            hooks = [visitors.submit(timed, "") for _visitor in range(60)]
            looks = [visitors.submit(timed, "/health/ready") for _visitor in range(8)]
            answers = [hook.result() for hook in hooks]
            assert {status for status, _seconds in answers} == {503}
            assert max(seconds for _status, seconds in answers) < 4
            assert [status for status, _seconds in (one.result() for one in looks)] == [503] * 8
            assert max(look.result()[1] for look in looks) < 4
            status, seconds = timed("/health/live")
            assert (status, seconds < 1) == (200, True)
        eventually(lambda: timed("/health/ready")[0] == 200)
        assert endpoint.deliver({"id": 2}) == 200
    with bench.program.store.read() as session:
        stored = session.scalars(select(func.count()).select_from(Inbox)).one()
    assert stored >= 2, "what was answered with 200 is there; what waited may be too, and its copy is known again"
    # Threads that nobody waits for any more end when the database answers them.
    pool = bench.program.store.engine.pool
    assert isinstance(pool, QueuePool)
    eventually(lambda: pool.checkedout() == 0)
    bench.program.close()


def test_a_statement_on_a_hanging_server_is_given_up(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own limit ends nothing then: it is stopped too."""
    monkeypatch.setattr("app.kit.db.engine._SPARE_SECONDS", 0.3)
    store = open_store(server.url, waits=Waits(statement=0.2))
    with store.engine.connect() as connection:
        with stopped(server), pytest.raises(OperationalError, match="no answer from the server") as given_up:
            connection.execute(text("select 1"))
        assert store.outages.note(given_up.value)
    store.close()


def test_a_new_connection_to_a_hanging_server_is_given_up(server: EmbeddedServer) -> None:
    store = open_store(server.url, waits=Waits(connect=2))
    started = time.monotonic()
    with stopped(server), pytest.raises(OperationalError, match="timeout"):
        store.engine.connect()
    assert time.monotonic() - started < 6
    store.close()


def test_an_idle_connection_that_hangs_is_not_handed_out(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_IDLE_SECONDS", 0.0)
    store = open_store(server.url, waits=Waits(connect=2))
    with store.read() as session:
        session.execute(text("select 1"))
    started = time.monotonic()
    with stopped(server), pytest.raises(OperationalError), store.read() as session:
        session.execute(text("select 1"))
    assert time.monotonic() - started < 8
    with store.read() as session:
        assert session.scalar(text("select 1")) == 1
    store.close()


def test_a_slow_statement_is_ended_by_the_server_and_is_no_outage(server: EmbeddedServer) -> None:
    store = open_store(server.url, waits=Waits(statement=0.2))
    with pytest.raises(OperationalError, match="statement timeout") as slow, store.read() as session:
        session.execute(text("select pg_sleep(5)"))
    assert not store.outages.note(slow.value)
    store.close()


def test_all_connections_in_use_are_not_waited_for_without_end(server: EmbeddedServer) -> None:
    store = open_store(server.url, pool_size=1, waits=Waits(pool=0.2))
    with store.engine.connect(), store.engine.connect(), pytest.raises(Exception, match="QueuePool") as overloaded:
        store.engine.connect()
    assert store.outages.note(overloaded.value)
    store.close()
