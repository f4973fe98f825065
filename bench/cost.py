"""What one steady order costs the database, counted by the server: `python -m bench.cost [ORDERS]`.

A steady order has a known customer and known articles: a webhook, one read of the shop, four calls to Fortnox (create,
book, pay, book the payment). The server counts, whoever asks it: `pg_stat_statements` the statements by their text,
`pg_stat_database` the transactions, pings included. The endpoint is served over HTTP; the worker works beside it.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import structlog

from app.jobs.notifier import SilentNotifier
from app.kit.db.migration import migrate
from app.wiring import build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import SandboxConfig
from sandbox.kit.calls import CallFilter
from sandbox.kit.serving import ServerThread
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config
from tests.chaos.machines import Postgres, until
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.endpoint import Endpoint, open_endpoint
from tests.support.serving import free_port

ORDERS = 20
_WARM = 6
"""Orders before the count: the first makes customer and article; psycopg prepares what it has sent five times."""
_TEXT_WIDTH = 100
_TRANSACTION_CONTROL = re.compile(r"(begin|start transaction|commit|rollback|abort|end)\b(?!.*\bto\b)", re.IGNORECASE)
"""What begins or ends a transaction; a savepoint is a statement like any other."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One text, with constants as parameters, and how often it was executed."""

    text: str
    calls: int
    milliseconds: float
    """In the server, of all calls."""

    @property
    def is_transaction_control(self) -> bool:
        """Whether it only begins or ends a transaction."""
        return _TRANSACTION_CONTROL.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Cost:
    """What some orders cost together."""

    orders: int
    statements: tuple[Statement, ...]
    """The dearest in number first; transaction control included."""
    commits: int
    rollbacks: int
    """How a read ends, too."""
    log_bytes: int
    """Written ahead."""

    @property
    def transactions_per_order(self) -> float:
        """Every transaction, also one that only asked whether the server is there."""
        return (self.commits + self.rollbacks) / self.orders

    @property
    def statements_per_order(self) -> float:
        """Statements without those that only begin and end a transaction."""
        return sum(one.calls for one in self.statements if not one.is_transaction_control) / self.orders

    @property
    def round_trips_per_order(self) -> float:
        """Statements with those that begin and end transactions: each is an answer that is waited for."""
        return sum(one.calls for one in self.statements) / self.orders

    def table(self) -> str:
        """One line for each text: calls per order, milliseconds per order, the text in short."""
        lines = [f"{'per order':>9} {'ms':>6}  statement"]
        for one in self.statements:
            shown = " ".join(one.text.split())
            mark = "·" if one.is_transaction_control else " "
            per_order = (one.calls / self.orders, one.milliseconds / self.orders)
            lines.append(f"{per_order[0]:9.2f} {per_order[1]:6.2f} {mark}{_shortened(shown)}")
        milliseconds = sum(one.milliseconds for one in self.statements) / self.orders
        lines.append(
            f"{self.statements_per_order:9.2f} {milliseconds:6.2f}  statements per order "
            f"(with transaction control, marked ·: {self.round_trips_per_order:.2f})"
        )
        lines.append(
            f"{self.transactions_per_order:9.2f}         transactions per order: "
            f"{self.commits / self.orders:.2f} commits, {self.rollbacks / self.orders:.2f} rollbacks; "
            f"{self.log_bytes / self.orders / 1000:.1f} kB of log"
        )
        return "\n".join(lines)


def _shortened(text: str) -> str:
    """What a statement does to which table, without its list of columns."""
    text = re.sub(r"(?i)^select .{40,}? from ", "SELECT … FROM ", text)
    text = re.sub(r"(?i)(insert into \S+) \(.*?\) values \(.*?\)", r"\1 (…)", text)
    return text if len(text) <= _TEXT_WIDTH else f"{text[: _TEXT_WIDTH - 1]}…"


