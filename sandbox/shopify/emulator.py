"""The parts of a running emulator and how they hang together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.shopify.emitting import Emitter
from sandbox.shopify.graphql.answering import Endpoint
from sandbox.shopify.merchant import Merchant
from sandbox.shopify.model import App, Json, Shop, World
from sandbox.shopify.payments.account import PaymentsAccount, PaymentsSpec
from sandbox.shopify.playing import Player
from sandbox.shopify.switches import Switches
from sandbox.shopify.tokens import Tokens

DEFAULT_CLIENT_ID = "bokbro-sandbox"
DEPRECATED = frozenset({"ShopPlan.displayName", "WebhookSubscription.callbackUrl"})
"""Fields that answers name in `x-shopify-api-deprecated-reason` (recorded answers)."""
DEFAULT_SECRET = "bokbro-sandbox-secret"
"""Credentials of the app that a shop gets when none is named. Public on purpose."""


def wall_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Config:
    """How one emulator behaves. Unknown behaviour of the real Shopify is a switch here."""

    time_scale: float = 1.0
    """Emulated seconds per real second, for retries and delays: 3600 makes an hour pass in a second."""
    workers: int = 4
    """Webhook deliveries at the same time."""
    bucket_maximum: int = 2000
    bucket_restore: float = 100
    """GraphQL points: size of the bucket and points restored per second (standard plan)."""
    switches: Switches = field(default_factory=Switches)
    big_ids: bool = False
    """Give ids above 2^53."""
    removal: Literal["retries_exhausted", "failed_attempts"] = "retries_exhausted"
    """When a subscription is deleted: all eight retries of one delivery failed, or any eight tries in a row."""
    clock: Callable[[], datetime] = wall_clock


def _agree(shop: Shop, spec: PaymentsSpec) -> None:
    """Give the shop Shopify Payments, or change what was agreed; what has moved already stays."""
    if shop.payments is None:
        shop.payments = PaymentsAccount(spec)
    shop.payments.spec = spec


class Emulator:
    """All parts of a running emulator; tests may reach in through `app.state.emulator`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.deprecated = set(DEPRECATED)
        self.blocks_addresses = False
        """Whether the app's IP allowlist leaves our address out."""
        self.world = World(config.clock, big_ids=config.big_ids)
        self.world.switches = config.switches
        self.tokens = Tokens(config.clock)
        self.emitter = Emitter(self.world, config.time_scale, config.workers, config.removal)
        self.endpoint = Endpoint(self.world, config.bucket_maximum, config.bucket_restore)
        self.merchant = Merchant(self.world, self.emitter, self.tokens)
        self.player = Player(self)

    def put_app(self, client_id: str, settings: Json) -> App:
        """Create or change an app."""
        with self.world.lock:
            app = self.world.apps.setdefault(client_id, App(client_id, DEFAULT_SECRET))
            for key, value in settings.items():
                setattr(app, key, value)
            return app

    def put_shop(self, domain: str, settings: Json, client_secret: str | None = None) -> Shop:
        """Create or change a shop; its app comes into being with it, in the same organization."""
        with self.world.lock:
            shop = self.world.shops.get(domain)
            if shop is None:
                name = domain.partition(".")[0]
                shop = Shop(domain, self.world.new_id(), name, DEFAULT_CLIENT_ID)
                self.world.shops[domain] = shop
            agreed = settings.get("payments")
            if agreed is not None:
                _agree(shop, PaymentsSpec.model_validate(agreed))
            for key in settings.keys() - {"payments"}:
                setattr(shop, key, settings[key])
            known = shop.client_id in self.world.apps
            app = self.put_app(shop.client_id, {"client_secret": client_secret} if client_secret else {})
            if not known:
                app.organization = shop.organization
            return shop

    def install(self, shop: Shop) -> str:
        """Install the shop's app without a browser and give a permanent token."""
        shop.installed = True
        return self.tokens.issue(shop.domain, shop.client_id, shop.scopes, None).value

    def reset(self) -> None:
        """Go back to an empty world, and to the switches it was started with."""
        self.world.switches = self.config.switches
        self.deprecated = set(DEPRECATED)
        self.blocks_addresses = False
        self.player.stop()
        self.world.clear()
        self.tokens.clear()
        self.emitter.clear()
        self.endpoint.clear()

    def snapshot(self) -> dict[str, Any]:
        """A summary of the inside."""
        with self.world.lock:
            shops = {
                shop.domain: {
                    "name": shop.name,
                    "installed": shop.installed,
                    "orders": len(shop.orders),
                    "subscriptions": sorted(s.topic for s in shop.subscriptions.values()),
                }
                for shop in self.world.shops.values()
            }
            log = self.emitter.deliverer.log
            states = [delivery.state for delivery in log]
            counts = {state: states.count(state) for state in sorted(set(states))}
            return {"shops": shops, "apps": sorted(self.world.apps), "deliveries": counts}
