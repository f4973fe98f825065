"""What a fault costs: `python -m bench.recovery [NAME …]`: killed, fast, immediate, frozen, fortnox, shopify, or all.

Real processes (API, two workers, beat), a PostgreSQL and a Redis of its own. A batch of orders is announced; in the
middle of it the fault comes. Told: seconds from the end of the fault until every order stands in the books, once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
from sqlalchemy import func, select

from app.jobs.notifier import SilentNotifier
from app.kit.db.embedded import EmbeddedServer
from app.kit.db.migration import migrate
from app.schema import Job, Operation
from app.wiring import build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import SandboxConfig
from sandbox.kit.serving import ServerThread
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.endpoint import Endpoint
from tests.support.serving import free_port

ORDERS = 24
FROZEN_SECONDS = 15.0
AWAY_SECONDS = 60.0
"""Of an outage of Fortnox or of Shopify; every order is announced once more in it, as shops do."""
GRACE_SECONDS = 5
"""Instead of 180: a call in flight at the kill would otherwise be waited for, and that is not what is measured."""
_MOST_SECONDS = 200.0
_ROOT = Path(__file__).resolve().parents[1]
_KEY = "pipeline-tests-only-key-of-32-letters"
_WORKER = ("celery", "-A", "workers.app", "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING")


@dataclass
class Fleet:
    """The processes of a run, and who counts what stands."""

    bench: Bench
    endpoint: Endpoint
    server: EmbeddedServer
    workers: list[subprocess.Popen[bytes]]
    start_worker: Callable[[], subprocess.Popen[bytes]]
    answers: list[tuple[float, int]] = field(default_factory=list)
    """Of webhooks during the fault: seconds and status."""
    ready: list[tuple[float, int]] = field(default_factory=list)
    first: float | None = None
    """Seconds after an outage until the first order stood."""

    def postgres(self) -> list[psutil.Process]:
        """Every process of the database server."""
        head = self.server.head
        return [head, *head.children(recursive=True)] if head else []

    def booked(self) -> int:
        """Orders that stand."""
        with self.bench.program.store.read() as session:
            at_rest = (Job.state == "booked", Job.due_at.is_(None), Job.lease_until.is_(None))
            return session.scalars(select(func.count()).select_from(Job).where(*at_rest)).one()

    def uncertain(self) -> int:
        """Steps whose call was in flight."""
        with self.bench.program.store.read() as session:
            states = Operation.state.in_(("sending", "unknown"))
            return session.scalars(select(func.count()).select_from(Operation).where(states)).one()

    def wait_for(self, count: int, since: float) -> float:
        """Seconds from `since` until so many orders stand."""
        while self.booked() < count:
            if time.monotonic() - since > _MOST_SECONDS:
                raise SystemExit(f"only {self.booked()} of {count} after {_MOST_SECONDS} s: {self.bench.findings()}")
            time.sleep(0.1)
        return time.monotonic() - since


def _killed(fleet: Fleet) -> float:
    """One of two workers is killed; nobody starts another."""
    fleet.workers[0].kill()
    fleet.workers[0].wait()
    return time.monotonic()


def _restarted(mode: str) -> Callable[[Fleet], float]:
    def fault(fleet: Fleet) -> float:
        head = fleet.server.head
        assert head is not None
        head.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
        while fleet.server.is_running:
            time.sleep(0.02)
        fleet.server.ensure_running()
        return time.monotonic()

    return fault


def _frozen(fleet: Fleet) -> float:
    """The whole server stops for a while; webhooks and balancers go on asking."""
    stopped = fleet.postgres()
    for process in stopped:
        process.suspend()
    over = threading.Event()
    askers = [
        threading.Thread(target=_ask, args=(fleet.answers, over, lambda: fleet.endpoint.deliver({"id": 1}))),
        threading.Thread(target=_ask, args=(fleet.ready, over, lambda: _ready(fleet))),
    ]
    for thread in askers:
        thread.start()
    time.sleep(FROZEN_SECONDS)
    over.set()
    for thread in askers:
        thread.join()
    for process in stopped:
        process.resume()
    return time.monotonic()


def _ready(fleet: Fleet) -> int:
    return fleet.endpoint.http.get("/health/ready").status_code


def _ask(found: list[tuple[float, int]], over: threading.Event, ask: Callable[[], int]) -> None:
    while not over.is_set():
        started = time.monotonic()
        status = ask()
        found.append((time.monotonic() - started, status))


def _away(system: str) -> Callable[[Fleet], float]:
    """Every call to the system is answered 503 for a while."""

    def fault(fleet: Fleet) -> float:
        faults = getattr(fleet.bench.emulators, system).app.state.kit.faults
        faults.order("status", times=None, status=503)
        started = time.monotonic()
        for order in list(fleet.bench.orders.values())[-ORDERS:]:
            fleet.endpoint.announce(order)
        time.sleep(max(0.0, started + AWAY_SECONDS - time.monotonic()))
        standing = fleet.booked()
        faults.clear()
        back = time.monotonic()
        fleet.first = fleet.wait_for(standing + 1, back)
        return back

    return fault


FAULTS: dict[str, Callable[[Fleet], float]] = {
    "killed": _killed, "fast": _restarted("fast"), "immediate": _restarted("immediate"), "frozen": _frozen,
    "fortnox": _away("fortnox"), "shopify": _away("shopify"),
}  # fmt: skip


@contextmanager
def fleet() -> Iterator[Fleet]:
    """Everything started, one company connected."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bokbro-recovery-")))
        folder.chmod(0o755)
        server = EmbeddedServer.at(folder)
        stack.callback(server.stop)
        fortnox = stack.enter_context(ServerThread(create_fortnox(SandboxConfig())))
        shopify = stack.enter_context(ServerThread(create_shopify(Config())))
        port, redis_port = free_port(), free_port()
        settings = settings_for(
            Emulators(fortnox, shopify), server.url, broker_url=f"redis://127.0.0.1:{redis_port}/0",
            base_url=f"http://127.0.0.1:{port}", grace_seconds=GRACE_SECONDS, fortnox_calls=25,
        )  # fmt: skip
        program = build(settings, notifier=SilentNotifier())
        stack.callback(program.close)
        migrate(program.store)
        bench = Bench(program, Emulators(fortnox, shopify))
        bench.connect()
        bench.warm()
        names = ("database_url", "broker_url", "base_url", "fortnox_auth_url", "fortnox_api_url",
                 "shopify_url_template", "grace_seconds", "vies_url")  # fmt: skip
        own = {"ENVIRONMENT": "test", "PORT": str(port), "SECRET_KEYS": json.dumps([_KEY])}
        environment = {**os.environ, **{name.upper(): str(getattr(settings, name)) for name in names}, **own}

        def run(*command: str) -> subprocess.Popen[bytes]:
            log = (folder / "log").open("ab")
            started = subprocess.Popen(list(command), cwd=_ROOT, env=environment, stdout=log, stderr=log)
            stack.callback(_end, started)
            return started

        redis = shutil.which("redis-server") or sys.exit("redis-server is not on the PATH")
        run(redis, "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
        run(sys.executable, "-m", "app.cli", "serve")
        run(sys.executable, "-m", "celery", "-A", "workers.beat", "beat", "--loglevel", "WARNING")
        http = stack.enter_context(httpx2.Client(base_url=settings.base_url, timeout=60, trust_env=False))

        def start_worker() -> subprocess.Popen[bytes]:
            return run(sys.executable, "-m", *_WORKER)

        made = Fleet(bench, Endpoint(bench, http), server, [start_worker(), start_worker()], start_worker)
        _until(lambda: made.endpoint.http.get("/health/ready").json().get("workers") == 2)
        yield made
        if "--log" in sys.argv:
            sys.stdout.write((folder / "log").read_text(errors="replace"))


def _until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            if holds():
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit("the fleet did not start")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Play each fault into a batch and print what it took."""
    wanted = [name for name in FAULTS if name in sys.argv] or list(FAULTS)
    with fleet() as running:
        before = 0
        for name in wanted:
            orders = [running.bench.place(hear=False) for _order in range(ORDERS)]
            started = time.monotonic()
            for order in orders:
                assert running.endpoint.announce(order) == 200
            running.wait_for(before + ORDERS // 4, started)
            end = FAULTS[name](running)
            seconds = running.wait_for(before + ORDERS, end)
            before += ORDERS
            told = f"{name}: {ORDERS} orders stand {seconds:.1f} s after the fault"
            if name == "frozen":
                slowest = max(running.answers)
                told += f"; webhooks {len(running.answers)}, slowest {slowest[0]:.2f} s ({slowest[1]})"
                told += f"; readiness slowest {max(running.ready)[0]:.2f} s ({max(running.ready)[1]})"
            if running.first is not None:
                told += f", the first after {running.first:.1f} s"
            running.first = None
            print(told, flush=True)
            if name == "killed":
                running.workers[0] = running.start_worker()
        running.bench.proves(*running.bench.orders.values())
        print(f"{before} orders, each once in the books")


if __name__ == "__main__":
    main()
