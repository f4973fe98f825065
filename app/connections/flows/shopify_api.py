"""Shopify's token end point and the few GraphQL calls of connecting (shopify-api.md 1, 2.1, 6). Knows no database."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2

from app.connections.errors import ConnectRefusedError
from app.kit.random_tokens import same
from app.shops.shopify.scopes import named_scope

_SECONDS = 20.0
_DEFAULT_LIFETIME = 24 * 3600
_VISIT_SECONDS = 90
"""How old a signed visit may be: the limit of Shopify's own library (shopify-api.md 1.3)."""
_MAX_MESSAGE = 120

_SHOP_QUERY = """
query BokbroShop {
  shop { id name myshopifyDomain currencyCode ianaTimezone }
  currentAppInstallation { accessScopes { handle } }
}
"""


@dataclass(frozen=True, slots=True)
class ShopTokens:
    """What the token end point gave. Client credentials have no refresh token: one asks again."""

    access_token: str = field(repr=False)
    expires_at: datetime | None
    """None: lives until revoked (older apps)."""
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop as it describes itself, and what the app may do there."""

    gid: str
    name: str
    domain: str
    currency: str
    time_zone: str
    scopes: tuple[str, ...]


def client_credentials_token(
    client: httpx2.Client, base_url: str, client_id: str, client_secret: str, *, now: datetime
) -> ShopTokens:
    """Ask for a 24-hour token of the merchant's own app. Raises ConnectRefusedError."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    return _token(client, base_url, form, now)


def code_token(
    client: httpx2.Client, base_url: str, client_id: str, client_secret: str, code: str, *, now: datetime
) -> ShopTokens:
    """Exchange an authorisation code for an expiring offline token. Raises ConnectRefusedError."""
    form = {"client_id": client_id, "client_secret": client_secret, "code": code, "expiring": "1"}
    return _token(client, base_url, form, now)


def refreshed_token(
    client: httpx2.Client, base_url: str, client_id: str, client_secret: str, refresh_token: str, *, now: datetime
) -> ShopTokens:
    """Exchange a refresh token for a new pair; the caller must hold the claim on the connection. Raises as above."""
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    return _token(client, base_url, form, now)


def read_shop(client: httpx2.Client, graphql_url: str, access_token: str) -> Shop:
    """Make the test call: who the shop is, and which scopes the app was given. Raises ConnectRefusedError."""
    data = graphql(client, graphql_url, access_token, _SHOP_QUERY, {})
    try:
        shop, scopes = data["shop"], data["currentAppInstallation"]["accessScopes"]
        return Shop(
            gid=str(shop["id"]),
            name=str(shop["name"]),
            domain=str(shop["myshopifyDomain"]),
            currency=str(shop["currencyCode"]),
            time_zone=str(shop["ianaTimezone"]),
            scopes=tuple(sorted(str(scope["handle"]) for scope in scopes)),
        )
    except (KeyError, TypeError) as fault:
        raise ConnectRefusedError("SHOPIFY_ACCESS_DENIED", {"field": "shop", "scope": "–"}) from fault


def graphql(
    client: httpx2.Client, url: str, access_token: str, query: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Ask one GraphQL question and give its `data`. Raises ConnectRefusedError for every kind of refusal."""
    answer = _post(
        client,
        url,
        headers={"X-Shopify-Access-Token": access_token, "Accept": "application/json"},
        json={"query": query, "variables": dict(variables)},
    )
    body = _json(answer)
    errors = body.get("errors")
    codes = _error_codes(errors)
    if answer.status_code != httpx2.codes.OK or "data" not in body or errors:
        if "THROTTLED" in codes:
            raise ConnectRefusedError("SHOPIFY_THROTTLED")
        if "ACCESS_DENIED" in codes:
            raise ConnectRefusedError("SHOPIFY_ACCESS_DENIED", {"field": _path(errors), "scope": _scope(errors)})
        if answer.status_code == httpx2.codes.FORBIDDEN and not body.keys() & {"data", "errors"}:
            raise ConnectRefusedError("SHOPIFY_HOST_REFUSED")
        raise _refused(answer.status_code)
    data = body["data"]
    return data if isinstance(data, dict) else {}


def is_signed_visit(query: Mapping[str, str], client_secret: str, *, now: datetime) -> bool:
    """Tell whether a visit's query was signed by Shopify with this app's secret, at most 90 s ago."""
    signed = "&".join(f"{key}={query[key]}" for key in sorted(query) if key not in {"hmac", "signature"})
    signature = hmac.new(client_secret.encode(), signed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    stamp = query.get("timestamp", "")
    if not client_secret or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
        return False
    return abs(now.timestamp() - int(stamp)) <= _VISIT_SECONDS and same(signature, query.get("hmac", ""))


def _token(client: httpx2.Client, base_url: str, form: Mapping[str, str], now: datetime) -> ShopTokens:
    answer = _post(client, f"{base_url}/admin/oauth/access_token", headers={"Accept": "application/json"}, data=form)
    body = _json(answer)
    access = body.get("access_token")
    if answer.status_code != httpx2.codes.OK or not isinstance(access, str) or not access:
        if answer.status_code in {400, 401, 403, 404}:
            raise ConnectRefusedError("SHOPIFY_CREDENTIALS_REFUSED")
        raise _refused(answer.status_code)
    refresh = body.get("refresh_token")
    lifetime = body.get("expires_in", _DEFAULT_LIFETIME if "code" not in form else None)
    return ShopTokens(
        access_token=access,
        expires_at=_later(now, lifetime),
        refresh_token=refresh if isinstance(refresh, str) else None,
        refresh_expires_at=_later(now, body.get("refresh_token_expires_in")),
    )


def _later(now: datetime, seconds: object) -> datetime | None:
    return now + timedelta(seconds=seconds) if isinstance(seconds, int) else None


def _post(client: httpx2.Client, url: str, **request: Any) -> httpx2.Response:  # noqa: ANN401  httpx2's own parameters
    try:
        # Redirects are never followed: an address that was checked must be the one that is asked.
        return client.post(url, timeout=_SECONDS, follow_redirects=False, **request)
    except httpx2.HTTPError as failure:
        raise ConnectRefusedError("SHOPIFY_UNAVAILABLE") from failure


def _refused(status: int) -> ConnectRefusedError:
    if status in {401, 403}:
        return ConnectRefusedError("SHOPIFY_TOKEN_REVOKED")
    return ConnectRefusedError(
        "SHOPIFY_THROTTLED" if status == httpx2.codes.TOO_MANY_REQUESTS else "SHOPIFY_UNAVAILABLE"
    )


def _error_codes(errors: object) -> set[str]:
    listed = errors if isinstance(errors, list) else []
    extensions = [error.get("extensions") for error in listed if isinstance(error, dict)]
    return {str(extension.get("code")) for extension in extensions if isinstance(extension, dict)}


def _path(errors: object) -> str:
    first = errors[0] if isinstance(errors, list) and errors else {}
    path = first.get("path") if isinstance(first, dict) else None
    return ".".join(str(part) for part in path)[:_MAX_MESSAGE] if isinstance(path, list) else "–"


def _scope(errors: object) -> str:
    """The scope that Shopify says is missing; it names none where several would do."""
    first = errors[0] if isinstance(errors, list) and errors else {}
    return named_scope(first)[:_MAX_MESSAGE] if isinstance(first, dict) and named_scope(first) else "–"


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
