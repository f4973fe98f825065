"""Fortnox's OAuth end points and the company behind a token (fortnox-api.md 1). Knows no database and no clock.

authlib builds the authorise address and speaks with the token end point; its automatic refresh is never used, because
its lock lives in one object of one process while a refresh token works once in the whole world.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2ClientAuth
from authlib.oauth2.client import DEFAULT_HEADERS, OAuth2Client

from app.catalogue import match_refusal
from app.connections.errors import ConnectRefusedError
from app.ledgers.fortnox.platform import FORTNOX
from app.settings import Settings

Account = Literal["service", "user"]
"""Whom the consent is given to: the company's service account, or the person who clicks."""

_TOKEN_SECONDS = 30.0
"""Long on purpose: a refresh that we stop waiting for may have used the refresh token up (fortnox-api.md 1.1)."""
_MAX_MESSAGE = 200


class TokenRefusedError(Exception):
    """The token end point said no. `error` is OAuth's word for it (invalid_grant, error_missing_license, …)."""

    def __init__(self, error: str, description: str = "") -> None:
        self.error = error
        self.description = description
        super().__init__(f"{error}: {description}" if description else error)


class TokenUnreachableError(Exception):
    """No answer, or a fault on their side. The request may have been carried out."""


class TokenUnreadableError(Exception):
    """An answer that is no token."""


@dataclass(frozen=True, slots=True)
class FortnoxApp:
    """Our registration at Fortnox, and where Fortnox is."""

    client_id: str
    client_secret: str = field(repr=False)
    auth_url: str
    """OAuth base: `/auth`, `/token` and `/revoke` hang below it."""
    api_url: str
    redirect_uri: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token end point gave. `refresh_token` is absent for client credentials."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...]


class _Client(OAuth2Client):  # type: ignore[misc]  # authlib carries no types
    """authlib's protocol on an HTTP client that we were given, so that pools, limits and tests are ours."""

    client_auth_class = OAuth2ClientAuth
    SESSION_REQUEST_PARAMS = ("timeout",)


def authorise_url(app: FortnoxApp, *, state: str, account: Account, more: Sequence[str] = ()) -> str:
    """The address of Fortnox's consent page. `state` is required here, so that it cannot be forgotten.

    `more` are scopes beyond those that every company needs.
    """
    scopes = dict.fromkeys((*app.scopes, *more))
    extra = {"access_type": "offline"} | ({"account_type": "service"} if account == "service" else {})
    client = _Client(None, app.client_id, scope=" ".join(scopes), redirect_uri=app.redirect_uri)
    url, _ = client.create_authorization_url(f"{app.auth_url}/auth", state=state, **extra)
    return str(url)


def exchange_code(client: httpx2.Client, app: FortnoxApp, code: str, *, now: datetime) -> Tokens:
    """Exchange an authorisation code, once. Raises TokenRefusedError, TokenUnreachableError, TokenUnreadableError."""
    return _fetch(client, app, now, grant_type="authorization_code", code=code, redirect_uri=app.redirect_uri)


def refresh_tokens(client: httpx2.Client, app: FortnoxApp, refresh_token: str, *, now: datetime) -> Tokens:
    """Exchange a refresh token, which ends then: the caller must hold the claim on the connection. Raises as above."""
    return _fetch(client, app, now, grant_type="refresh_token", refresh_token=refresh_token)


def service_token(client: httpx2.Client, app: FortnoxApp, company: str, *, now: datetime) -> Tokens:
    """Ask for a service account's access token by client credentials; may be repeated at will. Raises as above."""
    return _fetch(client, app, now, headers={"TenantId": company}, grant_type="client_credentials")


def revoke(client: httpx2.Client, app: FortnoxApp, refresh_token: str) -> bool:
    """Give a refresh token back. Returns whether Fortnox confirmed; never raises, as there is nothing left to undo."""
    oauth = _Client(client, app.client_id, app.client_secret)
    try:
        answer = oauth.revoke_token(
            f"{app.auth_url}/revoke",
            token=refresh_token,
            token_type_hint="refresh_token",  # noqa: S106  the kind of token, not a token
            timeout=_TOKEN_SECONDS,
        )
        return answer.status_code == httpx2.codes.OK and answer.json().get("revoked") is True
    except (httpx2.HTTPError, AuthlibBaseError, ValueError, AttributeError):
        return False


