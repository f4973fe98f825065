"""The service as an operator runs it, scaled or embedded, between the emulators, with two companies connected."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import httpx2
from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.notifier import SilentNotifier
from app.kit.db.migration import migrate
from app.model.order import books_day
from app.schema import Tenant
from app.settings import Settings
from app.tenants.passwords import Passwords
from app.tenants.people import add_person, join
from app.tenants.repository import store_rules
from app.tenants.roles import Role
from app.wiring import Program, build
from sandbox.demo.visitor import Visitor
from tests.chaos.clocks import shifted_clock
from tests.chaos.machines import Machine, Postgres, Redis, python, until
from tests.planted.fault import ROOT
from tests.support.serving import free_port

Mode = Literal["scaled", "embedded"]
KEY = "a-key-of-at-least-32-characters-for-chaos"
PASSWORD = "chaos and order, twice"
LEASE, SETTLE = 60, 5
_CELERY = ("celery", "-A", "workers.app")
_WORKER = (*_CELERY, "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Company:
    """One company: its tenant, and where it sells."""

    name: str
    number: int
    domain: str
    merchant: str
    tenant_id: int = 0
    push_address: str = ""


@dataclass
class Fleet:
    """All machines by name, and the hands of whoever watches over them."""

    mode: Mode
    folder: Path
    urls: dict[str, str]
    """Of the emulators, by name."""
    base_url: str
    program: Program
    services: list[Machine]
    postgres: Postgres | None
    redis: Redis | None
    clock_library: Path | None
    companies: dict[str, Company] = field(default_factory=dict)

    def machine(self, name: str) -> Machine:
        """A process of ours by its name."""
        return next(service for service in self.services if service.name == name)

    def ask(self, emulator: str, path: str, **body: Any) -> Any:
        """Order something of an emulator."""
        answer = httpx2.post(f"{self.urls[emulator]}/_sandbox{path}", json=body, timeout=60)
        assert answer.is_success, (path, body, answer.text[:500])
        return answer.json()

    def see(self, emulator: str, path: str, **query: Any) -> Any:
        """Look inside an emulator."""
        return httpx2.get(f"{self.urls[emulator]}/_sandbox{path}", params=query, timeout=60).raise_for_status().json()

    def steadily(self, work: Callable[[], _Result]) -> _Result:
        """Work on the database however often it is restarted meanwhile."""
        found: list[_Result] = []

        def tried() -> bool:
            try:
                found.append(work())
            except (SQLAlchemyError, OSError):
                return False
            return True

        until(tried, 120, "the database")
        return found[-1]

    def answers(self) -> bool:
        """Whether pages are served."""
        return httpx2.get(f"{self.base_url}/sign-in", timeout=3).status_code == 200


@contextmanager
def fleet(mode: Mode, *, broker: str = "") -> Iterator[Fleet]:
    """Everything started, two companies connected by their pages. `broker`: a URL in place of the run's own Redis."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bokbro-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        companies = [Company(name, 5000001 + place, f"chaos-{name}.myshopify.com", f"CHAOS{name.upper()}")
                     for place, name in enumerate(("quiet", "storm"))]  # fmt: skip
        urls = _emulators(stack, folder, [one.number for one in companies])
        made = _machines(stack, mode, folder, urls, broker)
        for company in companies:
            made.companies[company.name] = _connected(made, company)
        yield made


def _emulators(stack: ExitStack, folder: Path, numbers: list[int]) -> dict[str, str]:
    command = [sys.executable, "-m", "tests.chaos.emulators", *map(str, numbers)]
    log = stack.enter_context((folder / "emulators.log").open("wb"))
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    stack.enter_context(process)
    stack.callback(process.kill)
    assert process.stdout is not None
    told: dict[str, str] = json.loads(process.stdout.readline())
    return told


