"""What size costs: a claim and a steady order at 1,000 and 100,000 orders, of one company and of 1,000.

The rows are copies of one order that was really booked, laid in by PostgreSQL itself; a claim is the product's own.
`python -m bench.growth`.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog

from app.jobs.queue import claim
from bench.cost import CountingPostgres, count_steady_orders, counting
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.endpoint import Endpoint

FEW, MANY, COMPANIES = 1_000, 100_000, 1_000
CLAIMS, ORDERS = 25, 20
_LAID_IN = 9_000_000_000_000
"""Order ids of what was laid in begin here."""
_NO_DISK = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
"""Laying in is not what is measured; the sizes are compared with each other alone."""


@dataclass(frozen=True, slots=True)
class Size:
    """One size of the database, and what the same work costs in it."""

    orders: int
    companies: int
    claim_ms: float
    """Median of one claim while every order that was laid in is due."""
    statements: float
    """Per steady order."""
    server_ms: float
    """Per steady order, in the server."""
    order_ms: float
    """Per steady order, endpoint, worker and emulators in one process."""


def measure(few: int = FEW, many: int = MANY, companies: int = COMPANIES) -> Iterator[Size]:
    """Each size in turn, on one database that grows."""
    with tempfile.TemporaryDirectory(prefix="bokbro-growth-") as folder, counting(Path(folder), _NO_DISK) as connected:
        bench, endpoint, server = connected
        template = bench.place(hear=False)
        assert endpoint.announce(template) == 200
        bench.run_jobs()
        growing = _Growing(server.plain_url, bench.job(template).id)
        growing.lay_in(few)
        yield _size(bench, endpoint, server, growing, few, 1)
        growing.lay_in(many - few)
        yield _size(bench, endpoint, server, growing, many, 1)
        growing.spread(companies)
        yield _size(bench, endpoint, server, growing, many, companies)


def _size(
    bench: Bench, endpoint: Endpoint, server: CountingPostgres, growing: _Growing, orders: int, companies: int
) -> Size:
    counted = count_steady_orders(bench, endpoint, server, ORDERS)
    growing.make_due()
    milliseconds = _median_ms(lambda: claim(bench.program.store, 60))
    growing.rest()
    in_server = sum(one.milliseconds for one in counted.cost.statements) / ORDERS
    cost = counted.cost.statements_per_order, in_server, counted.seconds * 1000 / ORDERS
    return Size(orders, companies, milliseconds, *cost)


def _median_ms(work: Callable[[], object]) -> float:
    taken = []
    for _turn in range(CLAIMS + 3):
        began = time.perf_counter()
        assert work() is not None
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[3:])


class _Growing:
    """The database while it grows."""

    def __init__(self, url: str, template: int) -> None:
        self._url = url
        self._template = template
        self._next = _LAID_IN

    def lay_in(self, count: int) -> None:
        """So many more copies of the order, done and at rest, with all that hangs on it."""
        numbers = {"from": self._next, "to": self._next + count - 1, "template": self._template}
        self._next += count
        with self._connection() as connection:
            connection.execute("set session_replication_role = replica")  # every reference is right by its making
            connection.execute(
                f"""
                with numbers as (select generate_series(%(from)s::bigint, %(to)s::bigint) as n), made as (
                    insert into sales_order (tenant_id, connection_id, platform_id)
                    select tenant_id, connection_id, n::text from job, numbers where job.id = %(template)s
                    returning id, platform_id
                )
                insert into job ({_columns(connection, "job")})
                select {_columns(connection, "job", subject="'order:shopify:' || platform_id", order_id="made.id")}
                  from job, made
                 where job.id = %(template)s
                """,  # noqa: S608 - names from the catalogue of tables
                numbers,
            )
            for table in ("inbox", "snapshot", "operation", "money_use", "credit_balance"):
                key, copied = ("job_id", "copy.id") if table in _OF_JOB else ("order_id", "copy.order_id")
                changed = {key: copied} | _OWN.get(table, {})
                connection.execute(
                    f"""
                    insert into {table} ({_columns(connection, table)})
                    select {_columns(connection, table, **changed)} from {table}
                      join job as copy on copy.subject between 'order:shopify:' || %(from)s
                                                           and 'order:shopify:' || %(to)s
                     where {table}.{key} = (select {"id" if table in _OF_JOB else "order_id"} from job
                                             where id = %(template)s)
                    """,  # noqa: S608
                    numbers,
                )
            for table, own in (("operation_event", {}), ("document", {"order_id": "copy.order_id"})):
                connection.execute(
                    f"""
                    insert into {table} ({_columns(connection, table)})
                    select {_columns(connection, table, operation_id="other.id", **own)}
                      from {table} join operation on operation.id = {table}.operation_id
                      join operation as other on other.step_key = operation.step_key
                      join job as copy on copy.id = other.job_id
                       and copy.subject between 'order:shopify:' || %(from)s and 'order:shopify:' || %(to)s
                     where operation.job_id = %(template)s
                    """,  # noqa: S608
                    numbers,
                )
            connection.execute("vacuum analyze")

    def spread(self, companies: int) -> None:
        """Give what was laid in to so many companies, each with a shop of its own."""
        with self._connection() as connection:
            tenant = _columns(connection, "tenant", name="'Bolag ' || n")
            connection.execute(
                f"""
                insert into tenant ({_columns(connection, "tenant")})
                select {tenant} from tenant, generate_series(2, %(companies)s) as n
                 where tenant.id = (select min(id) from tenant)
                """,  # noqa: S608
                {"companies": companies},
            )
            shop = _columns(connection, "connection", account="'shop-' || other.id", tenant_id="other.id")
            connection.execute(
                f"""
                insert into connection ({_columns(connection, "connection")})
                select {shop} from connection join tenant as other on other.name like 'Bolag %%'
                 where connection.id = (select min(id) from connection where platform = 'shopify')
                """  # noqa: S608
            )
            connection.execute("""
                with shops as (select id, tenant_id, row_number() over (order by id) - 1 as place,
                                      count(*) over () as many from connection where platform = 'shopify')
                update job set connection_id = shops.id, tenant_id = shops.tenant_id from shops
                 where job.subject like 'order:shopify:9%' and shops.place = job.id % shops.many
            """)
            connection.execute("""
                update sales_order set connection_id = job.connection_id, tenant_id = job.tenant_id
                  from job where job.order_id = sales_order.id
            """)
            connection.execute("vacuum analyze")

    def make_due(self) -> None:
        """All that was laid in, one after the other."""
        with self._connection() as connection:
            connection.execute("""
                update job set due_at = now() - interval '1 hour' + id * interval '1 microsecond'
                 where subject like 'order:shopify:9%'
            """)
            connection.execute("vacuum analyze job")

    def rest(self) -> None:
        """None of it is due, and nobody works on it."""
        with self._connection() as connection:
            connection.execute("""
                update job set due_at = null, lease_until = null, lease_token = null, worker = null, state = 'booked'
                 where subject like 'order:shopify:9%'
            """)
            connection.execute("vacuum analyze job")

    def _connection(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._url, autocommit=True)


_OF_JOB = ("inbox", "operation")
"""Tables whose rows belong to the job; the others' belong to its order."""
_OWN = {
    "inbox": {"delivery_id": "inbox.delivery_id || copy.id"},
    "snapshot": {"name": "'#S' || copy.id"},
    "money_use": {"transaction_id": "money_use.transaction_id || '-' || copy.id"},
}
"""What is unique beside the order."""


def _columns(connection: psycopg.Connection[tuple[object, ...]], table: str, **changed: str) -> str:
    """A table's columns, without those that PostgreSQL fills in; some as other expressions."""
    rows = connection.execute(
        """
        select column_name from information_schema.columns
         where table_schema = 'public' and table_name = %s and is_generated = 'NEVER'
           and not (column_name = 'id' and (is_identity = 'YES' or column_default is not null))
         order by ordinal_position
        """,
        [table],
    ).fetchall()
    names = [str(row[0]) for row in rows]
    assert names, table
    return ", ".join(changed.get(name, f'"{table}"."{name}"') if changed else f'"{name}"' for name in names)


def main() -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for size in measure(*map(int, sys.argv[1:])):
        sys.stdout.write(
            f"{size.orders:7} orders, {size.companies:5} companies: claim {size.claim_ms:.2f} ms; a steady order "
            f"{size.statements:.1f} statements, {size.server_ms:.2f} ms in the server, {size.order_ms:.1f} ms in all\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
