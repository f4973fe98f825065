"""The stage of all stories: both emulators, one program on a clock of its own, and a tenant for each story."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import SecretStr
from sqlalchemy import update

from app.connections.repository import ConnectionFacts, NewConnection, store_connection
from app.jobs.notifier import SilentNotifier
from app.kit.db.migration import migrate
from app.ledgers.base import Company
from app.schema import Connection, Tenant
from app.settings import Settings
from app.tenants.repository import store_rules
from app.tenants.rules import EuBusinesses, EuConsumers, Exports
from app.vat.oss import proposed_oss_accounts
from app.vat.rates import RATES
from app.wiring import Program, build
from sandbox.cases import tenant as worked_cases
from sandbox.demo.stage import fresh_database
from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import AccountConfig, SandboxConfig
from sandbox.fortnox.oauth.tokens import Grant
from sandbox.fortnox.world import World
from sandbox.kit.control import Kit
from sandbox.kit.serving import ServerThread
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config, Emulator
from sandbox.shopify.model import Shop
from sandbox.stories.reading import Story

TODAY = datetime(2026, 11, 30, 11, tzinfo=UTC)
"""Where the clock of every story stands, until a state is later."""
_CONNECTED = datetime(2025, 1, 1, tzinfo=UTC)
"""Shop and company are connected since before any story: the order is new to nobody."""
_FIRST_COMPANY = 2_000_001
_TOKEN_SECONDS = 10 * 365 * 24 * 3600
"""Tokens outlive every clock: a story is not about renewing them."""


@dataclass
class StoryClock:
    """The time of what is decided, and of Fortnox's emulator."""

    world: World
    at: datetime = TODAY

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.at

    def set(self, moment: datetime) -> None:
        """Stand there."""
        self.at = moment
        self.world.clock.move_to((moment - datetime.now(UTC)).total_seconds())


@dataclass(frozen=True, slots=True)
class Tenancy:
    """One story's own tenant, shop and company."""

    tenant_id: int
    shop_id: int
    shop: Shop
    company: Company
    number: int
    """Of the company's database at Fortnox."""


@dataclass
class Stage:
    """Everything that a story is played on."""

    program: Program
    world: World
    kit: Kit
    shopify: Emulator
    clock: StoryClock
    places: Iterator[int] = field(default_factory=itertools.count)
    """A new place for each story, also after one that could not begin."""

    def found(self, story: Story, extra_accounts: Mapping[int, str] = MappingProxyType({})) -> Tenancy:
        """Found a tenant with an empty company and a shop, connected, under the story's rules.

        `extra_accounts`: number → name of accounts that a standard chart does not have.
        """
        place = next(self.places)
        number, domain = _FIRST_COMPANY + place, f"story-{place + 1}.myshopify.com"
        self.clock.set(TODAY)
        config = worked_cases.company(dict(story.rates), other_chart=False)
        extra = tuple(AccountConfig(number=one, description=name) for one, name in extra_accounts.items())
        changes = {"database_number": number, "extra_accounts": config.extra_accounts + extra}
        self.world.put_company(config.model_copy(update=changes))
        with self.program.store.write() as session:
            tenant = Tenant(name=f"Story {place + 1}", state="live", log_trusted_since=_CONNECTED)
            session.add(tenant)
            session.flush()
            tenant_id = tenant.id
        fortnox_id = self._connect(tenant_id, "fortnox", str(number), "refresh_token", self._fortnox_tokens(number))
        client_id = f"app-of-story-{place + 1}"
        shop = self.shopify.put_shop(domain, {"client_id": client_id}, "shpss_story")
        secrets = {
            "client_id": client_id, "client_secret": "shpss_story", "access_token": self.shopify.install(shop),
        }  # fmt: skip
        shop_id = self._connect(tenant_id, "shopify", domain, "client_credentials", secrets)
        with self.program.store.write() as session:
            store_rules(session, tenant_id, rules_of(story), by="story")
        return Tenancy(tenant_id, shop_id, shop, Company(fortnox_id, str(number), "fortnox"), number)

    def _fortnox_tokens(self, number: int) -> dict[str, Any]:
        with self.world.lock:
            client = self.world.config.clients[0]
            user = self.world.companies[number].config.user.id
            grant = Grant(client.client_id, number, tuple(client.scopes), user, service=False)
            tokens = self.world.tokens.issue(self.world.tokens.renewed(grant), with_refresh=True)
        return {**tokens, "expires_at": "2099-01-01T00:00:00+00:00"}

    def _connect(self, tenant_id: int, platform: str, account: str, grant: str, secrets: Mapping[str, Any]) -> int:
        new = NewConnection(
            tenant_id=tenant_id, platform=platform, kind=self.program.platforms[platform].kind,
            account=account, display_name=account, grant=grant, scopes=(),
            secrets=secrets, facts=ConnectionFacts("556677-8899" if platform == "fortnox" else ""),
        )  # fmt: skip
        with self.program.store.write() as session:
            made = store_connection(session, self.program.ring, new, _CONNECTED).connection_id
            session.execute(update(Connection).where(Connection.id == made).values(created_at=_CONNECTED))
        return made


def rules_of(story: Story) -> dict[str, Any]:
    """The rules as stored: those of the story's base, its own laid over them."""
    if story.base == "default":
        return dict(story.rules)
    base = {
        "accounts": proposed_oss_accounts(),
        "vat_rates": [str(rate) for rate in sorted({one.percent for one in RATES} | {Decimal(0)})],
        "eu_consumers": EuConsumers.OSS.value,
        "oss_from": date(2021, 7, 1).isoformat(),
        "eu_businesses": EuBusinesses.REVERSE_CHARGE.value,
        "exports": Exports.BOOK.value,
    }
    return base | dict(story.rules)


@contextmanager
def set_stage(*, data_dir: Path, database_url: str | None = None) -> Iterator[Stage]:
    """Start everything; the database is made anew, or the one given must be empty or migrated."""
    fortnox_app = create_fortnox(SandboxConfig(rate_limit_calls=1_000_000, access_token_seconds=_TOKEN_SECONDS))
    shopify_app = create_shopify(Config())
    with ExitStack() as stack:
        fortnox, shopify = (stack.enter_context(ServerThread(app)) for app in (fortnox_app, shopify_app))
        clock = StoryClock(fortnox_app.state.world)
        settings = _settings(fortnox.url, shopify.url, database_url or fresh_database(data_dir))
        program = build(settings, notifier=SilentNotifier(), utc_now=clock.now)
        stack.callback(program.close)
        migrate(program.store)
        yield Stage(program, fortnox_app.state.world, fortnox_app.state.kit, shopify_app.state.emulator, clock)


def _settings(fortnox: str, shopify: str, database_url: str) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        broker_url="memory://localhost/",
        secret_keys=[SecretStr("story-only-key-that-guards-nothing-at-all")],
        fortnox_auth_url=f"{fortnox}/oauth-v1",
        fortnox_api_url=fortnox,
        fortnox_calls=100_000,
        shopify_url_template=f"{shopify}/{{shop}}",
        grace_seconds=0.2,
        vies_url="",
    )
