"""OAuth of the Fortnox emulator: activation page, codes, single-use refresh tokens, service accounts."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from sandbox.fortnox.config import ClientConfig, CompanyConfig, SandboxConfig
from tests.support.contract.fortnox_emulator import Fortnox, connected

CALLBACK = "http://127.0.0.1:9/oauth/fortnox"
ASKED = {
    "client_id": "bokbro-demo",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "companyinformation invoice",
    "state": "st-1",
    "access_type": "offline",
}


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    clients = (ClientConfig(), ClientConfig(client_id="narrow", scopes=("invoice",), service_accounts=False))
    with connected(SandboxConfig(clients=clients, companies=(CompanyConfig(),))) as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def _decide(fortnox: Fortnox, action: str = "approve", company: str = "1234567", **changes: str) -> dict[str, str]:
    """Click a button and read the words that come back to the client."""
    form = ASKED | changes | {"action": action, "company": company}
    answer = fortnox.http.post("/oauth-v1/auth", data=form)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def _token(fortnox: Fortnox, secret: str = "bokbro-demo-secret", **form: str) -> httpx2.Response:
    headers = {"TenantId": form.pop("tenant")} if "tenant" in form else {}
    return fortnox.http.post("/oauth-v1/token", data=form, auth=("bokbro-demo", secret), headers=headers)


def _exchange(fortnox: Fortnox, **changes: str) -> Any:
    code = _decide(fortnox, **changes)["code"]
    answer = _token(fortnox, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _refresh(fortnox: Fortnox, token: str) -> httpx2.Response:
    return _token(fortnox, grant_type="refresh_token", refresh_token=token)


def _who(fortnox: Fortnox, tokens: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return fortnox.http.get("/3/companyinformation", headers=headers)


def test_the_page_is_swedish_and_works_without_scripts(fortnox: Fortnox) -> None:
    page = fortnox.http.get("/oauth-v1/auth", params=ASKED)
    assert page.status_code == 200
    for words in ("Aktivering", "Godkänn &amp; aktivera", "Avbryt", "Granström Form AB", 'method="post"'):
        assert words in page.text
    assert "<script" not in page.text


def test_the_page_lets_the_user_choose_among_companies(fortnox: Fortnox) -> None:
    other = {"database_number": 77, "name": "Lin & Lera AB"}
    assert fortnox.http.post("/_sandbox/companies", json=other).status_code == 201
    assert "Lin &amp; Lera AB" in fortnox.http.get("/oauth-v1/auth", params=ASKED).text
    code = _decide(fortnox, company="77")["code"]
    tokens = _token(fortnox, grant_type="authorization_code", code=code, redirect_uri=CALLBACK).json()
    assert _who(fortnox, tokens).json()["CompanyInformation"]["DatabaseNumber"] == 77


def test_approval_leads_to_tokens_that_name_the_company(fortnox: Fortnox) -> None:
    words = _decide(fortnox)
    assert words["state"] == "st-1"
    tokens = _exchange(fortnox)
    assert list(tokens) == ["access_token", "expires_in", "token_type", "scope", "refresh_token"]
    assert (tokens["expires_in"], tokens["token_type"], tokens["scope"]) == (3600, "bearer", ASKED["scope"])
    payload = tokens["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["tenantId"], claims["userId"]) == (1234567, "3f0c3b1e2a")
    assert _who(fortnox, tokens).status_code == 200


def test_declining_returns_access_denied(fortnox: Fortnox) -> None:
    words = _decide(fortnox, action="deny")
    assert (words["error"], words["state"]) == ("access_denied", "st-1")


@pytest.mark.parametrize(
    ("company", "changes", "error"),
    [
        ({"integration_licence": False}, {}, "error_missing_license"),
        ({"app_licence": False}, {}, "error_missing_app_license"),
        ({"licences": ["companyinformation"]}, {}, "error_missing_license"),
        ({"user": {"sys_admin": False}}, {"account_type": "service"}, "error_missing_system_admin_right"),
        ({}, {"scope": "invoice nonsense"}, "invalid_scope"),
        ({}, {"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_what_stands_in_the_way_is_told_to_the_client(
    fortnox: Fortnox, company: dict[str, object], changes: dict[str, str], error: str
) -> None:
    fortnox.company(**company)
    assert _decide(fortnox, **changes)["error"] == error


def test_unknown_clients_and_addresses_get_no_redirect(fortnox: Fortnox) -> None:
    for changes in ({"client_id": "x"}, {"redirect_uri": "javascript:alert(1)"}):
        assert fortnox.http.get("/oauth-v1/auth", params=ASKED | changes).status_code == 400
    narrow = ASKED | {"client_id": "narrow", "scope": "invoice", "account_type": "service"}
    assert "Client does not allow service account" in fortnox.http.get("/oauth-v1/auth", params=narrow).text


def test_a_bare_callback_is_a_switch(fortnox: Fortnox) -> None:
    fortnox.switch(bare_callback=True)
    assert _decide(fortnox) == {}


def test_a_code_works_once_for_ten_minutes_at_its_own_address(fortnox: Fortnox) -> None:
    def turn_in(code: str, address: str = CALLBACK) -> int:
        return _token(fortnox, grant_type="authorization_code", code=code, redirect_uri=address).status_code

    code = _decide(fortnox)["code"]
    assert turn_in(code, CALLBACK + "/x") == 400
    assert (turn_in(code), turn_in(code)) == (200, 400)
    late = _decide(fortnox)["code"]
    fortnox.http.post("/_sandbox/clock", json={"advance_seconds": 601})
    assert turn_in(late) == 400


def test_a_reused_refresh_token_is_refused(fortnox: Fortnox) -> None:
    first = _exchange(fortnox)
    second = _refresh(fortnox, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    again = _refresh(fortnox, first["refresh_token"])
    assert again.status_code == 400
    assert again.json() == {"error": "invalid_grant", "error_description": "Invalid refresh token"}
    assert _refresh(fortnox, second["refresh_token"]).status_code == 200
    assert _who(fortnox, first).status_code == 200


def test_two_refreshes_at_once_leave_only_the_last_pair(fortnox: Fortnox) -> None:
    fortnox.switch(refresh_race_seconds=5)
    first = _exchange(fortnox)
    one = _refresh(fortnox, first["refresh_token"]).json()
    two = _refresh(fortnox, first["refresh_token"]).json()
    assert _refresh(fortnox, one["refresh_token"]).status_code == 400
    assert _refresh(fortnox, two["refresh_token"]).status_code == 200


def test_an_access_token_lives_an_hour_and_a_refresh_token_45_days(fortnox: Fortnox) -> None:
    tokens = _exchange(fortnox)
    fortnox.http.post("/_sandbox/clock", json={"advance_seconds": 3601})
    refused = _who(fortnox, tokens)
    assert (refused.status_code, refused.json()) == (401, {"message": "unauthorized"})
    fortnox.http.post("/_sandbox/clock", json={"advance_seconds": 45 * 86400})
    assert _refresh(fortnox, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_wrong_credentials_are_refused(fortnox: Fortnox) -> None:
    answer = _token(fortnox, secret="x", grant_type="refresh_token", refresh_token="y")
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client", "error_description": "The client credentials are invalid"}


def test_client_credentials_need_the_consent_of_a_service_account(fortnox: Fortnox) -> None:
    _exchange(fortnox)
    assert _token(fortnox, grant_type="client_credentials", tenant="1234567").status_code == 400
    _exchange(fortnox, account_type="service")
    answer = _token(fortnox, grant_type="client_credentials", tenant="1234567").json()
    assert set(answer) == {"access_token", "expires_in", "token_type", "scope"}
    assert _who(fortnox, answer).status_code == 200
    form = {"grant_type": "client_credentials", "tenant": "1234567"}
    assert _token(fortnox, **form, scope="invoice").json()["scope"] == "invoice"
    assert _token(fortnox, **form, scope="invoice bookkeeping").json() == {"error": "invalid_scope"}


def test_a_lost_licence_shows_at_refresh_and_does_not_use_the_token_up(fortnox: Fortnox) -> None:
    tokens = _exchange(fortnox)
    fortnox.company(integration_licence=False)
    assert _refresh(fortnox, tokens["refresh_token"]).json() == {"error": "error_missing_license"}
    fortnox.switch(token_licence_status=401)
    assert _refresh(fortnox, tokens["refresh_token"]).status_code == 401
    fortnox.company(integration_licence=True)
    assert _refresh(fortnox, tokens["refresh_token"]).status_code == 200


def test_revoking_and_withdrawing_end_a_connection(fortnox: Fortnox) -> None:
    tokens = _exchange(fortnox)
    form = {"token_type_hint": "refresh_token", "token": tokens["refresh_token"]}
    answer = fortnox.http.post("/oauth-v1/revoke", data=form, auth=("bokbro-demo", "bokbro-demo-secret"))
    assert answer.json() == {"revoked": True}
    assert _refresh(fortnox, tokens["refresh_token"]).status_code == 400
    other = _exchange(fortnox)
    fortnox.http.post("/_sandbox/consents/withdraw", json={})
    assert _who(fortnox, other).status_code == 401
    assert _refresh(fortnox, other["refresh_token"]).status_code == 400


def test_a_code_posted_to_auth_is_forbidden(fortnox: Fortnox) -> None:
    assert fortnox.http.post("/oauth-v1/auth", data={"grant_type": "authorization_code"}).status_code == 403


def _migrate(fortnox: Fortnox, token: str, client: str = "bokbro-demo") -> httpx2.Response:
    auth = (client, "bokbro-demo-secret")
    return fortnox.http.post("/oauth-v1/migrate", data={"access_token": token}, auth=auth)


def _legacy(fortnox: Fortnox) -> str:
    return str(
        fortnox.http.post("/_sandbox/tokens/legacy", json={"scopes": ["companyinformation"]}).json()["access_token"]
    )


def test_a_legacy_token_is_exchanged_once_for_a_pair_that_renews(fortnox: Fortnox) -> None:
    legacy = _legacy(fortnox)
    tokens = _migrate(fortnox, legacy).json()
    assert (tokens["scope"], tokens["token_type"]) == ("companyinformation", "bearer")
    assert _who(fortnox, tokens).status_code == 200
    assert _refresh(fortnox, tokens["refresh_token"]).status_code == 200
    assert (_migrate(fortnox, legacy).status_code, _migrate(fortnox, legacy).json()) == (
        404,
        {"message": "Access-token not found"},
    )


def test_a_legacy_token_is_kept_where_its_exchange_is_refused(fortnox: Fortnox) -> None:
    legacy = _legacy(fortnox)
    assert _migrate(fortnox, legacy, client="stranger").json() == {"message": "Invalid authorization"}
    assert _migrate(fortnox, legacy, client="narrow").status_code == 403
    assert _migrate(fortnox, "").status_code == 400
    fortnox.company(integration_licence=False)
    assert "missing license" in _migrate(fortnox, legacy).json()["message"]
    fortnox.company(integration_licence=True)
    assert _migrate(fortnox, legacy).status_code == 200
