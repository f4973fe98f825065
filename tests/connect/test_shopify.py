from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import func, select

from app.connections.errors import ConnectRefusedError
from app.connections.flows.shopify import ShopifyApp, ShopifyConnector
from app.connections.flows.shopify_webhooks import TOPICS
from app.connections.repository import Connected
from app.kit.db.engine import Store
from app.kit.encryption import KeyRing, SecretValues, connection_binding
from app.schema import Connection
from app.shops.shopify.scopes import SCOPES, missing_scopes
from tests.connect.conftest import NOW, make_tenant

SHOP = "bjork.myshopify.com"
DENIED = {"path": ["shop", "name"], "extensions": {"code": "ACCESS_DENIED"}}
OURS = "https://bokbro.example/webhooks/shopify"
APP = ShopifyApp(
    url_template="https://{shop}",
    api_version="2026-10",
    webhook_uri=OURS,
    callback_uri="https://bokbro.example/connect/shopify/callback",
    client_id="publik",
    client_secret="publik-hemlig",
)


@dataclass
class FakeShop:
    scopes: list[str] = field(default_factory=lambda: ["read_orders", "read_fulfillments"])
    domain: str = SHOP
    token_status: int = 200
    subscriptions: dict[str, dict[str, str]] = field(default_factory=dict)
    user_error: str = ""
    graphql_answer: httpx2.Response | None = None
    urls: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.urls.append(str(request.url))
        if request.url.path == "/admin/oauth/access_token":
            self.forms.append({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
            if self.token_status != 200:
                return httpx2.Response(self.token_status, json={"error": "invalid_client"})
            return httpx2.Response(200, json={"access_token": "shpat_1", "scope": "read_orders", "expires_in": 86399})
        assert request.headers["x-shopify-access-token"] == "shpat_1"
        if self.graphql_answer is not None:
            return self.graphql_answer
        body = json.loads(request.content)
        return httpx2.Response(200, json={"data": self._data(body["query"], body["variables"])})

    def _data(self, query: str, variables: dict[str, str]) -> dict[str, Any]:
        if "currentAppInstallation" in query:
            shop = {"id": "gid://shopify/Shop/1", "name": "Björk & Bär", "myshopifyDomain": self.domain}
            return {
                "shop": shop | {"currencyCode": "SEK", "ianaTimezone": "Europe/Stockholm"},
                "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in self.scopes]},
            }
        errors = [{"field": None, "message": self.user_error}] if self.user_error else []
        if "webhookSubscriptionCreate" in query:
            gid = f"gid://shopify/WebhookSubscription/{len(self.urls)}"
            self.subscriptions[gid] = {"id": gid} | variables
            return {"webhookSubscriptionCreate": {"webhookSubscription": {"id": gid}, "userErrors": errors}}
        if "webhookSubscriptionDelete" in query:
            self.subscriptions.pop(variables["id"])
            return {"webhookSubscriptionDelete": {"userErrors": errors}}
        return {"webhookSubscriptions": {"nodes": list(self.subscriptions.values())}}

    def by_topic(self) -> list[tuple[str, str]]:
        return sorted((node["topic"], node["uri"]) for node in self.subscriptions.values())


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop()


@pytest.fixture
def connector(store: Store, shop: FakeShop, ring: KeyRing) -> Iterator[ShopifyConnector]:
    with httpx2.Client(transport=httpx2.MockTransport(shop)) as client:
        yield ShopifyConnector(store, APP, client, ring, lambda: NOW)


def connect(connector: ShopifyConnector, tenant_id: int, *, typed: str = SHOP, secret: str = "hemlig") -> Connected:
    return connector.connect_own_app(tenant_id=tenant_id, shop=typed, client_id="egen", client_secret=secret)


def refused(connector: ShopifyConnector, tenant_id: int, typed: str = SHOP) -> ConnectRefusedError:
    with pytest.raises(ConnectRefusedError) as refusal:
        connect(connector, tenant_id, typed=typed)
    return refusal.value


def rows(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Connection)) or 0


def secrets(store: Store, ring: KeyRing, tenant_id: int) -> SecretValues:
    with store.read() as session:
        encrypted = session.scalars(select(Connection.encrypted)).one()
    return ring.open_values(encrypted, bound_to=connection_binding(tenant_id, "shopify", SHOP))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "bjork",
        "bjork.se",
        "myshopify.com",
        ".myshopify.com",
        "-a.myshopify.com",
        "bjork.myshopify.com.evil.example",
        "evil.example/bjork.myshopify.com",
        "bjork.myshopify.com/admin",
        "bjork.myshopify.com:8443",
        "a@bjork.myshopify.com",
        "https://bjork.myshopify.com",
        "bjork.myshopify.com#",
        "bjork.myshopify.com?x=1",
        "a.b.myshopify.com",
        "björk.myshopify.com",
        "bjork.myshopify.com\n.evil.example",
        "127.0.0.1",
        "bjork_myshopify.com",
        "bjorkımyshopify.com",
        "a\0.myshopify.com",
        "a" * 64 + ".myshopify.com",
        "bjork.myshopify.com.",
        "\u212abjork.myshopify.com",
    ],
)
def test_what_is_no_shop_is_refused_before_any_request(
    connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int, typed: str
) -> None:
    assert refused(connector, tenant_id, typed).code == "SHOPIFY_DOMAIN_INVALID"
    assert shop.urls == []
    assert rows(store) == 0


