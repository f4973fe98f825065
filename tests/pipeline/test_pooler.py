"""Behind PgBouncer in transaction mode nothing relies on a session, and what our promises need still holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from app.jobs.notifier import SilentNotifier
from app.kit.db.engine import RoleNotSetError, Store, Waits, open_store, require_role_settings
from app.kit.db.migration import migrate, pending_revisions
from app.wiring import build
from tests.support.databases import run
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.registers import KeptRegisters
from tests.support.pooler import pooled, reconnect


@pytest.fixture
def pooled_url(database_url: str) -> Iterator[str]:
    """Of an empty database behind PgBouncer, whose role's settings are as before at the end."""
    with pooled(database_url) as url:
        yield url
        name = make_url(url).database
        run(database_url, f"alter role current_user in database {name} reset all")


@pytest.fixture
def pooled_store(pooled_url: str) -> Iterator[Store]:
    store = open_store(pooled_url, waits=Waits(statement=5), pooled=True)
    migrate(store)
    reconnect(pooled_url)
    yield store
    store.close()


def test_orders_go_into_the_books_by_workers_that_share_connections(
    pooled_url: str, pooled_store: Store, emulators: Emulators, kept_registers: KeptRegisters
) -> None:
    settings = settings_for(emulators, pooled_url).model_copy(update={"database_pooled": True})
    program = build(settings, notifier=SilentNotifier(), store=pooled_store)
    bench = Bench(program, emulators)
    bench.connect()
    kept_registers.know(bench)
    orders = [bench.place() for _order in range(12)]  # the driver would prepare a statement at its sixth run
    workers = [threading.Thread(target=program.worker.run) for _worker in range(4)]  # on three connections
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    bench.rest()
    bench.proves(*orders)
    program.client.close()


def test_settings_hold_that_a_session_cannot_bring(pooled_store: Store) -> None:
    require_role_settings(pooled_store)
    with pooled_store.read() as session:
        shown = {
            name: session.scalar(text(f"show {name}"))
            for name in ("synchronous_commit", "lock_timeout", "idle_in_transaction_session_timeout", "timezone")
        }
    assert shown == {
        "synchronous_commit": "on", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "2min",
        "timezone": "UTC",
    }  # fmt: skip
    with pytest.raises(OperationalError, match="statement timeout"), pooled_store.write() as session:
        session.execute(text("select pg_sleep(20)"))


def test_process_does_not_start_where_they_do_not_hold(pooled_url: str) -> None:
    store = open_store(pooled_url, pooled=True)
    with pytest.raises(RoleNotSetError, match="synchronous_commit"):
        require_role_settings(store)
    store.close()


def test_migrations_leave_no_lock_and_no_setting_with_a_session_of_the_pooler(pooled_store: Store) -> None:
    assert pending_revisions(pooled_store) == []
    with pooled_store.read() as session:
        assert session.scalar(text("select count(*) from pg_locks where locktype = 'advisory'")) == 0
        assert session.scalar(text("show statement_timeout")) == "5s"


def test_options_of_a_session_are_refused(pooled_url: str) -> None:
    """Why there is a setting: PgBouncer does not know what to do with them."""
    store = open_store(pooled_url)
    with pytest.raises(OperationalError, match="options"), store.read() as session:
        session.execute(text("select 1"))
    store.close()
