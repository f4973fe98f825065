"""What an order costs and how long it takes, against controls in the same run: `python -m bench.orders [--only ROW …]`.

The rows of the issue's table, as far as one person measures them on two cores: the product, PostgreSQL, Redis, the
emulators and this driver share the cores, and each row says how loaded they were before it began and how busy others
kept them meanwhile. QUICK=1 in the environment makes every row shorter. The table is printed as it grows; it is also
written as JSON, to `--json FILE` or beside the embedded database.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg
import structlog
from pydantic import TypeAdapter

from app.model.order import Order
from app.orders.planning.planner import decide
from app.schema import POLLS, JobKind
from app.tenants.rules import TenantRules
from bench import growth, webhooks
from bench.cost import count_steady_orders, counting
from bench.emulators import WINDOW_CALLS, WINDOW_SECONDS
from bench.fleet import Announced, Company, Fleet, Shape, ended_at, fleet, rest_of_the_clock
from bench.load import Measured, at_rate, full_speed
from bench.planning import ROWS as PLANNED_ROWS
from bench.planning import in_turns, large_order

RESULTS = Path(".bokbro") / "bench.json"
_QUICK = bool(os.environ.get("QUICK"))
_CALLS_PER_ORDER = 4
N8N_LATENCY, N8N_RATE = "115/150 ms", 28.8
"""n8n with plain HTTP nodes, three calls and no payment; recorded in another run, on a machine like this one."""


def _size(usual: int, quick: int) -> int:
    return quick if _QUICK else usual


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    measure: str
    result: str
    bar: str = ""
    met: bool | None = None
    """None where there is no bar."""
    control: str = ""
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that half, and 95 of 100, did not exceed."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        """Of some measurements."""
        ordered = sorted(seconds)
        places = (min(int(len(ordered) * share), len(ordered) - 1) for share in (0.5, 0.95))
        return cls(*(ordered[place] * 1000 for place in places))

    def __str__(self) -> str:
        return f"{self.p50:.0f}/{self.p95:.0f} ms"

    def within(self, p50: float, p95: float) -> bool:
        """Whether both are at most so long."""
        return self.p50 <= p50 and self.p95 <= p95


# --- driving


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, when each order was, and how it was answered."""

    at: dict[str, float]
    acknowledged: Measured


def _send(running: Fleet, orders: Sequence[Announced], rate: float | None) -> Sent:
    """Send deliveries at a steady rate, or (None) as fast as they are answered. All must be answered with 200."""
    at: dict[str, float] = {}

    def make(number: int) -> bytes:
        at[orders[number].name] = time.time()
        return orders[number].request

    if rate is None:
        answered = asyncio.run(full_speed(running.port, make, count=len(orders), connections=16))
    else:
        answered = asyncio.run(at_rate(running.port, make, rate=rate, seconds=len(orders) / rate))
    assert set(answered.statuses) == {200}, answered.statuses
    return Sent(at, answered)


@dataclass(frozen=True, slots=True)
class Played:
    """Some orders from their webhooks to the books."""

    sent: Sent
    booked: Latency
    paid: Latency
    rate: float
    """Orders a second, from the first webhook to the last payment."""
    cpu: dict[str, float]
    """Milliseconds of processor time per Fortnox call."""
    reads_per_order: float


def _play(running: Fleet, count: int, rate: float | None, *, seconds: float = 300, place: int = 0) -> Played:
    """Send webhooks of steady orders and wait until all of them are booked and paid."""
    company = running.companies[place]
    orders = running.announced(company, count)
    since, spent = running.worked_off(company, 0), running.cpu()
    reads = running.count_calls("shopify")["total"]
    sent = _send(running, orders, rate)
    running.wait_for(company, count, since=since, seconds=seconds)
    cpu = {name: (now - spent[name]) * 1000 / count / _CALLS_PER_ORDER for name, now in running.cpu().items()}
    reads = running.count_calls("shopify")["total"] - reads
    stood = running.stood(company)
    ended = max(stood[order.name].paid for order in orders)
    booked = Latency.of([stood[order.name].booked - sent.at[order.name] for order in orders])
    paid = Latency.of([stood[order.name].paid - sent.at[order.name] for order in orders])
    return Played(sent, booked, paid, count / (ended - min(sent.at.values())), cpu, reads / count)


