"""An order of 1,203 distinct articles from the shop to three booked invoices: `python -m bench.large_order [FACTOR]`.

Both outside systems keep their true limits; FACTOR makes limits and waits of both shorter by one number. A worker in a
process of its own carries the order; with `kill` it is killed once on the way, and another takes over.
"""

from __future__ import annotations

import json
import logging
import math
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, select, update

from app.jobs.notifier import SilentNotifier
from app.kit.db.embedded import start_embedded
from app.kit.db.engine import Store, open_store
from app.kit.db.migration import migrate
from app.logs import configure_logs
from app.schema import Finding, Job, Operation
from app.settings import Settings
from app.wiring import build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import SandboxConfig
from sandbox.kit.calls import CallFilter
from sandbox.kit.serving import ServerThread
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for

BAR = 1.3
"""Times what Fortnox's limit needs."""
CALLS, WINDOW = 25, 5.0
"""Fortnox's limit: calls in so many seconds (fortnox-api.md 2.5)."""
TRAVEL = 0.2
"""What we leave of the window for the way there, in true seconds."""
READING = 6
"""Pages that the order has at Shopify: they cost 302 points together, where the smallest bucket holds 1,000."""
BUCKET, RESTORE = 2000, 100
"""Shopify's bucket on a standard plan, and points a second."""
_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it. Seconds without the time that a dead worker's lease lasts."""

    state: str
    findings: list[str]
    seconds: float
    limit_seconds: float
    calls: int
    refused_calls: int
    page_calls: int
    """Calls to Shopify for pages of the order; a look at when it was changed is none."""
    rows: list[int]
    articles: int
    receivable: Decimal | int
    paid: Decimal | int


def run_scaled(factor: float, database_url: str, *, lines: int, kill: bool) -> Run:
    """Book the order with every limit and wait `factor` times shorter."""
    with _outside(factor) as emulators:
        settings = settings_for(
            emulators,
            database_url,
            fortnox_calls=CALLS,
            fortnox_window_seconds=(WINDOW + TRAVEL) / factor,
            fortnox_travel_seconds=TRAVEL / factor,
        )
        program = build(settings, notifier=SilentNotifier())
        bench = Bench(program, emulators)
        bench.connect()
        bench.warm()
        block = {"count": lines, "title": "Beslag {n}", "sku": "GF-{n}", "price": "1.00"}
        time.sleep(WINDOW / factor)  # the registers used some of the first window
        emulators.kit.calls.clear()
        bench.place(lines=[], generated_lines=block)
        seconds = _worked(program.store, settings, factor, kill_at=lines // 3 if kill else None)
        run = _told(bench, seconds, factor)
        program.close()
        return run


@contextmanager
def _outside(factor: float) -> Iterator[Emulators]:
    limits = SandboxConfig(rate_limit_calls=CALLS, rate_limit_seconds=WINDOW / factor)
    shop = Config(bucket_maximum=BUCKET, bucket_restore=RESTORE * factor)
    with ServerThread(create_fortnox(limits)) as fortnox, ServerThread(create_shopify(shop)) as shopify:
        yield Emulators(fortnox, shopify)


def _worked(store: Store, settings: Settings, factor: float, *, kill_at: int | None) -> float:
    """Let workers carry the order; seconds of work, without those in which a worker starts."""
    workers = [_Worker(settings, factor) for _ in range(1 if kill_at is None else 2)]
    started = time.monotonic()
    workers[0].begin()
    if kill_at is not None:
        while _done_steps(store) < kill_at:
            time.sleep(0.05)
        workers[0].kill()
        with store.write() as session:
            # The lease of the dead lasts two true minutes, which no limit is about.
            session.execute(update(Job).values(lease_until=func.clock_timestamp()))
        workers[1].begin()
    workers[-1].process.join()
    return time.monotonic() - started


class _Worker:
    """A worker in a process of its own, ready to begin."""

    def __init__(self, settings: Settings, factor: float) -> None:
        self._ours, theirs = _PROCESSES.Pipe()
        keys = [key.get_secret_value() for key in settings.secret_keys]
        arguments = (settings.model_dump_json(), keys, factor, theirs)
        self.process = _PROCESSES.Process(target=work, args=arguments, daemon=True)
        self.process.start()
        self._ours.recv()

    def begin(self) -> None:
        """Let it work."""
        self._ours.send("go")

    def kill(self) -> None:
        """End it at whatever line it is."""
        self.process.kill()
        self.process.join()


def work(dumped: str, keys: list[str], factor: float, gate: Connection) -> None:
    """A worker: works on what is due, as the sweep rings, until the order is at rest."""
    program = build(Settings(**(json.loads(dumped) | {"secret_keys": keys})), notifier=SilentNotifier())
    configure_logs(program.settings, level=logging.ERROR)
    gate.send("ready")
    gate.recv()
    while _is_open(program.store):
        program.worker.run()
        time.sleep(program.settings.sweep_seconds / factor / 2)
    program.close()
    os._exit(0)


def _is_open(store: Store) -> bool:
    with store.read() as session:
        waiting = Job.due_at.is_not(None) | Job.lease_token.is_not(None)
        return session.scalar(select(Job.id).where(Job.subject.startswith("order:"), waiting).limit(1)) is not None


def _done_steps(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Operation).where(Operation.state == "done")) or 0


def _told(bench: Bench, seconds: float, factor: float) -> Run:
    made = bench.calls()
    refused = [call for call in made if call.status == 429]
    shop_calls = bench.emulators.shopify.app.state.kit.calls.select(CallFilter(path="*graphql*"))
    with bench.program.store.read() as session:
        findings = session.scalars(select(Finding.code).where(Finding.resolved_at.is_(None))).all()
        state = session.scalars(select(Job.state).where(Job.subject.startswith("order:"))).one()
    windows = math.ceil(len(made) / CALLS) - 1
    return Run(
        state=state,
        findings=sorted(findings),
        seconds=seconds,
        limit_seconds=windows * WINDOW / factor,
        calls=len(made),
        refused_calls=len(refused),
        page_calls=sum("lineItems" in str(shop_call.body) for shop_call in shop_calls),
        rows=[len(invoice["InvoiceRows"]) for invoice in bench.invoices()],
        articles=len(bench.documents("articles")),
        receivable=bench.balance(1510),
        paid=bench.balance(1581),
    )


def main() -> None:
    """Print what it took."""
    factor = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory(prefix="bokbro-bench-") as folder:
        url = start_embedded(Path(folder))
        store = open_store(url, pool_size=4)
        migrate(store)
        store.close()
        run = run_scaled(factor, url, lines=1203, kill="--kill" in sys.argv)
    print(
        f"{run.state}: {run.calls} calls in {run.seconds:.1f} s, {run.seconds / run.limit_seconds:.2f} times the limit;"
        f" {run.page_calls} pages of Shopify"
    )
    sys.exit(0 if run.state == "booked" and run.seconds <= BAR * run.limit_seconds else 1)


if __name__ == "__main__":
    main()
