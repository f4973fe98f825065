"""Connect Shopify: with the merchant's own app (client credentials), or by installing the configured public app."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from sqlalchemy import select

from app.connections import oauth_state
from app.connections.errors import ConnectRefusedError
from app.connections.flows.shopify_api import (
    Shop,
    ShopTokens,
    client_credentials_token,
    code_token,
    graphql,
    is_signed_visit,
    read_shop,
)
from app.connections.flows.shopify_webhooks import subscribe
from app.connections.repository import (
    AccountTakenError,
    Connected,
    ConnectionFacts,
    NewConnection,
    check_account,
    store_connection,
)
from app.kit.db.engine import Store
from app.kit.encryption import DecryptionError, KeyRing, connection_binding
from app.schema import Connection
from app.settings import Settings
from app.shops.shopify.platform import SHOPIFY
from app.shops.shopify.scopes import REQUIRED_SCOPES, SCOPES, missing_scopes

ASKED_SCOPES = SCOPES
"""What the install link asks for."""
OLD_SECRET_LIFETIME = timedelta(hours=24)
"""How long webhooks signed with a replaced secret are accepted. Shopify may use it for an hour (shopify-api.md 2.3)."""


@dataclass(frozen=True, slots=True)
class ShopifyApp:
    """Where shops answer, where their messages go, and the public app if one is configured (`client_id` not empty)."""

    url_template: str
    api_version: str
    webhook_uri: str
    callback_uri: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    def base_url(self, domain: str) -> str:
        """The shop's own address. `domain` must come from `shop_domain`."""
        return self.url_template.replace("{shop}", domain)

    def graphql_url(self, domain: str) -> str:
        """Where the shop answers GraphQL."""
        return f"{self.base_url(domain)}/admin/api/{self.api_version}/graphql.json"


