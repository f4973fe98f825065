"""The inbox: a verified delivery becomes a row and a due job in one commit; only then is 200 sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Date, cast, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert

from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.http.envelope import Envelope
from app.schema import Connection, Counter, Inbox, JobKind, Priority

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


# An order exists from its first delivery on: its row is made in the statement that makes its job. The job's key decides
# which of two deliveries made it: each asks for an id, and that of a job that is there already is not used. Where the
# order is there, too, the second insert does nothing; the job's foreign key is checked at the end of the statement.
_NEW_ORDER = "case when {platform_id} is not null then nextval('sales_order_id_seq') end"
# One statement, so that a group costs one round trip; the bodies go as bytes (%b), for making text of them costs more
# than all the rest of a delivery. The jobs are touched first and in one order: that lock orders us against a worker
# that is just closing a job, so no wake-up is lost, and two groups cannot wait for each other. A job that is due keeps
# its place, unless somebody works on it: then the new time tells that worker that there is more.
_STORE = f"""
    with wanted as (
        select *
          from unnest(cast(%(job_tenants)s as bigint[]), cast(%(job_connections)s as bigint[]),
                      cast(%(job_subjects)s as text[]), cast(%(job_orders)s as text[]))
               as wanted (tenant_id, connection_id, subject, platform_id)
    ), touched as (
        insert into job (tenant_id, connection_id, subject, order_id, due_at)
        select tenant_id, connection_id, subject, {_NEW_ORDER.format(platform_id="platform_id")}, clock_timestamp()
          from wanted
         order by connection_id, subject
            on conflict (connection_id, subject) do update
           set priority = case when job.due_at is null then 1 else least(job.priority, 1) end,
               woken_at = clock_timestamp(),
               due_at = case when job.lease_token is not null then clock_timestamp()
                             else least(coalesce(job.due_at, clock_timestamp()), clock_timestamp()) end
        returning id, tenant_id, connection_id, subject, order_id
    ), made as (
        insert into sales_order (id, tenant_id, connection_id, platform_id)
        select touched.order_id, touched.tenant_id, touched.connection_id, wanted.platform_id
          from touched
          join wanted on wanted.connection_id = touched.connection_id and wanted.subject = touched.subject
         where touched.order_id is not null
            on conflict (id) do nothing
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
"""  # noqa: S608 - its parts are written above


def _order_of(subject: str) -> str | None:
    """The platform's id of the order that a job of this subject works on; None where it works on none."""
    kind, _colon, rest = subject.partition(":")
    return rest.partition(":")[2] if kind == JobKind.ORDER else None


def store_deliveries(store: Store, deliveries: Sequence[Delivery]) -> None:
    """Store deliveries and make their jobs due, in one commit. A repeated one changes nothing but the due time."""
    jobs = {(delivery.connection_id, delivery.subject): delivery.tenant_id for delivery in deliveries}
    values: dict[str, list[object]] = {
        "job_tenants": list(jobs.values()),
        "job_connections": [connection for connection, _subject in jobs],
        "job_subjects": [subject for _connection, subject in jobs],
        "job_orders": [_order_of(subject) for _connection, subject in jobs],
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


_MAKE_DUE = text(f"""
    with touched as (
        insert into job (tenant_id, connection_id, subject, order_id, priority, due_at)
        values (:tenant, :connection, :subject, {_NEW_ORDER.format(platform_id="cast(:platform_id as text)")},
                :priority, clock_timestamp() + cast(:after as interval))
            on conflict (connection_id, subject) do update
           set priority = case when job.due_at is null then excluded.priority
                               else least(job.priority, excluded.priority) end,
               woken_at = clock_timestamp(),
               due_at = case when job.lease_token is not null then clock_timestamp()
                             else least(coalesce(job.due_at, excluded.due_at), excluded.due_at) end
        returning id, order_id
    ), made as (
        insert into sales_order (id, tenant_id, connection_id, platform_id)
        select order_id, :tenant, :connection, cast(:platform_id as text) from touched where order_id is not null
            on conflict (id) do nothing
    )
    select id from touched
""")  # noqa: S608 - its parts are written above


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
    there is more to see. With the job of an order the order itself is created.
    """
    values = {
        "tenant": tenant_id, "connection": connection_id, "subject": subject, "platform_id": _order_of(subject),
        "priority": priority.value, "after": after,
    }  # fmt: skip
    job_id: int = session.execute(_MAKE_DUE, values).scalar_one()
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


def deliveries_of(session: ReadSession, job_id: int) -> list[Inbox]:
    """Every stored delivery of a job, in the order they came."""
    return list(session.scalars(select(Inbox).where(Inbox.job_id == job_id).order_by(Inbox.id)))


def has_received(store: Store, connection_id: int, within: timedelta) -> bool:
    """Whether anything of a connection was delivered within that time."""
    since = func.clock_timestamp() - within
    delivered = exists().where(Inbox.connection_id == connection_id, Inbox.received_at > since)
    with store.read() as session:
        return bool(session.scalar(select(delivered)))