class CountingPostgres(Postgres):
    """A server of the run's own that counts what it is asked."""

    def __init__(self, folder: Path, port: int, options: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, port)
        counting = {
            "shared_preload_libraries": "pg_stat_statements",
            "pg_stat_statements.track": "top",
            "pg_stat_statements.max": "5000",
        }
        settings = counting | dict(options or {})
        self.command = [
            *self.command,
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ]

    def make_database(self) -> None:
        """Once, after the first start."""
        super().make_database()
        with self._watching() as connection:
            connection.execute("create extension pg_stat_statements")

    def reset(self) -> None:
        """Count from here. Nobody may be connected: a connection hands its counts in late, at its end at the latest."""
        self._left_alone()
        with self._watching("bokbro") as connection:
            connection.execute("select pg_stat_reset()")
        self._left_alone()
        with self._watching() as connection:
            self._since = self._transactions(connection)
            self._written = self._log_position(connection)
            connection.execute("select pg_stat_statements_reset()")

    def cost(self, orders: int) -> Cost:
        """What was counted since the reset, once nobody is connected any more."""
        self._left_alone()
        with self._watching() as connection:
            commits, rollbacks = self._transactions(connection)
            statements = connection.execute("""
                select query, calls, total_exec_time from pg_stat_statements
                  join pg_database on pg_database.oid = dbid where datname = 'bokbro' order by calls desc, query
            """).fetchall()
            written = self._log_position(connection) - self._written
        found = tuple(Statement(*row) for row in statements)
        return Cost(orders, found, commits - self._since[0], rollbacks - self._since[1], written)

    def _left_alone(self) -> None:
        with self._watching() as connection:
            count = "select count(*) from pg_stat_activity where datname = 'bokbro'"
            until(lambda: connection.execute(count).fetchone() == (0,), 20, "the end of all connections")

    def _watching(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """From another database: who looks is not counted."""
        return psycopg.connect(self.plain_url.replace("/bokbro", f"/{database}"), autocommit=True)

    @staticmethod
    def _transactions(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[int, int]:
        row = connection.execute("select xact_commit, xact_rollback from pg_stat_database where datname = 'bokbro'")
        commits, rollbacks = row.fetchall()[0]
        return int(commits), int(rollbacks)

    @staticmethod
    def _log_position(connection: psycopg.Connection[tuple[Any, ...]]) -> int:
        row = connection.execute("select pg_current_wal_lsn() - '0/0'").fetchall()[0]
        return int(row[0])


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of some steady orders."""

    cost: Cost
    sent: Sequence[str]
    """Calls to Fortnox, in order."""
    reads_of_the_shop: int
    seconds: float
    """Of all orders, endpoint, worker and emulators in one process."""


def count_steady_orders(bench: Bench, endpoint: Endpoint, server: CountingPostgres, orders: int) -> Counted:
    """Announce steady orders one after the other, work on each, and count what the server was asked."""
    _booked(bench, endpoint, _WARM)
    bench.program.store.close()
    bench.emulators.kit.calls.clear()
    bench.emulators.shopify.app.state.kit.calls.clear()
    server.reset()
    started = time.monotonic()
    _booked(bench, endpoint, orders)
    seconds = time.monotonic() - started
    bench.program.store.close()
    cost = server.cost(orders)
    reads = bench.emulators.shopify.app.state.kit.calls.select(CallFilter("POST", "*/graphql.json"))
    sent = bench.sent()
    return Counted(cost, sent, len(reads), seconds)


def _booked(bench: Bench, endpoint: Endpoint, orders: int) -> None:
    for _order in range(orders):
        order = bench.place(hear=False)
        assert endpoint.announce(order) == 200
        bench.program.worker.run(1)


@contextmanager
def counting(
    folder: Path, options: Mapping[str, str] | None = None
) -> Iterator[tuple[Bench, Endpoint, CountingPostgres]]:
    """A connected company on a counting server of its own."""
    with ExitStack() as stack:
        # Autovacuum's transactions would count as ours.
        server = CountingPostgres(folder, free_port(), {"autovacuum": "off"} | dict(options or {}))
        stack.callback(server.kill)
        server.start()
        server.make_database()
        unlimited = SandboxConfig(rate_limit_calls=100_000)
        fortnox = stack.enter_context(ServerThread(create_fortnox(unlimited)))
        shopify = stack.enter_context(ServerThread(create_shopify(Config(bucket_maximum=1_000_000))))
        emulators = Emulators(fortnox, shopify)
        # The call budget in its true size, which every call writes, with a window that keeps nobody waiting; and on a
        # busy machine a call may be slow without being counted anew for it.
        budget = {"fortnox_calls": 25, "fortnox_window_seconds": 0.01, "fortnox_travel_seconds": 60}
        program = build(settings_for(emulators, server.plain_url, **budget), notifier=SilentNotifier())
        stack.callback(program.close)
        migrate(program.store)
        bench = Bench(program, emulators)
        bench.connect()
        bench.warm()
        yield bench, stack.enter_context(open_endpoint(bench)), server


def main() -> None:
    """Count and print."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with (
        tempfile.TemporaryDirectory(prefix="bokbro-cost-") as folder,
        counting(Path(folder)) as (bench, endpoint, server),
    ):
        counted = count_steady_orders(bench, endpoint, server, orders)
        bench.proves(*bench.orders.values())
    sys.stdout.write(f"{counted.cost.table()}\n{len(counted.sent) / orders:.2f} calls, ")
    sys.stdout.write(f"{counted.reads_of_the_shop / orders:.2f} reads of the shop per order, {orders} orders\n")


if __name__ == "__main__":
    main()
