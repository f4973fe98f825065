"""A fleet as an operator runs it, between the emulators, each as processes of its own; and who watches it.

Everything listens on the loopback, is started by the benchmark, ends with it, and leaves no data behind.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx2
import psutil
import psycopg
from pydantic import SecretStr
from sqlalchemy import insert, make_url, text

from app.connections.repository import ConnectionFacts, NewConnection, store_connection
from app.jobs.notifier import SilentNotifier
from app.kit.db.migration import migrate
from app.kit.http.call_budget import RateLimitedError
from app.ledgers.base import Company as LedgerCompany
from app.master_data.cache import WARMED
from app.model.order import books_day
from app.model.platforms import PlatformKind
from app.schema import ScheduledRun, Tenant
from app.settings import Settings
from app.wiring import Program, build
from bench.cost import CountingPostgres
from bench.emulators import WINDOW_SECONDS
from tests.chaos.machines import Machine, Postgres, Redis, python, until
from tests.support.serving import free_port

KEY = "a-key-of-at-least-32-characters-for-bench"
SECRET = "shpss_bench"  # noqa: S105 - of an emulated shop
FIRST_COMPANY = 5_000_001
_CELERY = ("celery", "-A", "workers.app")
_SCHEDULED = (
    "recheck_registers", "forget_old_notices", "compare_ledgers", "close_months", "look_at_waiting",
    "look_at_documents", "keep_grants_alive",
)  # fmt: skip
"""What the clock starts beside the recovery sweep."""
_HEAD = (
    "POST /webhooks/shopify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
    "Content-Type: application/json\r\nX-Shopify-Topic: orders/paid\r\nX-Shopify-Shop-Domain: {domain}\r\n"
    "X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Webhook-Id: {delivery}\r\n"
    "X-Shopify-Triggered-At: {triggered}\r\nX-Shopify-API-Version: 2026-10\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a fleet consists of, and how far away Fortnox is."""

    mode: Literal["scaled", "embedded"] = "scaled"
    workers: int = 1
    threads: int = 16
    latency: float = 0.02
    """Seconds of each call to Fortnox."""
    jitter: float = 0.0
    """Seconds more, by chance."""
    limited: bool = False
    """Fortnox keeps its true window."""
    companies: int = 1
    counting: bool = False
    """The server counts statements: a percent or two of its time."""
    beat: bool = True


@dataclass(frozen=True, slots=True)
class Company:
    """A connected company."""

    number: int
    domain: str
    tenant_id: int
    fortnox_id: int


@dataclass(frozen=True, slots=True)
class Announced:
    """An order with its signed delivery, as bytes that only need to be sent."""

    name: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Stood:
    """When an order stood in Fortnox: the ends of its calls, by the machine's clock."""

    booked: float
    paid: float


