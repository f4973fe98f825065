"""The whole web application on a real port, with both emulators beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from app.connections.repository import Connected
from app.jobs.notifier import SilentNotifier
from app.kit.db.clock import DatabaseClock
from app.kit.db.engine import Store
from app.kit.encryption import KeyRing
from app.model.finding import Finding
from app.payouts.imports.payout_files import PayoutFiles
from app.schema import Tenant, UserAccount
from app.settings import Environment, Settings
from app.tenants.passwords import Passwords
from app.tenants.people import add_person, join
from app.tenants.roles import Role
from app.tenants.rules import TenantRules
from app.web.application import create_app
from app.web.services import Services
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from sandbox.fortnox.world import World
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app as create_qliro
from sandbox.qliro.world import Merchant
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Emulator
from tests.support.pipeline.emulators import Emulators
from tests.support.pipeline.qliro import emptied
from tests.support.reading_pages import words_of
from tests.support.serving import free_port, served
from tests.support.web.sample import SampleReading

PASSWORD = "rätt häst batteri"
COMPANY = CompanyConfig(database_number=12345, name="Björk & Bär AB")
OTHER = CompanyConfig(database_number=777, name="Fel AB", organisation_number="556000-0001")
SHOP = "bjork.myshopify.com"


@dataclass
class Browser:
    """A browser without a screen: cookies, forms with their hidden fields, and our own Origin."""

    http: httpx2.Client
    base: str

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(path if path.startswith("http") else self.base + path)

    def post(self, path: str, **form: str) -> httpx2.Response:
        return self.http.post(self.base + path, data=form, headers={"Origin": self.base})

    def token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', self.get("/connect/shopify").text)
        assert found
        return found[1]

    def submit(self, path: str, **form: str) -> httpx2.Response:
        return self.post(path, form_token=self.token(), **form)

    def sign_in(self, email: str = "maja@example.se", password: str = PASSWORD) -> httpx2.Response:
        return self.post("/sign-in", email=email, password=password)


@dataclass
class Site:
    url: str
    services: Services
    reading: SampleReading
    fortnox_url: str
    fortnox: World
    shopify_url: str
    shopify: Emulator
    tenant_id: int
    connected: list[Connected] = field(default_factory=list)
    opened: list[httpx2.Client] = field(default_factory=list)

    def browser(self, language: str = "sv") -> Browser:
        client = httpx2.Client(headers={"Accept-Language": language}, follow_redirects=False, timeout=20)
        self.opened.append(client)
        return Browser(client, self.url)

    def merchant(self) -> Browser:
        browser = self.browser()
        assert browser.sign_in().status_code == 303
        return browser


def add_user(store: Store, passwords: Passwords, email: str, role: str, tenant_id: int | None) -> None:
    with store.write() as session:
        user = add_person(
            session, email=email, name=email.split("@", maxsplit=1)[0].title(), password_hash=passwords.hash(PASSWORD),
            is_operator=tenant_id is None, language="",
        )  # fmt: skip
        if tenant_id is not None:
            join(session, user, tenant_id, Role(role), by="test")


def _chart_without_9999(_tenant: int, rules: TenantRules) -> list[Finding]:
    """A chart of accounts that has every account but one."""
    data = {"account": "9999", "year": "2026"}
    roles = [role for role, number in rules.accounts.items() if number == 9999]
    return [Finding("FORTNOX_ACCOUNT_NOT_FOUND", "9999", data | {"role": role}) for role in roles]


@pytest.fixture(scope="session")
def outside() -> Iterator[tuple[Emulators, ServerThread]]:
    """Fortnox with two companies, Shopify and Qliro: served once, for making their applications is most of a test."""
    fortnox = create_fortnox(SandboxConfig(companies=(COMPANY, OTHER)))
    with (
        ServerThread(fortnox) as books,
        ServerThread(create_shopify()) as shopify,
        ServerThread(create_qliro()) as qliro,
    ):
        yield Emulators(books, shopify), qliro


@pytest.fixture
def site(store: Store, outside: tuple[Emulators, ServerThread]) -> Iterator[Site]:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with store.write() as session:
        tenant = Tenant(name="Björk & Bär AB", state="live")
        session.add(tenant)
        session.flush()
        tenant_id = tenant.id
    add_user(store, passwords, "maja@example.se", "merchant", tenant_id)
    add_user(store, passwords, "bo@example.se", "bookkeeper", tenant_id)
    add_user(store, passwords, "olga@example.se", "operator", None)
    emulators, qliro = outside
    emulators.empty()
    emptied(qliro)
    qliro.app.state.world.merchants["BJORK"] = Merchant("BJORK", "qliro-hemlig")
    fortnox, shopify = emulators.fortnox, emulators.shopify
    port = free_port()
    reading = SampleReading(store, tenant_id)
    connected: list[Connected] = []
    with httpx2.Client() as client:
        settings = Settings(
            environment=Environment.TEST,
            base_url=f"http://127.0.0.1:{port}",
            fortnox_auth_url=f"{fortnox.url}/oauth-v1",
            fortnox_api_url=fortnox.url,
            shopify_url_template=f"{shopify.url}/{{shop}}",
            vies_url="",
            qliro_live_url=qliro.url,
            qliro_test_url="http://127.0.0.1:1",
            shopify_client_id="publik",
            shopify_client_secret="publik-hemlig",
        )
        services = Services(
            settings=settings, store=store, client=client, ring=KeyRing(["k" * 32]), passwords=passwords,
            reading=reading, retry_order=reading.retry_order, retry_payout=reading.retry_payout,
            retry_code=reading.retry_code,
            answer=reading.answering,
            on_connected=connected.append,
            check_rules=_chart_without_9999,
            payout_files=PayoutFiles(store, SilentNotifier(), DatabaseClock(store).now),
            clock=DatabaseClock(store).now,
        )  # fmt: skip
        add_shop(emulators.emulator)
        with served(create_app(services), port) as server:
            made = Site(
                server.url, services, reading, fortnox.url, emulators.world, shopify.url, emulators.emulator, tenant_id,
                connected,
            )  # fmt: skip
            yield made
            for opened in made.opened:
                opened.close()


def add_shop(emulator: Emulator) -> None:
    emulator.put_shop(SHOP, {"name": "Björk & Bär", "client_id": "egen", "installed": True}, "hemlig")
    emulator.put_app("publik", {"client_secret": "publik-hemlig"})


def text_of(answer: httpx2.Response) -> str:
    """The words of a page, tags and entities taken away."""
    return words_of(answer.text)


def set_language(store: Store, language: str) -> None:
    with store.write() as session:
        session.execute(update(UserAccount).values(language=language))
