"""Alembic's entry: runs the revisions on the connection it is handed, one deploy at a time."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, create_engine, text

from app.kit.db.engine import with_driver
from app.kit.db.types import Minor, UtcDateTime
from app.schema import Base

_ADVISORY_LOCK = 7_265_926
"""Two deploys at once would run the same revision twice; the second waits here."""


def render_plainly(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """Write our column types as what PostgreSQL sees: a revision must not change when our code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Minor):
        return "sa.BigInteger()"
    return False


def run(connection: Connection) -> None:
    """Run all pending revisions in one transaction under an advisory lock, both of which end together.

    Nothing is the session's: behind a pooler in transaction mode (PgBouncer) there is none.
    """
    # Only here is waiting right, as long as the first deploy takes: elsewhere the connection bounds every lock.
    connection.execute(text("set local lock_timeout = 0"))
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    connection.execute(text("set local lock_timeout = '4s'"))
    try:
        context.configure(
            connection=connection, target_metadata=Base.metadata, compare_type=True, render_item=render_plainly
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        connection.rollback()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = context.config.get_main_option("sqlalchemy.url") or ""
    engine = create_engine(with_driver(url))
    with engine.connect() as own_connection:
        run(own_connection)