def test_own_app_is_connected_with_its_webhooks(
    connector: ShopifyConnector, shop: FakeShop, store: Store, ring: KeyRing, tenant_id: int
) -> None:
    connected = connect(connector, tenant_id, typed="  Bjork.MyShopify.com ")
    assert (connected.display_name, connected.renewed) == ("Björk & Bär", False)
    assert {urlsplit(url).netloc for url in shop.urls} == {SHOP}
    assert shop.forms == [{"grant_type": "client_credentials", "client_id": "egen", "client_secret": "hemlig"}]
    assert shop.by_topic() == sorted((topic.replace("/", "_").upper(), OURS) for topic in TOPICS)
    with store.read() as session:
        row = session.scalars(select(Connection)).one()
        assert (row.account, row.grant, row.state) == (SHOP, "client_credentials", "active")
        assert row.webhook_topics == sorted(TOPICS)
        assert (row.currency, row.time_zone) == ("SEK", "Europe/Stockholm")
        assert b"hemlig" not in row.encrypted
    kept = secrets(store, ring, tenant_id)
    assert kept["client_secret"] == "hemlig"
    assert kept["expires_at"] == (NOW + timedelta(seconds=86399)).isoformat()
    assert "old_client_secret" not in kept


def test_connecting_again_keeps_right_subscriptions_and_replaces_wrong_ones(
    connector: ShopifyConnector, shop: FakeShop, tenant_id: int
) -> None:
    right = {"id": "r", "topic": "ORDERS_CREATE", "uri": OURS}
    twice = {"id": "t", "topic": "ORDERS_CREATE", "uri": OURS}
    wrong = {"id": "w", "topic": "ORDERS_PAID", "uri": "https://old.example/hooks"}
    other = {"id": "o", "topic": "PRODUCTS_UPDATE", "uri": "https://stock.example"}
    shop.subscriptions = {node["id"]: node for node in (right, twice, wrong, other)}
    connect(connector, tenant_id)
    assert "r" in shop.subscriptions
    assert "o" in shop.subscriptions, "topics that are not ours are nobody's business of ours"
    assert not {"w", "t"} & shop.subscriptions.keys()
    assert len(shop.subscriptions) == len(TOPICS) + 1
    before = set(shop.subscriptions)
    assert connect(connector, tenant_id).renewed
    assert set(shop.subscriptions) == before


