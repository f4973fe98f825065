"""The Fortnox round trip against a stand-in that answers as the dossier says; the emulator has its own tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import func, select

from app.connections.errors import ConnectRefusedError
from app.connections.flows.fortnox import FortnoxConnector
from app.connections.flows.fortnox_oauth import Account, FortnoxApp, TokenRefusedError, refresh_tokens, token_company
from app.connections.repository import Connected
from app.kit.db.engine import Store
from app.kit.encryption import KeyRing, SecretValues, connection_binding
from app.schema import Connection, OAuthState
from tests.connect.conftest import NOW, make_tenant

APP = FortnoxApp(
    client_id="bokbro",
    client_secret="hemlig",
    auth_url="https://apps.fortnox.se/oauth-v1",
    api_url="https://api.fortnox.se",
    redirect_uri="https://bokbro.example/connect/fortnox/callback",
    scopes=("companyinformation", "invoice"),
)
BASIC = "Basic " + base64.b64encode(b"bokbro:hemlig").decode()


def fault(number: int, message: str, *, lower: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = {"Error": 1, "Message": message, "Code": number}
    return {"ErrorInformation": {name.lower(): value for name, value in body.items()} if lower else body}


def jwt(company: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"tenantId": company, "userId": 1}).encode()).decode().rstrip("=")
    return f"e30.{body}.x"


@dataclass
class FakeFortnox:
    number: int = 12345
    name: str = "Björk & Bär AB"
    scope: str = "companyinformation invoice"
    token_error: tuple[int, dict[str, str]] | None = None
    company_answer: httpx2.Response | None = None
    calls: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.calls.append((request.url.path, dict(request.headers), form))
        if request.url.path == "/3/companyinformation":
            if self.company_answer is not None:
                return self.company_answer
            company = {"DatabaseNumber": self.number, "CompanyName": self.name, "OrganizationNumber": "556677-8899"}
            return httpx2.Response(200, json={"CompanyInformation": company})
        if request.url.path.endswith("/revoke"):
            return httpx2.Response(200, json={"revoked": True})
        if self.token_error:
            return httpx2.Response(self.token_error[0], json=self.token_error[1])
        answer: dict[str, Any] = {"access_token": jwt(self.number), "expires_in": 3600, "scope": self.scope}
        if form["grant_type"] != "client_credentials":
            answer["refresh_token"] = f"refresh-{len(self.calls)}"
        return httpx2.Response(200, json=answer)

    def paths(self) -> list[str]:
        return [path.rsplit("/", 1)[-1] for path, _, _ in self.calls]


@pytest.fixture
def fortnox() -> FakeFortnox:
    return FakeFortnox()


@pytest.fixture
def connector(store: Store, fortnox: FakeFortnox, ring: KeyRing) -> Iterator[FortnoxConnector]:
    with httpx2.Client(transport=httpx2.MockTransport(fortnox)) as client:
        yield FortnoxConnector(store, APP, client, ring, lambda: NOW)


def consent(connector: FortnoxConnector, tenant_id: int, account: Account = "service") -> Connected:
    url = connector.begin(tenant_id=tenant_id, session_hash="s1", account=account)
    state = parse_qs(urlsplit(url).query)["state"][0]
    return connector.complete(tenant_id=tenant_id, session_hash="s1", query={"state": state, "code": "kod"})


def refused(connector: FortnoxConnector, tenant_id: int, query: dict[str, str] | None = None) -> ConnectRefusedError:
    url = connector.begin(tenant_id=tenant_id, session_hash="s1")
    state = parse_qs(urlsplit(url).query)["state"][0]
    with pytest.raises(ConnectRefusedError) as refusal:
        connector.complete(tenant_id=tenant_id, session_hash="s1", query={"state": state} | (query or {"code": "kod"}))
    return refusal.value


def rows(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Connection)) or 0


def secrets(store: Store, ring: KeyRing, tenant_id: int) -> SecretValues:
    with store.read() as session:
        encrypted = session.scalars(select(Connection.encrypted)).one()
    return ring.open_values(encrypted, bound_to=connection_binding(tenant_id, "fortnox", "12345"))


def test_authorise_address_asks_for_what_we_need(connector: FortnoxConnector, tenant_id: int) -> None:
    service = urlsplit(connector.begin(tenant_id=tenant_id, session_hash="s1"))
    query = {name: values[0] for name, values in parse_qs(service.query).items()}
    assert f"{service.scheme}://{service.netloc}{service.path}" == "https://apps.fortnox.se/oauth-v1/auth"
    assert len(query.pop("state")) > 40
    assert query == {
        "client_id": "bokbro",
        "response_type": "code",
        "redirect_uri": APP.redirect_uri,
        "scope": "companyinformation invoice",
        "access_type": "offline",
        "account_type": "service",
    }
    user = connector.begin(tenant_id=tenant_id, session_hash="s1", account="user")
    assert "account_type" not in parse_qs(urlsplit(user).query)


def test_service_account_works_by_client_credentials(
    connector: FortnoxConnector, fortnox: FakeFortnox, store: Store, ring: KeyRing, tenant_id: int
) -> None:
    connected = consent(connector, tenant_id)
    assert (connected.display_name, connected.renewed) == ("Björk & Bär AB", False)
    exchange, company, service = fortnox.calls
    assert exchange[1]["authorization"] == BASIC
    assert exchange[2] == {"grant_type": "authorization_code", "code": "kod", "redirect_uri": APP.redirect_uri}
    assert company[1]["authorization"] == f"Bearer {jwt(12345)}"
    assert (service[1]["tenantid"], service[1]["authorization"]) == ("12345", BASIC)
    assert service[2] == {"grant_type": "client_credentials"}
    with store.read() as session:
        row = session.scalars(select(Connection)).one()
        assert (row.account, row.grant, row.state, row.version) == ("12345", "client_credentials", "active", 1)
        assert row.organisation_number == "556677-8899"
        assert jwt(12345).encode() not in row.encrypted
    assert secrets(store, ring, tenant_id)["expires_at"] == (NOW + timedelta(hours=1)).isoformat()


def test_user_consent_keeps_the_rotating_refresh_token(
    connector: FortnoxConnector, fortnox: FakeFortnox, store: Store, ring: KeyRing, tenant_id: int
) -> None:
    consent(connector, tenant_id, "user")
    assert fortnox.paths() == ["token", "companyinformation"]
    assert secrets(store, ring, tenant_id)["refresh_token"] == "refresh-1"


def test_reconnecting_the_same_company_keeps_the_row(connector: FortnoxConnector, store: Store, tenant_id: int) -> None:
    first = consent(connector, tenant_id)
    with store.write() as session:
        row = session.get_one(Connection, first.connection_id)
        row.state, row.busy_token, row.documents_checked_until = "needs_consent", "a worker", NOW
    second = consent(connector, tenant_id)
    assert (second.connection_id, second.renewed) == (first.connection_id, True)
    with store.read() as session:
        row = session.scalars(select(Connection)).one()
        assert (row.state, row.version, row.busy_token) == ("active", 2, None)
        assert (row.documents_checked_until, row.organisation_number) == (NOW, "556677-8899")


def test_another_company_on_reconnect_is_refused_and_its_token_given_back(
    connector: FortnoxConnector, fortnox: FakeFortnox, store: Store, tenant_id: int
) -> None:
    consent(connector, tenant_id)
    fortnox.number, fortnox.name = 999, "Fel AB"
    refusal = refused(connector, tenant_id)
    assert refusal.code == "FORTNOX_WRONG_COMPANY"
    assert refusal.values == {"company": "Fel AB", "expected_company": "Björk & Bär AB"}
    path, headers, form = fortnox.calls[-1]
    assert (path, headers["authorization"]) == ("/oauth-v1/revoke", BASIC)
    assert form == {"token": "refresh-4", "token_type_hint": "refresh_token"}
    assert rows(store) == 1


def test_company_of_another_tenant_is_refused_and_that_tenants_consent_left_alone(
    connector: FortnoxConnector, fortnox: FakeFortnox, store: Store, tenant_id: int
) -> None:
    consent(connector, make_tenant(store, "Annan AB"))
    assert refused(connector, tenant_id).code == "FORTNOX_COMPANY_TAKEN"
    assert "revoke" not in fortnox.paths()
    assert rows(store) == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"error": "access_denied"}, "FORTNOX_CONSENT_REFUSED"),
        ({"error": "error_missing_license"}, "FORTNOX_LICENCE_MISSING"),
        ({"error": "error_missing_app_license"}, "FORTNOX_APP_LICENCE_MISSING"),
        ({"error": "error_missing_system_admin_right"}, "FORTNOX_NO_ADMIN_RIGHT"),
        ({"error": "invalid_scope"}, "FORTNOX_APP_MISCONFIGURED"),
        ({"error": "<b>ring 08-123</b>"}, "FORTNOX_APP_MISCONFIGURED"),
        ({"code": ""}, "FORTNOX_BARE_CALLBACK"),
        ({"code": "kod", "error": "access_denied"}, "FORTNOX_CONSENT_REFUSED"),
    ],
)
def test_refusal_on_the_consent_page_has_its_code_and_stores_nothing(
    connector: FortnoxConnector, fortnox: FakeFortnox, store: Store, tenant_id: int, query: dict[str, str], code: str
) -> None:
    refusal = refused(connector, tenant_id, query)
    assert refusal.code == code
    assert "ring" not in str(refusal.values), "words from the address are not shown on our page"
    assert fortnox.calls == []
    assert rows(store) == 0


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "invalid_grant", "error_description": "Code expired"}, "FORTNOX_CODE_EXPIRED"),
        (401, {"error": "invalid_client", "error_description": "wrong"}, "FORTNOX_APP_MISCONFIGURED"),
        (400, {"error": "error_missing_license"}, "FORTNOX_LICENCE_MISSING"),
        (401, {"error": "error_missing_app_license"}, "FORTNOX_APP_LICENCE_MISSING"),
        (503, {}, "FORTNOX_UNAVAILABLE"),
        (200, {"hello": "there"}, "FORTNOX_ANSWER_UNREADABLE"),
    ],
)
def test_refusal_at_the_token_end_point(
    connector: FortnoxConnector,
    fortnox: FakeFortnox,
    store: Store,
    tenant_id: int,
    status: int,
    body: dict[str, str],
    code: str,
) -> None:
    fortnox.token_error = (status, body)
    assert refused(connector, tenant_id).code == code
    assert rows(store) == 0


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (403, fault(2000663, "Har inte behörighet för scope"), "FORTNOX_SCOPE_MISSING"),
        (400, fault(2001101, "Det finns ingen aktiv licens för önskat scope", lower=True), "FORTNOX_LICENCE_MISSING"),
        (401, {"message": "unauthorized"}, "FORTNOX_CONSENT_LOST"),
        (500, {}, "FORTNOX_UNAVAILABLE"),
        (400, fault(2999999, "Okänt", lower=True), "FORTNOX_REFUSED_UNKNOWN"),
        (200, {"CompanyInformation": {}}, "FORTNOX_ANSWER_UNREADABLE"),
        (200, {"CompanyInformation": {"DatabaseNumber": 777, "CompanyName": "Annat"}}, "FORTNOX_ANSWER_UNREADABLE"),
    ],
)
def test_company_that_cannot_be_read_back_gives_the_token_back(
    connector: FortnoxConnector,
    fortnox: FakeFortnox,
    store: Store,
    tenant_id: int,
    status: int,
    body: dict[str, Any],
    code: str,
) -> None:
    fortnox.company_answer = httpx2.Response(status, json=body)
    assert refused(connector, tenant_id).code == code
    assert fortnox.paths()[-1] == "revoke"
    assert rows(store) == 0


def test_missing_scope_is_named(
    connector: FortnoxConnector, fortnox: FakeFortnox, store: Store, tenant_id: int
) -> None:
    fortnox.scope = "companyinformation"
    refusal = refused(connector, tenant_id)
    assert (refusal.code, refusal.values) == ("FORTNOX_SCOPE_MISSING", {"scope": "invoice"})
    assert rows(store) == 0


def test_callback_without_anything_and_callback_without_state(connector: FortnoxConnector, tenant_id: int) -> None:
    for query, code in [
        ({}, "FORTNOX_BARE_CALLBACK"),
        ({"code": "kod"}, "OAUTH_STATE_UNKNOWN"),
        ({"error": "invalid_scope"}, "FORTNOX_APP_MISCONFIGURED"),
        ({"code": "kod", "state": "gissad"}, "OAUTH_STATE_UNKNOWN"),
    ]:
        with pytest.raises(ConnectRefusedError) as refusal:
            connector.complete(tenant_id=tenant_id, session_hash="s1", query=query)
        assert refusal.value.code == code


def test_state_is_single_use_bound_and_expiring(
    connector: FortnoxConnector, fortnox: FakeFortnox, store: Store, tenant_id: int
) -> None:
    def come_back(session_hash: str, now: datetime) -> str:
        later = replace(connector, clock=lambda: now)
        try:
            later.complete(tenant_id=tenant_id, session_hash=session_hash, query={"state": state, "code": "kod"})
        except ConnectRefusedError as refusal:
            return refusal.code
        return "connected"

    state = parse_qs(urlsplit(connector.begin(tenant_id=tenant_id, session_hash="s1")).query)["state"][0]
    assert come_back("s2", NOW) == "OAUTH_STATE_FOREIGN"
    assert come_back("s1", NOW + timedelta(minutes=10)) == "OAUTH_STATE_EXPIRED"
    assert fortnox.calls == []
    assert come_back("s1", NOW) == "connected"
    assert come_back("s1", NOW) == "OAUTH_STATE_REPLAYED"
    with store.read() as session:
        assert session.scalars(select(OAuthState.used_at)).one() == NOW


def test_refresh_is_one_exchange_and_names_its_refusal(connector: FortnoxConnector, fortnox: FakeFortnox) -> None:
    tokens = refresh_tokens(connector.client, APP, "old", now=NOW)
    assert (tokens.refresh_token, tokens.expires_at) == ("refresh-1", NOW + timedelta(hours=1))
    assert fortnox.calls[0][2] == {"grant_type": "refresh_token", "refresh_token": "old"}
    fortnox.token_error = (400, {"error": "invalid_grant", "error_description": "Invalid refresh token"})
    with pytest.raises(TokenRefusedError, match="invalid_grant"):
        refresh_tokens(connector.client, APP, "old", now=NOW)


def test_nothing_secret_is_printed(connector: FortnoxConnector) -> None:
    tokens = refresh_tokens(connector.client, APP, "old", now=NOW)
    assert "refresh-1" not in repr(tokens)
    assert jwt(12345) not in repr(tokens)
    assert "hemlig" not in repr(APP) + repr(connector)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a.e30.c", "a.bnVsbA.c", "a.W10.c", "a.å.c"])
def test_token_that_is_no_jwt_names_no_company(token: str) -> None:
    assert token_company(token) is None
