"""The demo's stage: the emulators and the service, each a real HTTP server on the loopback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from app.kit.db.embedded import start_embedded
from app.kit.db.migration import migrate
from app.main import create_application
from app.model.order import books_day
from app.schema import Tenant
from app.settings import Settings
from app.tenants.passwords import Passwords
from app.tenants.people import add_person, join
from app.tenants.repository import store_rules
from app.tenants.roles import Role
from app.wiring import Program, build
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import CompanyConfig, SandboxConfig, YearConfig
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app as create_qliro
from sandbox.scenarios.scenario import CompanySetUp, Payouts, QliroOrder, Scenario, ScenarioOrder
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config

EMAIL = "demo@bokbro.example"
QLIRO_EMAIL = "qliro@bokbro.example"
PASSWORD = "granstrom-bokbro-demo"
DATABASE_NUMBER, QLIRO_DATABASE_NUMBER = 1234567, 1234568
QLIRO_SECRET = "qliro-secret-of-the-demo"
SHOP_CLIENT_ID = "bokbro-demo-app"
SHOP_SECRET = "shpss_bokbro_demo"


@dataclass(frozen=True)
class Company:
    """One company of the demo: at Fortnox, with us, and what the scenario promises of it."""

    name: str
    number: int
    """Of its database at Fortnox."""
    tenant_id: int
    email: str
    """Who signs in for it."""
    orders: Sequence[ScenarioOrder | QliroOrder]
    payouts: Payouts


@dataclass(frozen=True)
class Stage:
    """The running servers. The first company has the shop; the second, where there is one, is Qliro's."""

    scenario: Scenario
    program: Program
    fortnox: ServerThread
    shopify: ServerThread
    qliro: ServerThread
    service: ServerThread
    companies: Sequence[Company]


@contextmanager
def set_up(scenario: Scenario, data_dir: Path, *, port: int = 0, database_url: str | None = None) -> Iterator[Stage]:
    """Start everything; the demo's own database is made anew each time, so that each run proves the same."""
    with ExitStack() as stack:
        fortnox, shopify, qliro = (stack.enter_context(ServerThread(app)) for app in emulators(scenario))
        url = database_url or fresh_database(data_dir)
        service = _server_at(port)
        settings = _settings(fortnox.url, shopify.url, qliro.url, service.url, url)
        program = build(settings)
        stack.callback(program.close)
        migrate(program.store)
        companies = found_companies(program, scenario)
        service.app = create_application(program)
        stack.enter_context(service)
        yield Stage(scenario, program, fortnox, shopify, qliro, service, companies)


def emulators(scenario: Scenario) -> tuple[FastAPI, FastAPI, FastAPI]:
    """Fortnox with the scenario's companies, Shopify, Qliro."""
    wanted = [company(scenario.company, DATABASE_NUMBER)]
    if scenario.qliro:
        wanted.append(company(scenario.qliro.company, QLIRO_DATABASE_NUMBER))
    return create_fortnox(SandboxConfig(companies=tuple(wanted))), create_shopify(Config()), create_qliro()


def fresh_database(data_dir: Path) -> str:
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


def _settings(fortnox: str, shopify: str, qliro: str, service: str, database_url: str) -> Settings:
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
        qliro_live_url=qliro,
        vies_url="",
    )


def company(wanted: CompanySetUp, number: int) -> CompanyConfig:
    """A scenario's Fortnox company as the emulator is configured."""
    return CompanyConfig(
        database_number=number,
        name=wanted.name,
        organisation_number=wanted.organisation_number,
        locked_until=wanted.locked_through,
        years=tuple(YearConfig(from_date=date(year, 1, 1), to_date=date(year, 12, 31)) for year in wanted.years),
        currencies={code: Decimal("11.25") if code == "EUR" else Decimal(1) for code in wanted.currencies},
        vat_rates=tuple(Decimal(rate) for rate in wanted.vat_rates),
        ways_of_delivery=dict(wanted.ways_of_delivery),
        inactive_accounts=wanted.inactive_accounts,
    )


def found_companies(program: Program, scenario: Scenario) -> Sequence[Company]:
    """Make the demo's companies, their rules and their people."""
    rules = {
        "gateways": {name.casefold(): role for name, role in scenario.rules.gateways.items()},
        "ways_of_delivery": dict(scenario.rules.shipping),
        "require_way_of_delivery": bool(scenario.rules.shipping),
        "article_numbers": scenario.rules.article_numbers,
        "vat_rates": list(scenario.company.vat_rates),
        "cut_over": _first_day(scenario.orders),
    }
    name = scenario.company.name
    tenant_id = _found(program, name, rules, EMAIL, "Greta Granström")
    found = [Company(name, DATABASE_NUMBER, tenant_id, EMAIL, scenario.orders, scenario.payouts)]
    if scenario.qliro:
        other = scenario.qliro
        rates = {"vat_rates": list(other.company.vat_rates), "cut_over": _first_day(other.orders)}
        tenant_id = _found(program, other.company.name, rates, QLIRO_EMAIL, "Kerstin Kvist")
        name, number = other.company.name, QLIRO_DATABASE_NUMBER
        found.append(Company(name, number, tenant_id, QLIRO_EMAIL, other.orders, other.payouts))
    return found


def _first_day(orders: Sequence[ScenarioOrder | QliroOrder]) -> str:
    """The month is older than the connection: without a start date its orders would be left alone."""
    return min(books_day(_sold_at(order)) for order in orders).isoformat()


def _sold_at(order: ScenarioOrder | QliroOrder) -> datetime:
    """An order that was imported was sold before it was placed."""
    imported = order.spec.processed_at if isinstance(order, ScenarioOrder) else None
    return imported or order.placed_at


def _found(program: Program, company_name: str, rules: dict[str, Any], email: str, person: str) -> int:
    with program.store.write() as session:
        tenant = Tenant(name=company_name, state="live")
        session.add(tenant)
        session.flush()
        store_rules(session, tenant.id, rules, by="demo")
        user = add_person(session, email=email, name=person, password_hash=Passwords().hash(PASSWORD))
        join(session, user, tenant.id, Role.MERCHANT, by="demo")
        return tenant.id