@dataclass
class Fleet:
    """All processes of a run."""

    shape: Shape
    folder: Path
    urls: dict[str, str]
    port: int
    program: Program
    """Who looks into the database, and connects companies."""
    product: list[Machine]
    outside: list[Machine]
    postgres: Postgres | None
    companies: list[Company] = field(default_factory=list)
    _looking: psycopg.Connection[Any] | None = None
    """Kept open: a new one for each look would cost the server more than the look."""

    # --- driving

    def announced(self, company: Company, count: int) -> list[Announced]:
        """Place orders in the shop, and sign the deliveries that tell of them."""
        body = {"domain": company.domain, "count": count}
        placed = _asked(f"{self.urls['shopify']}/_sandbox/bench/orders", body)
        return [Announced(order["name"], signed(company.domain, order["body"])) for order in placed]

    def worked_off(self, company: Company, since: int) -> int:
        """Orders of a company beyond the first `since` that are booked and at rest."""
        if self._looking is None:
            self._looking = psycopg.connect(self.database_url(), autocommit=True)
        done = self._looking.execute(_AT_REST, [company.tenant_id]).fetchone()
        return (int(done[0]) if done else 0) - since

    def wait_for(self, company: Company, count: int, *, since: int, seconds: float) -> None:
        """Until so many orders more than `since` are booked. Raises TimeoutError."""
        until(lambda: self.worked_off(company, since) >= count, seconds, f"{count} orders of {company.number}")

    # --- looking

    def stood(self, company: Company) -> dict[str, Stood]:
        """When each order of a company was booked and paid, by its name: the emulator's log says it."""
        documents = _seen(f"{self.urls['fortnox']}/_sandbox/documents", company=company.number)
        names = {str(one["DocumentNumber"]): one["ExternalInvoiceReference1"] for one in documents["invoices"]}
        paid_for = {str(one["Number"]): names[str(one["InvoiceNumber"])] for one in documents["invoicepayments"]}
        booked: dict[str, float] = {}
        paid: dict[str, float] = {}
        for call in self.calls(company):
            words = call["path"].split("/")
            if call["method"] == "PUT" and words[-1] == "bookkeep" and call["status"] == 200:
                known, ends = (paid_for, paid) if words[2] == "invoicepayments" else (names, booked)
                if words[3] in known:
                    ends[known[words[3]]] = ended_at(call)
        return {name: Stood(booked[name], moment) for name, moment in paid.items() if name in booked}

    def calls(self, company: Company) -> list[dict[str, Any]]:
        """Calls to Fortnox for a company, oldest first."""
        path = f"{self.urls['fortnox']}/_sandbox/calls"
        found: list[dict[str, Any]] = _seen(path, tenant=company.number, path="/3/*", limit=20_000)["calls"]
        return found

    def count_calls(self, emulator: str) -> dict[str, Any]:
        """How many calls an emulator has had: `total`, `by_call`, `by_status`."""
        found: dict[str, Any] = _seen(f"{self.urls[emulator]}/_sandbox/calls/count")
        return found

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time so far: of the product, of PostgreSQL, of the emulators."""
        return {
            "product": sum(map(_seconds_of, _trees(self.product))),
            "postgres": sum(map(_seconds_of, self.postgres_processes())),
            "outside": sum(map(_seconds_of, _trees(self.outside))),
        }

    def memory(self) -> dict[str, float]:
        """MiB that belong to the product and to PostgreSQL (PSS: shared pages count once)."""
        mebibytes = 1024 * 1024
        return {
            "product": sum(one.memory_full_info().pss for one in _trees(self.product)) / mebibytes,
            "postgres": sum(one.memory_full_info().pss for one in self.postgres_processes()) / mebibytes,
        }

    def postgres_processes(self) -> list[psutil.Process]:
        """The server and its backends."""
        if self.postgres is not None:
            return self.postgres.tree()
        return _embedded_server(self.folder)

    def database_url(self) -> str:
        """As libpq takes it."""
        return make_url(str(self.program.settings.database_url)).set(drivername="postgresql").render_as_string(False)

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.close()


_AT_REST = """
    select count(*) from job where tenant_id = %s and kind = 'order' and state = 'booked' and due_at is null
       and lease_until is null
"""


def signed(domain: str, body: dict[str, Any]) -> bytes:
    """A delivery as Shopify sends it, ready to be sent."""
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    head = _HEAD.format(
        length=len(raw), domain=domain, signature=signature, delivery=secrets.token_hex(12),
        triggered=datetime.now(UTC).isoformat(),
    )  # fmt: skip
    return head.encode() + raw


def ended_at(call: dict[str, Any]) -> float:
    """When a call of an emulator's log was answered, in seconds since 1970."""
    return datetime.fromisoformat(call["time"]).timestamp() + (call["duration_ms"] or 0.0) / 1000


