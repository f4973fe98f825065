"""A settlement file of 10,000 lines from bytes to a booked voucher, on the embedded server and the sandbox Fortnox.

Control: reading the same file with the standard library's csv alone. Matching is also measured by itself.
"""

from __future__ import annotations

import csv
import io
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import insert, select, text

from app.connections.repository import NewConnection, store_connection
from app.jobs.notifier import SilentNotifier
from app.kit.db.migration import migrate
from app.ledgers.base import Company
from app.master_data.cache import WARMED
from app.model.order import books_day
from app.model.payout import MatchKey, PayoutLineKind
from app.model.platforms import PlatformKind
from app.payouts.files import ColumnMap
from app.payouts.matching.matching import match_lines
from app.payouts.repository import read_payout
from app.reconciliation.reconciliation import clearing_accounts, payouts
from app.schema import Job, JobState, SalesOrder, Snapshot, StoredPayout, Tenant
from app.settings import Settings
from app.tenants.repository import load_rules
from app.wiring import Program, build
from sandbox.fortnox.app import create_app
from sandbox.fortnox.config import SandboxConfig
from sandbox.fortnox.oauth.tokens import Grant
from sandbox.kit.calls import CallFilter
from sandbox.kit.serving import ServerThread

LINES = 10_000
COMPANY = 1234567
MAP = ColumnMap(
    provider="klarna", name="bench", day="day", kind="type", amount="amount", fee="fee", payout_id="payout",
    payout_day="day", keys={MatchKey.ORDER_NAME: "order"}, default_currency="SEK",
    kinds={"sale": PayoutLineKind.CHARGE},
)  # fmt: skip


def file_of(lines: int) -> bytes:
    """One payout of so many lines, each of an order of its own."""
    day = (datetime.now(UTC) - timedelta(days=2)).date()
    rows = (f"{day};sale;#{number};{100 + number % 900}.25;1.50;P-1\n" for number in range(lines))
    return ("day;type;order;amount;fee;payout\n" + "".join(rows)).encode()


@contextmanager
def stage() -> Iterator[tuple[Program, int, ServerThread]]:
    """A program with one company that has as many orders as the file has lines."""
    directory = Path(tempfile.mkdtemp(prefix="bokbro-bench-"))
    try:
        with ServerThread(create_app(SandboxConfig(rate_limit_calls=1_000_000))) as fortnox:
            settings = Settings(
                _env_file=None, data_dir=directory, broker_url="redis://127.0.0.1:1/0", vies_url="",
                secret_keys=[SecretStr("bench-only-key-that-guards-nothing-at-all")], fortnox_api_url=fortnox.url,
                fortnox_auth_url=f"{fortnox.url}/oauth-v1", fortnox_calls=1_000_000, fortnox_window_seconds=1,
            )  # fmt: skip
            program = build(settings, notifier=SilentNotifier())
            migrate(program.store)
            yield program, _seed(program, fortnox), fortnox
            program.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _seed(program: Program, fortnox: ServerThread) -> int:
    world = fortnox.app.state.world
    with world.lock:
        books = world.companies[COMPANY]
        scopes = tuple(world.config.clients[0].scopes)
        grant = world.tokens.renewed(Grant("bokbro-demo", COMPANY, scopes, books.config.user.id, service=False))
        tokens = world.tokens.issue(grant, with_refresh=True)
    tokens["expires_at"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    with program.store.write() as session:
        tenant = Tenant(name="Bench AB", state="live", log_trusted_since=datetime.now(UTC) - timedelta(days=1))
        session.add(tenant)
        session.flush()
        new = NewConnection(
            tenant_id=tenant.id, platform="fortnox", kind=PlatformKind.LEDGER,
            account=str(COMPANY), display_name="Bench", grant="refresh_token",
            scopes=(), secrets=tokens,
        )  # fmt: skip
        connection = store_connection(session, program.ring, new, datetime.now(UTC)).connection_id
        _orders(session, tenant.id, connection)
        tenant_id = tenant.id
    company = Company(connection, str(COMPANY), "fortnox")
    program.register.refresh(company, WARMED, [books_day(datetime.now(UTC))])
    program.payout_files.save_map(tenant_id, MAP, by="bench")
    return tenant_id


def _orders(session, tenant_id: int, connection_id: int) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    orders = [
        {"tenant_id": tenant_id, "connection_id": connection_id, "platform_id": str(number)} for number in range(LINES)
    ]
    session.execute(insert(SalesOrder), orders)
    rows = session.execute(select(SalesOrder.id, SalesOrder.platform_id).where(SalesOrder.tenant_id == tenant_id)).all()
    jobs = [
        {"tenant_id": tenant_id, "connection_id": connection_id, "subject": f"order:shopify:{number}",
         "order_id": order, "state": JobState.BOOKED.value}
        for order, number in rows
    ]  # fmt: skip
    session.execute(insert(Job), jobs)
    now = datetime.now(UTC)
    snapshots = [
        {"order_id": order, "tenant_id": tenant_id, "version_at": now, "content_hash": "", "order": {},
         "currency": "SEK", "name": f"#{number}", "processed_at": now, "total": 0}
        for order, number in rows
    ]  # fmt: skip
    session.execute(insert(Snapshot), snapshots)
    session.execute(text("analyze"))


def timed(work: Callable[[], object]) -> float:
    """Seconds that it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    content = file_of(LINES)
    control = timed(lambda: list(csv.reader(io.StringIO(content.decode()), delimiter=";")))
    with stage() as (program, tenant, fortnox):
        seeded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        fortnox.app.state.kit.calls.clear()
        told: dict[str, float] = {}
        file_id = program.payout_files.keep(tenant, "bench.csv", content, by="bench")
        told["shown"] = timed(lambda: program.payout_files.preview(tenant, file_id))
        told["stored"] = timed(lambda: program.payout_files.take_in(tenant, file_id))
        told["matched and booked"] = timed(program.worker.run)
        with program.store.read() as session:
            stored = session.scalars(select(StoredPayout)).one()
            rules, payout = load_rules(session, tenant), read_payout(stored.content)
            told["matching alone"] = timed(lambda: match_lines(session, tenant, payout, rules))
            state = session.scalar(select(Job.state).where(Job.payout_id == stored.id))
        told["page of payouts"] = timed(
            lambda: (payouts(program.store, tenant), clearing_accounts(program.store, tenant))
        )
        calls = [f"{one.method} {one.path}" for one in fortnox.app.state.kit.calls.select(CallFilter())]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{LINES} lines, {len(content) / 1e6:.1f} MB; control (csv alone) {control * 1000:.0f} ms")
    print(json.dumps({name: f"{seconds:.2f} s" for name, seconds in told.items()}))
    print(
        f"job {state}, calls to Fortnox {calls}, peak memory {peak:.0f} MB (emulator and seed in it: {seeded:.0f} MB)"
    )


if __name__ == "__main__":
    main()
