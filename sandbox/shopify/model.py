"""What the emulator remembers: shops, apps, orders, subscriptions.

An order is kept once, as Shopify's own REST body plus what that body leaves out (its transactions). Webhooks
send the body as it is; GraphQL is rendered from it. A foreign body can therefore be stored untouched.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.shopify.money import Bag
from sandbox.shopify.payments.account import PaymentsAccount
from sandbox.shopify.switches import Switches

Json = dict[str, Any]
DEFAULT_SCOPES = (
    "read_orders,read_all_orders,read_customers,read_payment_terms,read_merchant_managed_fulfillment_orders,"
    "read_locations,read_returns,read_fulfillments,read_shopify_payments_accounts,read_shopify_payments_payouts,"
    "read_shopify_payments_disputes"
)
"""What the product's documents tell a merchant to grant, and nothing else (a test holds it against the app file)."""
SMALL_IDS_FROM = 6_100_000_000_000
"""Where ids of live shops lie today."""
BIG_IDS_FROM = 2**53 + 1
"""Shopify's sample ids exceed what a JSON float holds (2.5); a client must read them as integers."""
OPAQUE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789"


@dataclass
class App:
    """An app of the Dev Dashboard: its credentials and what its shopify.app.toml says."""

    client_id: str
    client_secret: str
    organization: str = "sandbox"
    redirect_urls: list[str] = field(default_factory=list)
    compliance_uris: dict[str, str] = field(default_factory=dict)
    old_secret: str | None = None
    sign_with_old: bool = False

    @property
    def signing_secret(self) -> str:
        """After a rotation Shopify may sign with the old secret for up to an hour (2.3)."""
        return self.old_secret if self.sign_with_old and self.old_secret else self.client_secret


@dataclass
class Subscription:
    """A shop's webhook subscription made through the Admin API."""

    id: int
    client_id: str
    topic: str
    uri: str
    format: str = "JSON"
    name: str | None = None
    filter: str | None = None
    include_fields: list[str] = field(default_factory=list)
    created_at: datetime | None = None
    failures_in_row: int = 0


@dataclass
class StoredOrder:
    """One order: `body` is the REST resource, `transactions` its money movements in REST form.

    Keys that begin with an underscore are ours and never leave: `_amount_set` on a transaction holds both
    currencies, which REST does not show.
    """

    body: Json
    transactions: list[Json] = field(default_factory=list)
    breach: dict[str, str] = field(default_factory=dict)
    removals: list[Json] = field(default_factory=list)
    business: Json | None = None

    @property
    def id(self) -> int:
        """The numeric id, legacyResourceId in GraphQL."""
        return int(self.body["id"])

    @property
    def name(self) -> str:
        """The human reference, "#1001"."""
        return str(self.body.get("name") or f"#{self.id}")

    @property
    def nothing(self) -> Bag:
        """Zero in this order's two currencies: the start of every sum."""
        shop = str(self.body.get("currency") or "SEK")
        return Bag(0, 0, shop, str(self.body.get("presentment_currency") or shop))


@dataclass
class Shop:
    """One merchant's shop."""

    domain: str
    id: int
    name: str
    client_id: str
    organization: str = "sandbox"
    currency: str = "SEK"
    presentment_currencies: list[str] = field(default_factory=lambda: ["SEK"])
    taxes_included: bool = True
    iana_timezone: str = "Europe/Stockholm"
    country_code: str = "SE"
    plan: str = "Basic"
    plus: bool = False
    partner_development: bool = False
    scopes: str = DEFAULT_SCOPES
    payments: PaymentsAccount | None = None
    hides_old_orders: bool = True
    customer_data: str = "all"
    """Protected customer data: `all`; `no_fields` (the app is approved for level 1 alone); `plan` (Basic: a custom app
    gets no personal data); `none` (the app is not approved at all)."""
    state: str = "open"
    installed: bool = False
    next_number: int = 1001
    orders: dict[int, StoredOrder] = field(default_factory=dict)
    stated: dict[str, Json] = field(default_factory=dict)
    """Orders by global id that are given as GraphQL shows them, instead of as a REST body."""
    subscriptions: dict[int, Subscription] = field(default_factory=dict)

    def local(self, moment: datetime) -> str:
        """A time as REST writes it: the shop's offset, whole seconds."""
        return moment.astimezone(ZoneInfo(self.iana_timezone)).replace(microsecond=0).isoformat()

    def find(self, reference: str) -> StoredOrder | None:
        """An order by id or by name, with or without its '#'."""
        if reference.isdigit() and int(reference) in self.orders:
            return self.orders[int(reference)]
        wanted = reference.removeprefix("#")
        return next((order for order in self.orders.values() if order.name.removeprefix("#") == wanted), None)


class World:
    """All state of one emulator, behind one lock."""

    def __init__(self, clock: Callable[[], datetime], *, big_ids: bool = False) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.big_ids = big_ids
        self.switches = Switches()
        """What nobody knows about Shopify, as it is now."""
        self.clear()

    def clear(self) -> None:
        """Forget everything, ids included, so that a run can be repeated exactly."""
        with self.lock:
            self.shops: dict[str, Shop] = {}
            self.apps: dict[str, App] = {}
            self._ids: Iterator[int] = itertools.count(BIG_IDS_FROM if self.big_ids else SMALL_IDS_FROM, 7)

    def new_id(self) -> int:
        """A fresh numeric id, unique over all resources."""
        with self.lock:
            return next(self._ids)

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return self.clock().astimezone(UTC)


def opaque(seed: str, length: int = 24) -> str:
    """Letters and digits that look random and are always the same for the same seed."""
    number = int.from_bytes(hashlib.sha512(seed.encode()).digest(), "big")
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(OPAQUE_ALPHABET))
        letters.append(OPAQUE_ALPHABET[place])
    return "".join(letters)


def public(value: Any) -> Any:  # noqa: ANN401 -- walks any JSON
    """A copy without the keys that are ours alone."""
    if isinstance(value, dict):
        return {key: public(item) for key, item in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [public(item) for item in value]
    return value


def gid(kind: str, number: object) -> str:
    """A global id: gid://shopify/Order/123."""
    return f"gid://shopify/{kind}/{number}"
