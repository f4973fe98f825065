"""The inbox: a verified delivery becomes a row and a due job in one commit; only then is 200 sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Date, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert

from app.jobs.queue import most_urgent
from app.kit.db.engine import Store, WriteSession
from app.kit.http.envelope import Envelope
from app.schema import Connection, Counter, Job, Priority

_NOW = timedelta()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified delivery on its way into the inbox."""

    tenant_id: int
    connection_id: int
    envelope: Envelope
    headers: Mapping[str, str]
    """Those that are kept."""
    body: bytes

    @property
    def subject(self) -> str:
        """The subject of its job."""
        return self.envelope.subject or f"unknown:{self.envelope.delivery_id}"


# One statement, so that a group costs one round trip; the bodies go as bytes (%b), for making text of them costs more
# than all the rest of a delivery. The jobs are touched first and in one order: that lock orders us against a worker
# that is just closing a job, so no wake-up is lost, and two groups cannot wait for each other. A job that is due keeps
# its place, unless somebody works on it: then the new time tells that worker that there is more.
_STORE = """
    with touched as (
        insert into job (tenant_id, connection_id, subject, due_at)
        select wanted.tenant_id, wanted.connection_id, wanted.subject, clock_timestamp()
          from unnest(cast(%(job_tenants)s as bigint[]), cast(%(job_connections)s as bigint[]),
                      cast(%(job_subjects)s as text[]))
               as wanted (tenant_id, connection_id, subject)
         order by wanted.connection_id, wanted.subject
            on conflict (connection_id, subject) do update
           set priority = case when job.due_at is null then 1 else least(job.priority, 1) end,
               woken_at = clock_timestamp(),
               due_at = case when job.lease_token is not null then clock_timestamp()
                             else least(coalesce(job.due_at, clock_timestamp()), clock_timestamp()) end
        returning id, connection_id, subject
    )
    insert into inbox (connection_id, job_id, delivery_id, event_id, topic, triggered_at, headers, body)
    select came.connection_id, touched.id, came.delivery_id, came.event_id, came.topic, came.triggered_at,
           cast(came.headers as jsonb), came.body
      from unnest(cast(%(connections)s as bigint[]), cast(%(subjects)s as text[]),
                  cast(%(deliveries)s as text[]), cast(%(events)s as text[]), cast(%(topics)s as text[]),
                  cast(%(moments)s as timestamptz[]), cast(%(headers)s as text[]), %(bodies)b)
           as came (connection_id, subject, delivery_id, event_id, topic, triggered_at, headers, body)
      join touched on touched.connection_id = came.connection_id and touched.subject = came.subject
        on conflict (connection_id, delivery_id) do nothing
"""


def store_deliveries(store: Store, deliveries: Sequence[Delivery]) -> None:
    """Store deliveries and make their jobs due, in one commit. A repeated one changes nothing but the due time."""
    jobs = {(delivery.connection_id, delivery.subject): delivery.tenant_id for delivery in deliveries}
    values: dict[str, list[object]] = {
        "job_tenants": list(jobs.values()),
        "job_connections": [connection for connection, _subject in jobs],
        "job_subjects": [subject for _connection, subject in jobs],
        "connections": [delivery.connection_id for delivery in deliveries],
        "subjects": [delivery.subject for delivery in deliveries],
        "deliveries": [delivery.envelope.delivery_id for delivery in deliveries],
        "events": [delivery.envelope.event_id for delivery in deliveries],
        "topics": [delivery.envelope.topic for delivery in deliveries],
        "moments": [delivery.envelope.triggered_at for delivery in deliveries],
        "headers": [json.dumps(dict(delivery.headers)) for delivery in deliveries],
        "bodies": [delivery.body for delivery in deliveries],
    }
    store.write_once(_STORE, values)


def make_due(
    session: WriteSession,
    tenant_id: int,
    connection_id: int,
    subject: str,
    priority: Priority = Priority.EVENT,
    *,
    after: timedelta = _NOW,
) -> int:
    """Create the job or make it due now, or after some time; returns its id. Takes the job's row lock.

    A job that is due earlier keeps its place, unless somebody works on it: then the new time tells that worker that
    there is more to see.
    """
    now = func.clock_timestamp()
    due = now + after if after else now
    soon = func.least(func.coalesce(Job.due_at, due), due)
    new = {"tenant_id": tenant_id, "connection_id": connection_id, "subject": subject, "priority": priority.value}
    statement = insert(Job).values(**new, due_at=due)
    statement = statement.on_conflict_do_update(
        index_elements=[Job.connection_id, Job.subject],
        set_={
            "due_at": case((Job.lease_token.is_not(None), now), else_=soon),
            "woken_at": now,
            "priority": most_urgent(priority),
        },
    )
    job_id: int = session.execute(statement.returning(Job.id)).scalar_one()
    return job_id


def count(store: Store, name: str, label: str, times: int = 1) -> None:
    """Count something that leaves no other trace (a refused delivery)."""
    today = cast(func.timezone("UTC", func.clock_timestamp()), Date)
    with store.write() as session:
        statement = insert(Counter).values(day=today, name=name, label=label, value=times)
        raised = Counter.value + times
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[Counter.day, Counter.name, Counter.label], set_={"value": raised}
            )
        )


def connection_of(store: Store, platform: str, account: str) -> Connection | None:
    """The connection of a shop's account, whatever its state: a delivery of a shop we lost consent to is still kept."""
    with store.read() as session:
        return session.scalar(select(Connection).where(Connection.platform == platform, Connection.account == account))
