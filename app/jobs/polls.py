"""Polls: what shops and providers are asked for by the clock is a job for each connection, due again when it closes.

One that does not answer delays no other. The jobs are made with the connection, and any that is missing is made by one
statement, which the clock runs each minute.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, text

from app.jobs.inbox import make_due
from app.kit.db.engine import Store, WriteSession
from app.schema import Connection, JobKind, Priority

BACKFILL_EVERY = timedelta(minutes=15)
"""Where no delivery comes: a change of which nobody told us is found after this, at the latest."""
BACKFILL_HEARD = timedelta(hours=1)
"""The same where deliveries come."""
PAYOUTS_EVERY = timedelta(hours=1)
_SPREAD = BACKFILL_EVERY
"""Jobs that are missing are missing together: they are due one after the other within this."""
_STOPPED_FOR = timedelta(hours=1)
"""A poll that was given up is tried again after this: nobody presses a button for it."""

_MISSING = text("""
    insert into job (tenant_id, connection_id, subject, priority, due_at)
    select connection.tenant_id, connection.id, wanted.subject, :routine,
           clock_timestamp() + random() * cast(:spread as interval)
      from connection
      join unnest(cast(:platforms as text[]), cast(:subjects as text[])) as wanted (platform, subject)
        on wanted.platform = connection.platform
      left join job on job.connection_id = connection.id and job.subject = wanted.subject
     where connection.state = 'active'
       and (job.id is null
            or (job.due_at is null
                and (job.state <> 'stopped' or job.updated_at < clock_timestamp() - cast(:stopped_for as interval))))
        on conflict (connection_id, subject) do update
       set due_at = excluded.due_at, priority = excluded.priority
     where job.due_at is null
    returning id
""")


@dataclass(frozen=True, slots=True)
class Polls:
    """Which connections are polled for what. Each method is harmless when it runs twice or not at all."""

    store: Store
    platforms: Mapping[JobKind, Collection[str]]
    """Kind of poll → platforms whose connections have it."""

    def recover(self) -> int:
        """Make the jobs that active connections lack; returns how many. They are due within a quarter of an hour."""
        wanted = [(platform, kind.value) for kind, platforms in self.platforms.items() for platform in platforms]
        values = {
            "platforms": [platform for platform, _subject in wanted],
            "subjects": [subject for _platform, subject in wanted],
            "spread": _SPREAD,
            "stopped_for": _STOPPED_FOR,
            "routine": Priority.BACKFILL.value,
        }
        return len(self.store.write_once(_MISSING, values))

    def poll_now(self, connection: Connection) -> None:
        """Make every poll of a connection due now, as when it was just made."""
        with self.store.write() as session:
            for kind, platforms in self.platforms.items():
                if connection.platform in platforms:
                    make_due(session, connection.tenant_id, connection.id, kind.value, Priority.PERSON)

    def payouts_now(self, tenant_id: int | None) -> int:
        """A person asks: make the polls of payouts of a company due now (None: of all); returns how many."""
        kind = JobKind.POLL_PAYOUTS
        with self.store.write() as session:
            connections = _paying(session, self.platforms[JobKind.POLL_PAYOUTS], tenant_id)
            for connection in connections:
                make_due(session, connection.tenant_id, connection.id, kind.value, Priority.PERSON)
        return len(connections)


def _paying(session: WriteSession, platforms: Collection[str], tenant_id: int | None) -> list[Connection]:
    conditions = [Connection.platform.in_(platforms), Connection.state == "active"]
    conditions += [] if tenant_id is None else [Connection.tenant_id == tenant_id]
    return list(session.scalars(select(Connection).where(*conditions).order_by(Connection.id)))