@contextmanager
def fleet(shape: Shape) -> Iterator[Fleet]:
    """Everything started, companies connected, customer and articles known: the next order is a steady one."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bokbro-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        outside, urls = _emulators(stack, folder, shape)
        settings, postgres = _settings(stack, folder, shape, urls)
        services = _services(folder, _environment(settings), shape)
        for service in services:
            stack.callback(service.kill)
        if shape.mode == "embedded":
            stack.callback(_end_embedded_server, folder)
            services[0].start()
            until(lambda: _is_served(settings), 90, "the service")
            settings = settings.model_copy(update={"database_url": _embedded_url(folder)})
        program = build(settings, notifier=SilentNotifier())
        stack.callback(program.close)
        migrate(program.store)
        made = Fleet(shape, folder, urls, settings.port, program, services, outside, postgres)
        stack.callback(made.close)
        rest_of_the_clock(program)
        made.companies = connect(made, shape.companies)
        for service in services:
            service.start()
        until(lambda: _is_served(settings), 90, "the service")
        if shape.workers or shape.mode == "embedded":
            _make_known(made, made.companies[:2])
        yield made


def rest_of_the_clock(program: Program) -> None:
    """What runs every ten minutes or hours has just run: only what a benchmark is about shall run."""
    with program.store.write() as session:
        session.execute(text("delete from scheduled_run"))
        session.execute(insert(ScheduledRun), [{"name": name, "started_at": datetime.now(UTC)} for name in _SCHEDULED])


def connect(made: Fleet, count: int) -> list[Company]:
    """Connect companies with a shop each. Only the first two are known to Fortnox, and have read its registers."""
    domains = [f"bench-{place}.myshopify.com" for place in range(count)]
    tokens = _asked(f"{made.urls['shopify']}/_sandbox/bench/shops", {"domains": domains, "secret": SECRET})
    connected = [_connected(made, place, domain, tokens[domain]) for place, domain in enumerate(domains)]
    for company in connected[:2]:
        _read_registers(made.program, company)
    return connected


def _connected(made: Fleet, place: int, domain: str, shop_token: str) -> Company:
    number = FIRST_COMPANY + place
    if place < 2:
        tokens = _asked(f"{made.urls['fortnox']}/_sandbox/bench/tokens?company={number}", {})
    else:
        tokens = {"access_token": f"idle-{number}", "refresh_token": f"idle-{number}"}
    tokens["expires_at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    shop_secrets = {"client_id": f"app-of-{domain}", "client_secret": SECRET, "access_token": shop_token}
    program = made.program
    with program.store.write() as session:
        tenant = Tenant(name=f"Bolag {number}", state="live", log_trusted_since=datetime.now(UTC) - timedelta(days=1))
        session.add(tenant)
        session.flush()
        tenant_id = tenant.id
        fortnox = NewConnection(
            tenant_id=tenant_id, platform="fortnox", kind=PlatformKind.LEDGER, account=str(number),
            display_name=str(number), grant="client_credentials", scopes=(), secrets=tokens,
            facts=ConnectionFacts("556677-8899"),
        )  # fmt: skip
        fortnox_id = store_connection(session, program.ring, fortnox, datetime.now(UTC)).connection_id
        shop = NewConnection(
            tenant_id=tenant_id, platform="shopify", kind=PlatformKind.SHOP, account=domain, display_name=domain,
            grant="client_credentials", scopes=(), secrets=shop_secrets,
        )  # fmt: skip
        store_connection(session, program.ring, shop, datetime.now(UTC) - timedelta(days=1))
    return Company(number, domain, tenant_id, fortnox_id)


def _read_registers(program: Program, company: Company) -> None:
    books = LedgerCompany(company.fortnox_id, str(company.number), "fortnox")
    while True:
        try:
            program.register.refresh(books, WARMED, [books_day(datetime.now(UTC))])
        except RateLimitedError as limited:
            time.sleep(limited.seconds)
        else:
            return


def _make_known(made: Fleet, companies: Sequence[Company]) -> None:
    """Some orders of each: customer, articles, compiled statements, open connections."""
    first = 1 if made.shape.limited else 4 * max(made.shape.workers, 1)
    with httpx2.Client(base_url=made.program.settings.base_url, timeout=30, trust_env=False) as http:
        for company in companies:
            # One by itself: several first orders would make the same customer at the same time.
            for count in (1, first):
                for order in made.announced(company, count):
                    _deliver(http, order)
                until(lambda: made.worked_off(company, 0) >= count, 60, "the first orders")  # noqa: B023
    if made.shape.limited:
        time.sleep(WINDOW_SECONDS + 0.5)  # they used some of the window


def _deliver(http: httpx2.Client, order: Announced) -> None:
    head, body = order.request.split(b"\r\n\r\n", 1)
    names = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    headers = {name: value for name, value in names if name not in {"Host", "Content-Length"}}
    answer = http.post("/webhooks/shopify", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


def _emulators(stack: ExitStack, folder: Path, shape: Shape) -> tuple[list[Machine], dict[str, str]]:
    machines, urls = [], {}
    numbers = [FIRST_COMPANY + place for place in range(min(shape.companies, 2))]
    for name in ("fortnox", "shopify"):
        port = free_port()
        asked = {"port": port, "companies": numbers, "latency": shape.latency, "jitter": shape.jitter,
                 "limited": shape.limited}  # fmt: skip
        machine = python(name, folder, os.environ, "bench.emulators", name, json.dumps(asked))
        stack.callback(machine.kill)
        machine.start()
        machines.append(machine)
        urls[name] = f"http://127.0.0.1:{port}"
    for url in urls.values():
        until(lambda: httpx2.get(f"{url}/_sandbox/state", timeout=3).status_code == 200, 60, "an emulator")  # noqa: B023
    return machines, urls


def _settings(stack: ExitStack, folder: Path, shape: Shape, urls: dict[str, str]) -> tuple[Settings, Postgres | None]:
    postgres: Postgres | None = None
    broker = "memory://localhost/"
    if shape.mode == "scaled":
        postgres = CountingPostgres(folder, free_port()) if shape.counting else Postgres(folder, free_port())
        redis = Redis(folder, free_port())
        for server in (postgres, redis):
            stack.callback(server.kill)
            server.start()
        postgres.make_database()
        broker = redis.url
    # Without a limit the budget keeps its size, which every call pays for, and its window keeps nobody waiting.
    window = 5.2 if shape.limited else 0.01
    port = free_port()
    settings = Settings(
        _env_file=None, environment="test", base_url=f"http://127.0.0.1:{port}", port=port, vies_url="",
        database_url=postgres.plain_url if postgres else None, data_dir=folder / "embedded", broker_url=broker,
        secret_keys=[SecretStr(KEY)], fortnox_auth_url=f"{urls['fortnox']}/oauth-v1", fortnox_api_url=urls["fortnox"],
        shopify_url_template=f"{urls['shopify']}/{{shop}}", fortnox_window_seconds=window,
    )  # fmt: skip
    return settings, postgres


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as an operator gives them."""
    names = (
        "base_url", "port", "data_dir", "broker_url", "fortnox_auth_url", "fortnox_api_url", "fortnox_window_seconds",
        "shopify_url_template",
    )  # fmt: skip
    given = {name.upper(): str(getattr(settings, name)) for name in names}
    if settings.database_url:
        given["DATABASE_URL"] = settings.database_url
    own = {"ENVIRONMENT": "test", "SECRET_KEYS": json.dumps([KEY]), "VIES_URL": "", "SSL_CERT_DIR": os.devnull}
    return {**os.environ, **given, **own}


