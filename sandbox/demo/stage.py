"""The demo's stage: both emulators and the service, each a real HTTP server on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from app.main import create_application
from app.security.passwords import Passwords
from app.settings import Settings
from app.store.embedded import start_embedded
from app.store.migrating import migrate
from app.store.tables import Tenant, UserAccount
from app.sync.rules import store_rules
from app.wiring import Program, build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import CompanyConfig, SandboxConfig, YearConfig
from sandbox.kit.serving import ServerThread
from sandbox.scenarios.scenario import Scenario
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config

EMAIL = "demo@bokbro.example"
PASSWORD = "granstrom-bokbro-demo"
DATABASE_NUMBER = 1234567
SHOP_CLIENT_ID = "bokbro-demo-app"
SHOP_SECRET = "shpss_bokbro_demo"


@dataclass(frozen=True)
class Stage:
    """The running servers."""

    scenario: Scenario
    program: Program
    fortnox: ServerThread
    shopify: ServerThread
    service: ServerThread
    tenant_id: int


@contextmanager
def set_up(scenario: Scenario, data_dir: Path, *, port: int = 0, database_url: str | None = None) -> Iterator[Stage]:
    """Start everything; the demo's own database is made anew each time, so that each run proves the same."""
    with ExitStack() as stack:
        fortnox = stack.enter_context(ServerThread(create_fortnox(SandboxConfig(companies=(company(scenario),)))))
        shopify = stack.enter_context(ServerThread(create_shopify(Config())))
        url = database_url or _fresh_database(data_dir)
        service = _server_at(port)
        settings = _settings(fortnox.url, shopify.url, service.url, url)
        program = build(settings)
        stack.callback(program.close)
        migrate(program.store)
        tenant_id = found_tenant(program, scenario)
        service.app = create_application(program)
        stack.enter_context(service)
        yield Stage(scenario, program, fortnox, shopify, service, tenant_id)


def _fresh_database(data_dir: Path) -> str:
    """The embedded server with an empty database; a server that a killed demo left running is used again."""
    url = make_url(start_embedded(data_dir))
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"drop database {url.database} with (force)"))
        connection.execute(text(f"create database {url.database} encoding 'UTF8' template template0"))
    engine.dispose()
    return url.render_as_string(hide_password=False)


def _server_at(port: int) -> ServerThread:
    """A server on this port, or on a free one when somebody has it."""
    try:
        return ServerThread(FastAPI(), port)
    except OSError:
        return ServerThread(FastAPI())


def _settings(fortnox: str, shopify: str, service: str, database_url: str) -> Settings:
    return Settings(
        _env_file=None,
        base_url=service,
        database_url=database_url,
        broker_url="memory://localhost/",
        secret_keys=[SecretStr("demo-only-key-that-guards-nothing-at-all")],
        fortnox_auth_url=f"{fortnox}/oauth-v1",
        fortnox_api_url=fortnox,
        fortnox_events_url=f"{fortnox.replace('http', 'ws', 1)}/topics-v1",
        shopify_url_template=f"{shopify}/{{shop}}",
        vies_url="",
    )


def company(scenario: Scenario) -> CompanyConfig:
    """The scenario's Fortnox company as the emulator is configured."""
    wanted = scenario.company
    return CompanyConfig(
        database_number=DATABASE_NUMBER,
        name=wanted.name,
        organisation_number=wanted.organisation_number,
        locked_until=wanted.locked_through,
        years=tuple(YearConfig(from_date=date(year, 1, 1), to_date=date(year, 12, 31)) for year in wanted.years),
        currencies={code: Decimal("11.25") if code == "EUR" else Decimal(1) for code in wanted.currencies},
        vat_rates=tuple(Decimal(rate) for rate in wanted.vat_rates),
        ways_of_delivery=dict(wanted.ways_of_delivery),
        inactive_accounts=wanted.inactive_accounts,
    )


def found_tenant(program: Program, scenario: Scenario) -> int:
    """Make the demo's company, its rules and its person."""
    rules = {
        "gateways": {name.casefold(): role for name, role in scenario.rules.gateways.items()},
        "ways_of_delivery": dict(scenario.rules.shipping),
        "require_way_of_delivery": bool(scenario.rules.shipping),
        "article_numbers": scenario.rules.article_numbers,
        "vat_rates": list(scenario.company.vat_rates),
    }
    with program.store.write() as session:
        tenant = Tenant(name=scenario.company.name)
        session.add(tenant)
        session.flush()
        store_rules(session, tenant.id, rules, by="demo")
        session.add(
            UserAccount(
                email=EMAIL,
                name="Greta Granström",
                password_hash=Passwords().hash(PASSWORD),
                role="merchant",
                tenant_id=tenant.id,
            )
        )
        return tenant.id