@dataclass(frozen=True)
class ShopifyConnector:
    """Both ways to connect a shop. Each ends in a stored connection or in ConnectRefusedError and nothing stored."""

    store: Store
    app: ShopifyApp
    client: httpx2.Client
    ring: KeyRing
    clock: Callable[[], datetime]

    def connect_own_app(self, *, tenant_id: int, shop: str, client_id: str, client_secret: str) -> Connected:
        """Connect with the merchant's own app: its credentials are tried, the shop is read, webhooks are made."""
        domain = shop_domain(shop)
        client_id, client_secret = client_id.strip(), client_secret.strip()
        try:
            tokens = client_credentials_token(
                self.client, self.app.base_url(domain), client_id, client_secret, now=self.clock()
            )
        except ConnectRefusedError as refusal:
            raise ConnectRefusedError(refusal.code, {"shop": domain} | refusal.values) from refusal
        secrets = {"client_id": client_id, "client_secret": client_secret}
        return self._finish(tenant_id, domain, tokens, "client_credentials", secrets)

    def begin_install(self, *, tenant_id: int, session_hash: str, shop: str) -> str:
        """Remember a state and return the shop's consent page for the public app."""
        domain = shop_domain(shop)
        with self.store.write() as session:
            state = oauth_state.begin(
                session,
                platform=SHOPIFY.name,
                tenant_id=tenant_id,
                session_hash=session_hash,
                now=self.clock(),
                data={"shop": domain},
            )
        query = {
            "client_id": self.app.client_id,
            "scope": ",".join(SCOPES),
            "redirect_uri": self.app.callback_uri,
            "state": state,
        }
        return f"{self.app.base_url(domain)}/admin/oauth/authorize?{urlencode(query, quote_via=quote)}"

    def enter_install(self, *, tenant_id: int, session_hash: str, query: Mapping[str, str]) -> str:
        """Begin from the app's entry in Shopify's admin, whose visit must be signed. Raises SHOPIFY_INSTALL_FORGED."""
        domain = self._signed_shop(query)
        return self.begin_install(tenant_id=tenant_id, session_hash=session_hash, shop=domain)

    def complete_install(self, *, tenant_id: int, session_hash: str, query: Mapping[str, str]) -> Connected:
        """Turn the callback's query into a stored connection: signature first, then state, then the code."""
        domain = self._signed_shop(query)
        try:
            with self.store.write() as session:
                trip = oauth_state.redeem(
                    session,
                    state=query.get("state", ""),
                    platform=SHOPIFY.name,
                    tenant_id=tenant_id,
                    session_hash=session_hash,
                    now=self.clock(),
                )
        except oauth_state.OAuthStateError as refusal:
            raise ConnectRefusedError(refusal.code) from refusal
        if trip.data.get("shop") != domain:
            raise ConnectRefusedError("SHOPIFY_INSTALL_FORGED")
        if not query.get("code"):
            raise ConnectRefusedError("SHOPIFY_CONSENT_REFUSED")
        try:
            tokens = code_token(
                self.client,
                self.app.base_url(domain),
                self.app.client_id,
                self.app.client_secret,
                query["code"],
                now=self.clock(),
            )
        except ConnectRefusedError as refusal:
            raise ConnectRefusedError(refusal.code, {"shop": domain} | refusal.values) from refusal
        return self._finish(tenant_id, domain, tokens, "authorization_code", {})

    def _signed_shop(self, query: Mapping[str, str]) -> str:
        domain = shop_domain(query.get("shop", ""))
        if not is_signed_visit(query, self.app.client_secret, now=self.clock()):
            raise ConnectRefusedError("SHOPIFY_INSTALL_FORGED")
        return domain

    def _finish(
        self, tenant_id: int, domain: str, tokens: ShopTokens, grant: str, secrets: dict[str, Any]
    ) -> Connected:
        try:
            with self.store.write() as session:
                check_account(session, tenant_id, SHOPIFY.name, domain, only_one=False)
            shop = self._read_shop(domain, tokens)
            url = self.app.graphql_url(domain)
            # Before the row: a message that arrives too early is refused and sent again, a row without messages is not.
            done = subscribe(
                lambda query, variables: graphql(self.client, url, tokens.access_token, query, variables),
                self.app.webhook_uri,
            )
            connection = NewConnection(
                tenant_id=tenant_id,
                platform=SHOPIFY.name,
                kind=SHOPIFY.kind,
                account=shop.domain,
                display_name=shop.name,
                grant=grant,
                scopes=shop.scopes,
                secrets=self._secrets(tenant_id, shop.domain, tokens, secrets),
                facts=ConnectionFacts(
                    currency=shop.currency,
                    time_zone=shop.time_zone,
                    webhook_topics=tuple(sorted((*done.kept, *done.made))),
                    refused_topics=tuple(sorted(done.refused)),
                ),
            )
            with self.store.write() as session:
                return store_connection(session, self.ring, connection, self.clock())
        except AccountTakenError as refusal:
            raise ConnectRefusedError("SHOPIFY_SHOP_TAKEN", {"shop": domain}) from refusal
        except ConnectRefusedError as refusal:
            raise ConnectRefusedError(refusal.code, {"shop": domain} | refusal.values) from refusal

    def _read_shop(self, domain: str, tokens: ShopTokens) -> Shop:
        shop = read_shop(self.client, self.app.graphql_url(domain), tokens.access_token)
        # Messages name the shop by this domain, so it and nothing else may be the account.
        if shop_domain(shop.domain) != domain:
            raise ConnectRefusedError("SHOPIFY_DOMAIN_INVALID", {"shop": domain})
        missing = missing_scopes(REQUIRED_SCOPES, shop.scopes)
        if missing:
            raise ConnectRefusedError("SHOPIFY_SCOPE_MISSING", {"scope": ", ".join(missing)})
        return shop

    def _secrets(self, tenant_id: int, account: str, tokens: ShopTokens, secrets: dict[str, Any]) -> dict[str, Any]:
        merged = secrets | {
            "access_token": tokens.access_token,
            "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else None,
            "refresh_token": tokens.refresh_token,
            "refresh_expires_at": tokens.refresh_expires_at.isoformat() if tokens.refresh_expires_at else None,
        }
        before = self._encrypted_before(tenant_id, account)
        old = before.get("client_secret")
        if old and old != secrets.get("client_secret"):
            until = self.clock() + OLD_SECRET_LIFETIME
            return merged | {"old_client_secret": old, "old_client_secret_until": until.isoformat()}
        still_rotating = {name: before[name] for name in before if name.startswith("old_client_secret")}
        return merged | still_rotating

    def _encrypted_before(self, tenant_id: int, account: str) -> Mapping[str, Any]:
        with self.store.read() as session:
            encrypted = session.scalar(
                select(Connection.encrypted).where(
                    Connection.platform == SHOPIFY.name,
                    Connection.account == account,
                    Connection.tenant_id == tenant_id,
                )
            )
        if encrypted is None:
            return {}
        try:
            return self.ring.open_values(encrypted, bound_to=connection_binding(tenant_id, SHOPIFY.name, account))
        except DecryptionError:
            # Keys that were lost are one of the reasons to connect again; that must not be refused for them.
            return {}


_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", re.ASCII)


_MAX_SHOWN = 80


def shop_domain(typed: str) -> str:
    """Give the shop's domain, in lower case and without surrounding space.

    Raises ConnectRefusedError SHOPIFY_DOMAIN_INVALID for anything but a bare `name.myshopify.com`: no scheme, port,
    path, user or other host.
    """
    domain = typed.strip().lower()
    # Asked of what was typed: some letters of other alphabets become ASCII in lower case (the Kelvin sign).
    if not typed.isascii() or not _SHOP.fullmatch(domain):
        raise ConnectRefusedError("SHOPIFY_DOMAIN_INVALID", {"shop": typed.strip()[:_MAX_SHOWN]})
    return domain


def shopify_app(settings: Settings) -> ShopifyApp:
    """Shopify as configured: where shops answer, and the public app if there is one."""
    base = settings.base_url.rstrip("/")
    return ShopifyApp(
        url_template=settings.shopify_url_template,
        api_version=settings.shopify_api_version,
        webhook_uri=f"{base}/webhooks/shopify",
        callback_uri=f"{base}/connect/shopify/callback",
        client_id=settings.shopify_client_id,
        client_secret=settings.shopify_client_secret.get_secret_value(),
    )