def _services(folder: Path, environment: dict[str, str], shape: Shape) -> list[Machine]:
    api = python("api", folder, environment, "app.cli", "serve")
    if shape.mode == "embedded":
        return [api]
    pool = ("worker", "--pool", "threads", "--concurrency", str(shape.threads), "--loglevel", "WARNING")
    workers = [
        python(f"worker-{place}", folder, environment, *_CELERY, *pool, "-n", f"bench-{place}@%h")
        for place in range(shape.workers)
    ]
    beat = python("beat", folder, environment, "celery", "-A", "workers.beat", "beat", "-s", str(folder / "beat"))
    return [api, *workers, *([beat] if shape.beat else [])]


def _is_served(settings: Settings) -> bool:
    return httpx2.get(f"{settings.base_url}/sign-in", timeout=3).status_code == 200


def _embedded_url(folder: Path) -> str:
    """Of the service's own server, without becoming one of those that keep it running."""
    lines = (folder / "embedded" / "postgres" / "postmaster.pid").read_text().splitlines()
    return make_url("postgresql+psycopg://postgres@/bokbro").update_query_dict({"host": lines[4]}).render_as_string()


def _embedded_server(folder: Path) -> list[psutil.Process]:
    with suppress(OSError, psutil.NoSuchProcess):
        head = psutil.Process(int((folder / "embedded" / "postgres" / "postmaster.pid").read_text().split()[0]))
        if head.name().startswith("postgres"):
            return [head, *head.children(recursive=True)]
    return []


def _end_embedded_server(folder: Path) -> None:
    """The service is killed before: nobody else ends what it started."""
    processes = _embedded_server(folder)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, 10)


def _trees(machines: Sequence[Machine]) -> list[psutil.Process]:
    return [process for machine in machines for process in machine.tree()]


def _seconds_of(process: psutil.Process) -> float:
    """Of the process, and of its children that have ended: backends of a server come and go."""
    with suppress(psutil.NoSuchProcess):
        spent = process.cpu_times()
        return float(spent.user + spent.system + spent.children_user + spent.children_system)
    return 0.0


def _asked(url: str, body: Any) -> Any:  # noqa: ANN401 - an emulator's JSON
    return httpx2.post(url, json=body, timeout=120).raise_for_status().json()


def _seen(url: str, **query: Any) -> Any:  # noqa: ANN401 - an emulator's JSON
    return httpx2.get(url, params=query, timeout=120).raise_for_status().json()