def test_replaced_secret_is_kept_for_the_messages_still_signed_with_it(
    connector: ShopifyConnector, store: Store, ring: KeyRing, tenant_id: int
) -> None:
    connect(connector, tenant_id, secret="gammal")
    connect(connector, tenant_id, secret="ny")
    connect(connector, tenant_id, secret="ny")
    kept = secrets(store, ring, tenant_id)
    assert (kept["client_secret"], kept["old_client_secret"]) == ("ny", "gammal")
    assert kept["old_client_secret_until"] == (NOW + timedelta(hours=24)).isoformat()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "SHOPIFY_CREDENTIALS_REFUSED"),
        (401, "SHOPIFY_CREDENTIALS_REFUSED"),
        (404, "SHOPIFY_CREDENTIALS_REFUSED"),
        (429, "SHOPIFY_THROTTLED"),
        (302, "SHOPIFY_UNAVAILABLE"),
        (423, "SHOPIFY_UNAVAILABLE"),
        (503, "SHOPIFY_UNAVAILABLE"),
    ],
)
def test_refused_credentials(
    connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int, status: int, code: str
) -> None:
    shop.token_status = status
    refusal = refused(connector, tenant_id)
    assert (refusal.code, refusal.values["shop"]) == (code, SHOP)
    assert rows(store) == 0


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((401, {"errors": "[API] Invalid API key or access token"}), "SHOPIFY_TOKEN_REVOKED"),
        ((200, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}), "SHOPIFY_THROTTLED"),
        ((200, {"data": {}, "errors": [DENIED]}), "SHOPIFY_ACCESS_DENIED"),
        ((200, {"data": {}}), "SHOPIFY_ACCESS_DENIED"),
        ((200, []), "SHOPIFY_UNAVAILABLE"),
        ((502, {}), "SHOPIFY_UNAVAILABLE"),
    ],
)
def test_test_call_that_fails(
    connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int, answer: tuple[int, Any], code: str
) -> None:
    shop.graphql_answer = httpx2.Response(answer[0], json=answer[1])
    assert refused(connector, tenant_id).code == code
    assert rows(store) == 0


def test_missing_scope_is_named(connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int) -> None:
    shop.scopes = ["read_fulfillments"]
    refusal = refused(connector, tenant_id)
    assert (refusal.code, refusal.values["scope"]) == ("SHOPIFY_SCOPE_MISSING", "read_orders")
    assert rows(store) == 0
    assert shop.subscriptions == {}


def test_write_scope_implies_read_scope() -> None:
    assert missing_scopes(["read_orders", "read_returns"], ["write_orders"]) == ["read_returns"]


def test_refused_subscription_stores_nothing(
    connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int
) -> None:
    shop.user_error = "Address is not allowed"
    refusal = refused(connector, tenant_id)
    assert (refusal.code, refusal.values["message"]) == ("SHOPIFY_WEBHOOKS_REFUSED", "Address is not allowed")
    assert rows(store) == 0


def test_shop_that_calls_itself_something_else_is_refused(
    connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int
) -> None:
    shop.domain = "annan.myshopify.com"
    assert refused(connector, tenant_id).code == "SHOPIFY_DOMAIN_INVALID"
    assert rows(store) == 0


def test_shop_of_another_tenant_is_refused_and_a_second_shop_is_not(
    connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int
) -> None:
    connect(connector, make_tenant(store, "Annan AB"))
    assert refused(connector, tenant_id).code == "SHOPIFY_SHOP_TAKEN"
    shop.domain = "bar.myshopify.com"
    assert connect(connector, tenant_id, typed="bar.myshopify.com").renewed is False
    shop.domain = "krans.myshopify.com"
    assert connect(connector, tenant_id, typed="krans.myshopify.com").renewed is False


