from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from app.kit.db.engine import Store
from app.kit.db.migration import alembic_config, migrate
from app.schema import Base, Snapshot, Tenant


def test_models_and_migrations_describe_the_same_database(store: Store) -> None:
    with store.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert differences == []


def test_migrations_can_go_down_and_up_again(store: Store) -> None:
    config = alembic_config()
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        left = connection.execute(text("select count(*) from pg_tables where schemaname = 'public'")).scalar_one()
        connection.rollback()
    assert left == 1, "only Alembic's own table stays"
    migrate(store)
    test_models_and_migrations_describe_the_same_database(store)


def test_a_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="naive time"), store.write() as session:
        session.add(Tenant(name="A", blocked_until=datetime(2026, 11, 22)))  # noqa: DTZ001


def test_a_time_comes_back_aware_and_in_utc(store: Store) -> None:
    with store.write() as session:
        session.add(Tenant(name="A", blocked_until=datetime(2026, 11, 22, 12, tzinfo=UTC)))
    with store.read() as session:
        assert session.query(Tenant).one().blocked_until == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_money_that_is_no_whole_number_never_reaches_a_column(store: Store) -> None:
    with pytest.raises(StatementError, match="whole number"), store.write() as session:
        session.add(
            Snapshot(
                order_id=1, tenant_id=1, version_at=datetime.now(UTC), content_hash="", order={}, name="#1",
                processed_at=datetime.now(UTC), currency="SEK", total=499.0,
            )
        )  # fmt: skip


def test_a_read_session_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="read-only"), store.read() as session:
        session.execute(text("insert into tenant (name) values ('A')"))


def test_a_failing_statement_tells_no_personal_data(store: Store) -> None:
    with pytest.raises(DBAPIError) as failed, store.write() as session:
        session.execute(text("insert into tenant (id, name) values (null, :name)"), {"name": "anna@example.se"})
    assert "anna@example.se" not in str(failed.value)


def test_a_second_deploy_waits_for_the_first_however_long_a_lock_may_take_elsewhere(store: Store) -> None:
    with store.engine.connect() as first, store.engine.connect() as second:
        first.execute(text("select pg_advisory_lock(7265926)"))
        first.commit()
        second.execute(text("set lock_timeout = '50ms'"))
        second.commit()
        ending = threading.Timer(0.5, lambda: first.execute(text("select pg_advisory_unlock(7265926)")))
        ending.start()
        config = alembic_config()
        config.attributes["connection"] = second
        command.upgrade(config, "head")
        ending.join()
        assert second.execute(text("show lock_timeout")).scalar_one() == "50ms", "nothing is left with the session"
