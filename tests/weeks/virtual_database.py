"""A database whose clock is ours: what PostgreSQL calls now is what the play calls now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import create_engine, text

from tests.support.databases import dump, restore

_PREPARE = """
    create schema sim;
    create sequence sim.tick;
    create table sim.clock (at timestamptz not null);
    insert into sim.clock values (pg_catalog.now());
    -- Two readings are never equal: a claim and a wake in one virtual moment must be told apart. Who only reads cannot
    -- count, and tells nothing apart.
    create function sim.clock_timestamp() returns timestamptz language sql volatile as
        $$ select at + case when current_setting('transaction_read_only') = 'on' then 0 else nextval('sim.tick') end
                       * interval '1 microsecond' from sim.clock $$;
    create function sim.now() returns timestamptz language sql volatile as $$ select sim.clock_timestamp() $$;
"""
"""Found before PostgreSQL's own because the database's search path names `sim` first."""
_DEFAULTS = """
    select format('alter table %I.%I alter column %I set default sim.now()', n.nspname, c.relname, a.attname)
      from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
      join pg_class c on c.oid = d.adrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and pg_get_expr(d.adbin, d.adrelid) = 'now()'
"""


class VirtualDatabase:
    """The clock of a migrated database, and its contents as a whole."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        with self._engine.connect() as connection:
            name = connection.scalar(text("select current_database()"))
            connection.exec_driver_sql(_PREPARE)
            for statement in connection.scalars(text(_DEFAULTS)).all():
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f'alter database "{name}" set search_path = sim, public, pg_catalog')

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()

    def set_clock(self, at: datetime) -> None:
        """It is then."""
        with self._engine.connect() as connection:
            connection.execute(text("update sim.clock set at = :at"), {"at": at})

    def next_due(self) -> datetime | None:
        """When a worker can next find something."""
        statement = """
            select min(greatest(job.due_at, job.lease_until, tenant.blocked_until))
              from job join tenant on tenant.id = job.tenant_id where job.due_at is not null
        """
        with self._engine.connect() as connection:
            found: datetime | None = connection.scalar(text(statement))
            return found

    def dump(self) -> dict[str, bytes]:
        """Everything, as it is now."""
        with self._engine.connect() as connection:
            return dump(connection)

    def restore(self, content: dict[str, bytes]) -> None:
        """Put everything back. Nobody may hold a transaction."""
        with self._engine.connect() as connection:
            restore(connection, content)