@dataclass(frozen=True, slots=True)
class PlainClient:
    """The control: repeats one order's own calls, as the emulators' logs have them, and keeps nothing.

    One read of the shop, four calls to Fortnox; the numbers of the documents are those of its own answers.
    """

    shop_url: str
    fortnox_url: str
    shop_headers: dict[str, str]
    fortnox_headers: dict[str, str]
    read: Any
    invoice: Any
    payment: dict[str, Any]

    @classmethod
    def of(cls, running: Fleet) -> PlainClient:
        """That of the last order of a fleet's first company."""
        company = running.companies[0]
        calls = running.calls(company)
        bodies = {call["path"]: call["body"] for call in calls if call["method"] == "POST"}
        shop = _json(running.urls["shopify"], "/_sandbox/calls", limit=1)["calls"][-1]
        grants = running.program.grants
        fortnox = {"Authorization": f"Bearer {grants.load(company.fortnox_id).secrets['access_token']}"}
        shopify = {"X-Shopify-Access-Token": grants.load(_shop_of(running, company)).secrets["access_token"]}
        payment = bodies["/3/invoicepayments"]["InvoicePayment"]
        return cls(
            f"{running.urls['shopify']}{shop['path']}", f"{running.urls['fortnox']}/3", shopify, fortnox, shop["body"],
            bodies["/3/invoices"], payment,
        )  # fmt: skip

    def repeat(self, times: int) -> tuple[Latency, Latency]:
        """One order after the other: how long each took to booked and to paid."""
        booked, paid = [], []
        with httpx2.Client(timeout=60, trust_env=False) as http:
            for _time in range(times):
                began = time.perf_counter()
                _sent(http, "POST", self.shop_url, self.shop_headers, self.read)
                number = self._made(http, "invoices", self.invoice)["Invoice"]["DocumentNumber"]
                self._book(http, f"invoices/{number}")
                booked.append(time.perf_counter() - began)
                payment = {"InvoicePayment": self.payment | {"InvoiceNumber": number}}
                number = self._made(http, "invoicepayments", payment)["InvoicePayment"]["Number"]
                self._book(http, f"invoicepayments/{number}")
                paid.append(time.perf_counter() - began)
        return Latency.of(booked), Latency.of(paid)

    def rate(self, orders: int, clients: int = 8) -> float:
        """Orders a second that some of them make side by side, in processes of their own."""
        began = time.monotonic()
        children = []
        for _client in range(clients):
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    self.repeat(orders // clients)
                    status = 0
                except Exception:  # noqa: BLE001 - the parent is told by the status
                    traceback.print_exc()
                finally:
                    os._exit(status)
            children.append(pid)
        statuses = [os.waitpid(pid, 0)[1] for pid in children]
        assert not any(statuses), statuses
        return orders // clients * clients / (time.monotonic() - began)

    def _made(self, http: httpx2.Client, what: str, body: Any) -> Any:  # noqa: ANN401
        return _sent(http, "POST", f"{self.fortnox_url}/{what}", self.fortnox_headers, body)

    def _book(self, http: httpx2.Client, document: str) -> None:
        _sent(http, "PUT", f"{self.fortnox_url}/{document}/bookkeep", self.fortnox_headers, None)


def _sent(http: httpx2.Client, method: str, url: str, headers: dict[str, str], body: Any) -> Any:  # noqa: ANN401
    return http.request(method, url, headers=headers, json=body).raise_for_status().json()


def _json(url: str, path: str, **query: Any) -> Any:  # noqa: ANN401 - an emulator's JSON
    return httpx2.get(f"{url}{path}", params=query, timeout=120).raise_for_status().json()


def _shop_of(running: Fleet, company: Company) -> int:
    with psycopg.connect(running.database_url()) as connection:
        statement = "select id from connection where platform = 'shopify' and tenant_id = %s"
        row = connection.execute(statement, [company.tenant_id]).fetchone()
        assert row is not None
        return int(row[0])


# --- rows


def latency_scaled() -> Iterator[Line]:
    """Webhook to booked and to paid at 5 orders a second; API, worker and clock as processes, Redis as broker."""
    with fleet(Shape()) as running:
        played = _play(running, _size(120, 40), 5)
        booked, paid = PlainClient.of(running).repeat(_size(20, 8))
        yield Line(
            "webhook → booked, 5/s, scaled, p50/p95", str(played.booked), "≤ 90/130 ms", played.booked.within(90, 130),
            f"plain client {booked}; n8n {N8N_LATENCY} (recorded, other run)",
            {"p50": played.booked.p50, "p95": played.booked.p95, "control_p50": booked.p50},
        )  # fmt: skip
        yield Line(
            "webhook → paid and booked, scaled, p50/p95", str(played.paid), "≤ 160/220 ms",
            played.paid.within(160, 220), f"plain client {paid}",
            {"p50": played.paid.p50, "p95": played.paid.p95, "control_p50": paid.p50},
        )  # fmt: skip
        acknowledged = Latency.of(played.sent.acknowledged.seconds)
        yield Line(
            "webhook → 200, 5/s, scaled, p50/p95", f"{acknowledged.p50:.1f}/{acknowledged.p95:.1f} ms", "", None, "",
            {"p50": acknowledged.p50, "p95": acknowledged.p95},
        )  # fmt: skip
        yield _reads(played.reads_per_order, "one after the other")


def latency_embedded() -> Iterator[Line]:
    """The same in one process with its own PostgreSQL; and the memory of all of it, after the orders."""
    with fleet(Shape("embedded")) as running:
        played = _play(running, _size(120, 40), 5)
        booked, _paid = PlainClient.of(running).repeat(_size(20, 8))
        yield Line(
            "webhook → booked, 5/s, embedded, p50/p95", str(played.booked), "≤ 110/180 ms",
            played.booked.within(110, 180), f"plain client {booked}; n8n {N8N_LATENCY} (recorded, other run)",
            {"p50": played.booked.p50, "p95": played.booked.p95, "control_p50": booked.p50},
        )  # fmt: skip
        yield Line(
            "webhook → paid and booked, embedded, p50/p95", str(played.paid), "", None, "",
            {"p50": played.paid.p50, "p95": played.paid.p95},
        )  # fmt: skip
        memory = running.memory()
        total = sum(memory.values())
        shown = f"{total:.0f} MiB: service {memory['product']:.0f}, PostgreSQL {memory['postgres']:.0f}"
        yield Line("memory, embedded, all processes (PSS)", shown, "< 250 MiB", total < 250, "", memory)


def _reads(per_order: float, when: str) -> Line:
    figures = {"reads": per_order}
    return Line(f"reads of the shop per order, {when}", f"{per_order:.2f}", "1.0", per_order <= 1.005, "", figures)


def burst() -> Iterator[Line]:
    """A burst of orders at once, with one and with two workers of 16 threads."""
    found: dict[int, Played] = {}
    for workers in (1, 2):
        with fleet(Shape(workers=workers)) as running:
            found[workers] = _play(running, _size(300, 80), None)
            plain = PlainClient.of(running).rate(_size(240, 80)) if workers == 1 else None
        if plain is not None:
            control = f"plain client, 8 at a time, {plain:.0f}/s"
    best = max(found.values(), key=lambda one: one.rate)
    yield Line(
        "burst of 300, scaled, best number of workers", f"{best.rate:.1f} orders/s",
        f"≥ {1.4 * N8N_RATE:.0f}/s (1.4 × n8n, recorded)", best.rate >= 1.4 * N8N_RATE,
        f"{control}; n8n {N8N_RATE}/s (recorded, other run)", {"best": best.rate},
    )  # fmt: skip
    for workers, played in found.items():
        yield Line(
            f"… with {workers} worker{'s'[: workers > 1]}: orders/s; paid p50/p95",
            f"{played.rate:.1f}/s; {played.paid}", "", None,
            f"webhooks answered p95 {played.sent.acknowledged.percentile(0.95):.0f} ms",
            {"rate": played.rate, "p50": played.paid.p50, "p95": played.paid.p95},
        )  # fmt: skip
    product, postgres = best.cpu["product"], best.cpu["postgres"]
    yield Line(
        "CPU per Fortnox call: product; PostgreSQL", f"{product:.1f}; {postgres:.1f} ms", "≤ 5; ≤ 2 ms",
        product <= 5 and postgres <= 2, f"emulators {best.cpu['outside']:.1f} ms", best.cpu,
    )  # fmt: skip
    ratio = found[2].rate / found[1].rate
    yield Line("two workers ÷ one, 20 ms", f"{ratio:.2f}", "≥ 0.95", ratio >= 0.95, "one worker", {"ratio": ratio})
    yield _reads(best.reads_per_order, "burst")


def two_workers() -> Iterator[Line]:
    """Whether a second worker helps where the first one waits: Fortnox is 200 ms away, 4 threads each."""
    rates = {}
    for workers in (1, 2):
        with fleet(Shape(workers=workers, threads=4, latency=0.2)) as running:
            rates[workers] = _play(running, _size(64, 32), None).rate
    ratio = rates[2] / rates[1]
    shown = f"{ratio:.2f} ({rates[1]:.1f} → {rates[2]:.1f} orders/s)"
    yield Line(
        "two workers ÷ one, 200 ms, 4 threads each", shown, "≥ 1.6", ratio >= 1.6, "one worker", {"ratio": ratio}
    )


def durable_webhooks() -> Iterator[Line]:
    """Durable webhooks a second, against an app that verifies the same body, and an empty one."""
    measured = webhooks.measure(_size(2, 1), _size(3000, 1000))
    service = measured.service.rate
    checked, empty = service / measured.verifying.rate, service / measured.empty.rate
    yield Line(
        f"durable webhooks/s ({measured.body_bytes} bytes) ÷ verifying app; ÷ empty app", f"{checked:.3f}; {empty:.3f}",
        "≥ 0.25; ≥ 0.12", checked >= 0.25 and empty >= 0.12,
        f"{service:.0f}/s against {measured.verifying.rate:.0f} and {measured.empty.rate:.0f}/s",
        {"rate": service, "verifying": measured.verifying.rate, "empty": measured.empty.rate},
    )  # fmt: skip
    shown = f"{measured.service.p50:.1f}/{measured.service.p99:.1f} ms"
    control = f"verifying {measured.verifying.p50:.1f}/{measured.verifying.p99:.1f} ms"
    yield Line("webhook → 200 at 200/s, p50/p99", shown, "", None, control)


def limit() -> Iterator[Line]:
    """How much of Fortnox's permitted 5 calls a second a backlog uses, with 1, 2 and 4 workers; 429 and reads."""
    windows = _size(4, 3)
    orders = (windows + 2) * WINDOW_CALLS // _CALLS_PER_ORDER + 2
    for workers in (1, 2, 4):
        with fleet(Shape(workers=workers, threads=4, limited=True, jitter=0.1, latency=0.0)) as running:
            first = len(running.calls(running.companies[0]))
            played = _play(running, orders, None, seconds=orders * 2.0 + 30)
            calls = sorted(running.calls(running.companies[0])[first:], key=ended_at)
            refused = sum(call["status"] == 429 for call in calls)
        allowed = [ended_at(call) for call in calls if call["status"] != 429]
        # From a call to the one that many windows later: whether calls come in bursts or spread, that is a rate.
        taken = allowed[(windows + 1) * WINDOW_CALLS] - allowed[WINDOW_CALLS]
        share = windows * WINDOW_SECONDS / taken
        yield Line(
            f"share of the permitted calls, {workers} worker{'s'[: workers > 1]}", f"{share:.1%}, {refused} × 429",
            "≥ 97 %, 0 × 429", share >= 0.97 and not refused,
            f"the window itself: {windows * WINDOW_CALLS} calls in {windows * WINDOW_SECONDS:.0f} s",
            {"share": share, "refused": refused},
        )  # fmt: skip
        yield _reads(played.reads_per_order, f"backlog, {workers} worker{'s'[: workers > 1]}")


def quiet() -> Iterator[Line]:
    """One company's orders, one a second, while another has thousands waiting for its own call budget."""
    count, waiting = _size(30, 12), _size(5_000, 1_000)
    with fleet(Shape(limited=True, companies=2)) as running:
        loud = running.companies[0]
        idle = _play(running, count, 1, place=1)
        for _part in range(waiting // 500):
            _send(running, running.announced(loud, 500), None)
        time.sleep(5)  # the rush of webhooks is over; its orders wait
        left = waiting - running.worked_off(loud, 0)
        beside = _play(running, count, 1, place=1)
    ratio = beside.paid.p95 / idle.paid.p95
    yield Line(
        f"quiet company's paid order while another has {left:,} waiting ÷ its idle p95",
        f"{ratio:.2f} ({beside.paid})", "≤ 1.2", ratio <= 1.2,
        f"idle {idle.paid}; p50 × {beside.paid.p50 / idle.paid.p50:.2f}",
        {"ratio": ratio, "p50": beside.paid.p50, "idle_p50": idle.paid.p50},
    )  # fmt: skip


def idle() -> Iterator[Line]:
    """No order comes in 1,000 companies with a shop each: statements, processor time, calls to the outside.

    No delivery comes either: every shop is polled each quarter of an hour, the worst case.
    """
    companies, seconds = _size(1000, 100), _size(30, 20)
    with fleet(Shape(companies=companies, counting=True)) as running:
        time.sleep(5)
        rest_of_the_clock(running.program)
        running.program.polls.recover()
        for kind in POLLS:
            _poll_within(running, kind, 900 if kind is JobKind.BACKFILL else 3600)
        before, spent, calls = _statements(running), running.cpu(), _outside_calls(running)
        time.sleep(seconds)
        statements = (_statements(running) - before) / seconds
        cpu = {name: (now - spent[name]) / seconds for name, now in running.cpu().items()}
        called = _outside_calls(running) - calls
        used = cpu["product"] + cpu["postgres"]
        yield Line(
            f"idle, {companies:,} companies: CPU of a core", f"{used:.1%}", "< 1 %", used < 0.01,
            f"product {cpu['product']:.1%}, PostgreSQL {cpu['postgres']:.1%}", cpu,
        )  # fmt: skip
        yield Line(
            f"idle, {companies:,} companies: statements/s (with begin, commit)", f"{statements:.1f}", "", None,
            f"calls to the outside in {seconds} s: {called}", {"statements": statements, "calls": called},
        )  # fmt: skip
        for name, per_hour in (("backfill", 4), ("poll_payouts", 1), ("recheck_registers", 6)):
            started, calls, spent = time.monotonic(), _outside_calls(running), running.cpu()
            if name in POLLS:
                _poll_within(running, name, 0)
            else:
                with running.program.store.engine.begin() as connection:
                    connection.exec_driver_sql("delete from scheduled_run where name = %s", (name,))
                running.program.celery.send_task(f"bokbro.{name}", ignore_result=True)
            _until_still(running)
            lasted = time.monotonic() - started - _STILL_SECONDS
            called = _outside_calls(running) - calls
            work = sum(running.cpu()[part] - spent[part] for part in ("product", "postgres"))
            yield Line(
                f"idle, {companies:,} companies: one {name} ({per_hour} an hour)",
                f"{called:,} calls, {max(lasted, 0):.1f} s, {work:.1f} s of CPU", "no call that an event can replace",
                called == 0, f"{called * per_hour / companies:.1f} calls an hour and company",
                {"calls": called, "cpu": work},
            )  # fmt: skip


_STILL_SECONDS = 4.0


def _poll_within(running: Fleet, kind: str, seconds: float) -> None:
    """Have every connection polled once within these seconds, one after the other."""
    with running.program.store.engine.begin() as connection:
        spread = "update job set due_at = clock_timestamp() + random() * %s * interval '1 second' where kind = %s"
        connection.exec_driver_sql(spread, (seconds, str(kind)))


def _until_still(running: Fleet) -> None:
    """Until the outside has not been called for some seconds."""
    calls, since = _outside_calls(running), time.monotonic()
    give_up = since + 90
    while time.monotonic() - since < _STILL_SECONDS and time.monotonic() < give_up:
        time.sleep(0.5)
        now = _outside_calls(running)
        if now != calls:
            calls, since = now, time.monotonic()


def _outside_calls(running: Fleet) -> int:
    return sum(int(running.count_calls(name)["total"]) for name in ("fortnox", "shopify"))


def _statements(running: Fleet) -> int:
    with psycopg.connect(running.database_url().replace("/bokbro", "/postgres")) as connection:
        statement = "select sum(calls) from pg_stat_statements join pg_database on oid = dbid where datname = 'bokbro'"
        row = connection.execute(statement).fetchone()
        assert row is not None
        return int(row[0])


def cost() -> Iterator[Line]:
    """Statements and transactions of a steady order, counted by the server."""
    orders = _size(20, 10)
    with tempfile.TemporaryDirectory(prefix="bokbro-cost-") as folder, counting(Path(folder)) as connected:
        bench, endpoint, server = connected
        counted = count_steady_orders(bench, endpoint, server, orders).cost
    transactions, statements = counted.transactions_per_order, counted.statements_per_order
    yield Line(
        "steady order: transactions; statements", f"{transactions:.1f}; {statements:.1f}", "≤ 12; ≤ 45",
        transactions <= 12 and statements <= 45, f"with begin, commit, rollback {counted.round_trips_per_order:.1f}",
        {"transactions": transactions, "statements": statements, "round_trips": counted.round_trips_per_order},
    )  # fmt: skip


def growing() -> Iterator[Line]:
    """A claim and a steady order at 1,000 and 100,000 orders, and with 1,000 companies."""
    sizes = list(growth.measure(1_000, _size(100_000, 10_000), _size(1_000, 100)))
    smallest = sizes[0]
    for size in sizes:
        flat = size.server_ms <= 1.1 * smallest.server_ms and size.claim_ms <= 2
        yield Line(
            f"{size.orders:,} orders, {size.companies:,} companies: claim (all due); steady order in the server",
            f"{size.claim_ms:.2f} ms; {size.server_ms:.2f} ms", "within 10 %; claim ≤ 2 ms", flat,
            f"× {size.claim_ms / smallest.claim_ms:.1f}; × {size.server_ms / smallest.server_ms:.2f} of the smallest; "
            f"{size.statements:.0f} statements", asdict(size),
        )  # fmt: skip


def planning() -> Iterator[Line]:
    """An order of 500 rows, planned."""
    order = large_order(PLANNED_ROWS, discount=1_002)
    reader = TypeAdapter(Order)
    stored = reader.dump_json(order)
    (planned, best), (control, _best) = in_turns(
        lambda: decide(order, TenantRules()), lambda: reader.validate_json(stored)
    )
    yield Line(
        "500-row order planned, median", f"{planned:.1f} ms (best {best:.1f})", "≤ 8 ms", planned <= 8,
        f"reading the stored order {control:.1f} ms", {"median": planned, "best": best, "control": control},
    )  # fmt: skip


ROWS: dict[str, Callable[[], Iterator[Line]]] = {
    "cost": cost, "scaled": latency_scaled, "embedded": latency_embedded, "burst": burst, "two-workers": two_workers,
    "webhooks": durable_webhooks, "limit": limit, "quiet": quiet, "idle": idle, "growth": growing,
    "planning": planning,
}  # fmt: skip


# --- the table


@dataclass
class Table:
    """All lines, printed as they come."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    loads: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of each row: the load average before it, and the cores that others kept busy in it."""

    def add(self, row: str, line: Line) -> None:
        """Print a line and keep it."""
        self.lines.append({"row": row, **asdict(line)})
        met = {True: "met", False: "MISSED", None: ""}[line.met]
        sys.stdout.write(f"{row:12} {line.measure:76} {line.result:34} {line.bar:26} {met:7} {line.control}\n")
        sys.stdout.flush()

    def write(self, path: Path, seconds: float) -> None:
        """Keep it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        machine = {"cores": os.cpu_count(), "machine": platform.platform(), "python": platform.python_version()}
        content = {
            "code": _code(),
            "quick": _QUICK,
            "seconds": round(seconds),
            **machine,
            "loads": self.loads,
            "lines": self.lines,
        }
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class Cores:
    """What the machine's cores have done so far, in seconds."""

    at: float
    busy: float
    """Of all processes."""
    own: float
    """Of this one, and of those that it started and that have ended."""

    @classmethod
    def now(cls) -> Cores:
        """Until now."""
        spent, own = psutil.cpu_times(), os.times()
        busy = spent.user + spent.nice + spent.system
        return cls(time.monotonic(), busy, own.user + own.system + own.children_user + own.children_system)

    def others_since(self, before: Cores) -> float:
        """Cores that others kept busy in the meantime: about, for a server's backends count as theirs in part."""
        return max((self.busy - before.busy) - (self.own - before.own), 0.0) / (self.at - before.at)


def _code() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip()


def main() -> int:
    """Measure what was asked for; 1 when a row could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.orders")
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--json", type=Path, default=RESULTS)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    # Whoever ends it, ends everything that it started, too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    os.environ.setdefault("SSL_CERT_DIR", os.devnull)
    table, started, failed = Table(), time.monotonic(), False
    try:
        for row in asked.only:
            load, began = os.getloadavg()[0], Cores.now()
            try:
                for line in ROWS[row]():
                    table.add(row, line)
            except Exception as error:  # noqa: BLE001 - the other rows are worth having
                failed = True
                traceback.print_exc()
                table.add(row, Line("not measured", f"{type(error).__name__}: {error}"[:200]))
            ended = Cores.now()
            others = ended.others_since(began)
            table.loads[row] = {"load_before": load, "others": others}
            sys.stdout.write(
                f"{row:12} {ended.at - began.at:.0f} s; load before {load:.1f}; others kept {others:.1f} of "
                f"{os.cpu_count()} cores busy\n"
            )
    finally:
        table.write(asked.json, time.monotonic() - started)
    sys.stdout.write(f"{time.monotonic() - started:.0f} s; {asked.json}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