def signed(query: dict[str, str], secret: str = "publik-hemlig") -> dict[str, str]:
    text = "&".join(f"{name}={query[name]}" for name in sorted(query))
    return query | {"hmac": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


def visit(**more: str) -> dict[str, str]:
    return {"shop": SHOP, "timestamp": str(int(NOW.timestamp())), "host": "YWRtaW4"} | more


def test_install_goes_to_the_shop_and_comes_home(
    connector: ShopifyConnector, shop: FakeShop, store: Store, tenant_id: int
) -> None:
    url = urlsplit(connector.enter_install(tenant_id=tenant_id, session_hash="s1", query=signed(visit())))
    assert (url.netloc, url.path) == (SHOP, "/admin/oauth/authorize")
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (query["client_id"], query["scope"]) == ("publik", ",".join(SCOPES))
    back = signed(visit(code="kod", state=query["state"]))
    connected = connector.complete_install(tenant_id=tenant_id, session_hash="s1", query=back)
    assert connected.display_name == "Björk & Bär"
    assert shop.forms[0]["expiring"] == "1"
    with store.read() as session:
        assert session.scalars(select(Connection.grant)).one() == "authorization_code"
    with pytest.raises(ConnectRefusedError, match="OAUTH_STATE_REPLAYED"):
        connector.complete_install(tenant_id=tenant_id, session_hash="s1", query=back)


@pytest.mark.parametrize(
    "query",
    [
        visit(),
        visit(hmac="0" * 64),
        signed(visit(), "fel"),
        signed(visit()) | {"shop": "evil.myshopify.com"},
        signed(visit(timestamp=str(int(NOW.timestamp()) - 91))),
        signed(visit(timestamp="")),
        signed(visit(timestamp="²")),
        signed({"shop": SHOP}),
    ],
)
def test_unsigned_or_old_visit_is_refused(
    connector: ShopifyConnector, shop: FakeShop, tenant_id: int, query: dict[str, str]
) -> None:
    for flow in (connector.enter_install, connector.complete_install):
        with pytest.raises(ConnectRefusedError, match="SHOPIFY_INSTALL_FORGED"):
            flow(tenant_id=tenant_id, session_hash="s1", query=query)
    assert shop.urls == []


def test_visit_is_never_trusted_without_a_configured_secret(connector: ShopifyConnector, tenant_id: int) -> None:
    bare = replace(connector, app=replace(APP, client_secret=""))
    with pytest.raises(ConnectRefusedError, match="SHOPIFY_INSTALL_FORGED"):
        bare.enter_install(tenant_id=tenant_id, session_hash="s1", query=signed(visit(), ""))


def test_callback_of_another_shop_than_the_one_begun_is_refused(connector: ShopifyConnector, tenant_id: int) -> None:
    url = connector.begin_install(tenant_id=tenant_id, session_hash="s1", shop="annan.myshopify.com")
    state = parse_qs(urlsplit(url).query)["state"][0]
    with pytest.raises(ConnectRefusedError, match="SHOPIFY_INSTALL_FORGED"):
        connector.complete_install(tenant_id=tenant_id, session_hash="s1", query=signed(visit(code="k", state=state)))


def test_declined_install_has_its_code(connector: ShopifyConnector, tenant_id: int) -> None:
    url = connector.begin_install(tenant_id=tenant_id, session_hash="s1", shop=SHOP)
    state = parse_qs(urlsplit(url).query)["state"][0]
    with pytest.raises(ConnectRefusedError, match="SHOPIFY_CONSENT_REFUSED"):
        connector.complete_install(tenant_id=tenant_id, session_hash="s1", query=signed(visit(state=state)))


def test_refused_code_names_the_shop(connector: ShopifyConnector, shop: FakeShop, tenant_id: int) -> None:
    url = connector.begin_install(tenant_id=tenant_id, session_hash="s1", shop=SHOP)
    state = parse_qs(urlsplit(url).query)["state"][0]
    shop.token_status = 400
    with pytest.raises(ConnectRefusedError) as refusal:
        connector.complete_install(tenant_id=tenant_id, session_hash="s1", query=signed(visit(code="k", state=state)))
    assert (refusal.value.code, refusal.value.values) == ("SHOPIFY_CREDENTIALS_REFUSED", {"shop": SHOP})


def test_nothing_secret_is_printed(connector: ShopifyConnector) -> None:
    assert "publik-hemlig" not in repr(connector)