def _machines(stack: ExitStack, mode: Mode, folder: Path, urls: dict[str, str], broker: str) -> Fleet:
    port = free_port()
    postgres = redis = None
    data_dir = folder / "embedded"
    if mode == "scaled":
        postgres = Postgres(folder, free_port())
        stack.callback(postgres.kill)
        postgres.start()
        postgres.make_database()
        redis = None if broker else Redis(folder, free_port())
        if redis is not None:
            stack.callback(redis.kill)
            redis.start()
    settings = Settings(
        _env_file=None, environment="test", base_url=f"http://127.0.0.1:{port}", port=port, vies_url="",
        database_url=postgres.plain_url if postgres else None, data_dir=data_dir,
        broker_url=broker or (redis.url if redis else "memory://localhost/"), secret_keys=[SecretStr(KEY)],
        fortnox_auth_url=f"{urls['fortnox']}/oauth-v1", fortnox_api_url=urls["fortnox"], fortnox_calls=2000,
        fortnox_events_url=f"{urls['fortnox'].replace('http', 'ws', 1)}/topics-v1",
        shopify_url_template=f"{urls['shopify']}/{{shop}}", qliro_live_url=urls["qliro"], lease_seconds=LEASE,
        grace_seconds=SETTLE,
    )  # fmt: skip
    services = _services(folder, _environment(settings), mode)
    for one in services:
        stack.callback(one.kill)
    services[0].start()
    until(lambda: httpx2.get(f"{settings.base_url}/sign-in", timeout=3).status_code == 200, 90, "the service")
    for one in services:
        one.start()
    url = settings.database_url or _embedded_url(data_dir)
    watching = settings.model_copy(update={"database_url": url})
    program = build(watching, notifier=SilentNotifier())
    stack.callback(program.close)
    migrate(program.store)
    library = shifted_clock(folder)
    return Fleet(mode, folder, urls, settings.base_url, program, services, postgres, redis, library)


def _embedded_url(data_dir: Path) -> str:
    """Of the service's own server, without becoming one of those that keep it running."""
    lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    return make_url("postgresql+psycopg://postgres@/bokbro").update_query_dict({"host": lines[4]}).render_as_string()


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as an operator gives them."""
    names = (
        "base_url", "port", "data_dir", "broker_url", "fortnox_auth_url", "fortnox_api_url", "fortnox_events_url",
        "fortnox_calls", "shopify_url_template", "qliro_live_url", "lease_seconds", "grace_seconds",
    )  # fmt: skip
    given = {name.upper(): str(getattr(settings, name)) for name in names}
    if settings.database_url:
        given["DATABASE_URL"] = settings.database_url
    own = {"ENVIRONMENT": "test", "SECRET_KEYS": json.dumps([KEY]), "VIES_URL": "", "SSL_CERT_DIR": os.devnull}
    return {**os.environ, **given, **own}


def _services(folder: Path, environment: dict[str, str], mode: Mode) -> list[Machine]:
    if mode == "embedded":
        return [python("api", folder, environment, "app.cli", "serve")]
    return [
        python("api", folder, environment, "app.cli", "serve"),
        python("worker-1", folder, environment, *_WORKER, "-n", "one@%h"),
        python("worker-2", folder, environment, *_WORKER, "-n", "two@%h"),
        python("beat", folder, environment, "celery", "-A", "workers.beat", "beat", "-s", str(folder / "beat")),
        python("events", folder, environment, "app.cli", "events"),
    ]


def _connected(made: Fleet, company: Company) -> Company:
    """As its merchant does it, by clicking."""
    rules = {
        "cut_over": (books_day(datetime.now(UTC)) - timedelta(days=3)).isoformat(),
        "vat_rates": ["25", "12", "6", "0"],
    }
    email = f"{company.name}@example.se"
    with made.program.store.write() as session:
        tenant = Tenant(name=company.name, state="live")
        session.add(tenant)
        session.flush()
        tenant_id = tenant.id
        store_rules(session, tenant_id, rules, by="chaos")
        hashed = Passwords().hash(PASSWORD)
        user = add_person(session, email=email, name="Mo", password_hash=hashed)
        join(session, user, tenant_id, Role.MERCHANT, by="test")
    app = {"client_id": f"app-{company.name}", "client_secret": f"shpss_{company.name}"}
    made.ask("shopify", "/shops", domain=company.domain, name=company.name, payments={}, install=True, **app)
    made.ask("qliro", "/merchants", key=company.merchant, secret=f"qliro-{company.name}")
    visitor = Visitor(made.base_url)
    try:
        visitor.sign_in(email, PASSWORD)
        visitor.connect_fortnox(company.number)
        visitor.connect_shop(company.domain, app["client_id"], app["client_secret"])
        visitor.connect_qliro(company.merchant, f"qliro-{company.name}")
        visitor.choose_qliro_orders()
        address = visitor.push_address()
    finally:
        visitor.close()
    return Company(company.name, company.number, company.domain, company.merchant, tenant_id, address)