def token_company(access_token: str) -> str | None:
    """The TenantId inside an access token, or None when it cannot be read.

    Decoded without verification, for the key is not public: only to notice a contradiction, never to trust.
    """
    try:
        body = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        company = claims.get("tenantId")
    except (IndexError, ValueError, AttributeError, binascii.Error):
        return None
    return None if company is None else str(company)


def _fetch(
    client: httpx2.Client, app: FortnoxApp, now: datetime, *, headers: Mapping[str, str] | None = None, **form: str
) -> Tokens:
    oauth = _Client(client, app.client_id, app.client_secret)
    try:
        answer = oauth.fetch_token(
            f"{app.auth_url}/token", headers=DEFAULT_HEADERS | dict(headers or {}), timeout=_TOKEN_SECONDS, **form
        )
    except AuthlibBaseError as refusal:
        raise TokenRefusedError(refusal.error or "", (refusal.description or "")[:_MAX_MESSAGE]) from refusal
    except httpx2.HTTPError as failure:
        raise TokenUnreachableError(str(failure)) from failure
    except ValueError as failure:
        raise TokenUnreadableError(str(failure)) from failure
    return _tokens(answer, now)


def _tokens(answer: Mapping[str, Any], now: datetime) -> Tokens:
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    lifetime = answer.get("expires_in", 3600)
    if not isinstance(access, str) or not access or not isinstance(lifetime, int):
        raise TokenUnreadableError("the answer holds no access token")
    return Tokens(
        access_token=access,
        refresh_token=refresh if isinstance(refresh, str) else None,
        expires_at=now + timedelta(seconds=lifetime),
        scopes=tuple(str(answer.get("scope") or "").split()),
    )


_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Company:
    """A company in Fortnox. `number` is DatabaseNumber, which Fortnox also calls TenantId."""

    number: str
    name: str
    organisation_number: str


def read_company(client: httpx2.Client, api_url: str, access_token: str) -> Company:
    """Ask Fortnox whom this token belongs to. Raises ConnectRefusedError with the code of Fortnox's answer."""
    try:
        answer = client.get(
            f"{api_url}/3/companyinformation",
            headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json"},
            timeout=_SECONDS,
        )
    except httpx2.HTTPError as failure:
        raise ConnectRefusedError("FORTNOX_UNAVAILABLE") from failure
    body = _json(answer)
    if answer.status_code != httpx2.codes.OK:
        raise _refused(answer.status_code, body)
    company = body.get("CompanyInformation")
    number = company.get("DatabaseNumber") if isinstance(company, dict) else None
    if not isinstance(company, dict) or not isinstance(number, int | str) or not str(number).strip():
        raise ConnectRefusedError("FORTNOX_ANSWER_UNREADABLE", {"status": str(answer.status_code)})
    return Company(str(number), str(company.get("CompanyName") or number), str(company.get("OrganizationNumber") or ""))


def _refused(status: int, body: dict[str, Any]) -> ConnectRefusedError:
    # Two spellings of one envelope exist, by where in Fortnox the error arises (fortnox-api.md 2.4).
    inner = body.get("ErrorInformation")
    fault = {str(key).lower(): value for key, value in inner.items()} if isinstance(inner, dict) else {}
    message = str(fault.get("message") or body.get("message") or "")
    number = int(fault["code"]) if str(fault.get("code", "")).isdecimal() else None
    entry = match_refusal(FORTNOX.name, number, message, status)
    values = {"scope": "companyinformation", "number": str(number or "–"), "message": message, "status": str(status)}
    return ConnectRefusedError(entry.code if entry else "FORTNOX_REFUSED_UNKNOWN", values)


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def fortnox_app(settings: Settings) -> FortnoxApp:
    """Our registration at Fortnox, from the settings."""
    return FortnoxApp(
        client_id=settings.fortnox_client_id,
        client_secret=settings.fortnox_client_secret.get_secret_value(),
        auth_url=settings.fortnox_auth_url.rstrip("/"),
        api_url=settings.fortnox_api_url.rstrip("/"),
        redirect_uri=f"{settings.base_url.rstrip('/')}/connect/fortnox/callback",
        scopes=tuple(settings.fortnox_scopes),
    )
