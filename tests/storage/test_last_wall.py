"""What the database itself refuses or promises, whatever the code above it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.kit.db.engine import Store, open_store
from app.schema import CreditBalance, Job, MoneyUse
from tests.support.pipeline.jobs import new_tenant


def _a_job(store: Store) -> Job:
    new_tenant(store, "a", 1)
    with store.read() as session:
        return session.query(Job).one()


@pytest.mark.parametrize(
    ("invoiced", "credited", "stands"), [(100, 100, True), (100, 101, False), (0, 1, False), (100, -1, False)]
)
def test_database_refuses_to_credit_more_than_was_invoiced(
    store: Store,
    invoiced: int,
    credited: int,
    stands: bool,  # noqa: FBT001
) -> None:
    job = _a_job(store)
    row = CreditBalance(order_id=job.order_id, source="", invoiced=invoiced, credited=credited)
    with _refused("credited_at_most_invoiced", stands=stands), store.write() as session:
        session.add(row)


@pytest.mark.parametrize(
    ("moved", "used", "stands"), [(100, 100, True), (-100, -100, True), (100, 101, False), (-100, -101, False)]
)
def test_database_refuses_to_use_more_money_than_moved(store: Store, moved: int, used: int, stands: bool) -> None:  # noqa: FBT001
    job = _a_job(store)
    row = MoneyUse(connection_id=job.connection_id, transaction_id="t", order_id=job.order_id, moved=moved, used=used)
    with _refused("used_at_most_moved", stands=stands), store.write() as session:
        session.add(row)


@contextmanager
def _refused(constraint: str, *, stands: bool) -> Iterator[None]:
    if stands:
        yield
        return
    with pytest.raises(IntegrityError, match=constraint):
        yield


@pytest.mark.parametrize("kept", ["off", "local", "remote_write"])
def test_commit_is_on_the_disk_when_it_is_acknowledged_whatever_the_server_would_rather(
    store: Store, database_url: str, kept: str
) -> None:
    """A webhook is answered 200 after the commit: with `off` it would be lost with the machine."""
    with store.engine.connect() as connection:
        name = connection.execute(text("select current_database()")).scalar_one()
        connection.execute(text(f"alter database {name} set synchronous_commit = {kept}"))
        connection.commit()
    try:
        opened = open_store(database_url)
        with opened.read() as session:
            assert session.scalar(text("show synchronous_commit")) == "on"
        opened.close()
    finally:
        with store.engine.connect() as connection:
            connection.execute(text(f"alter database {name} reset synchronous_commit"))
            connection.commit()


def test_frozen_transaction_does_not_hold_its_locks_for_ever(store: Store) -> None:
    with store.read() as session:
        assert session.scalar(text("show idle_in_transaction_session_timeout")) == "2min"
