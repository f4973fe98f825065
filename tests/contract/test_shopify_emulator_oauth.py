"""Installing, tokens and their ends, over real HTTP."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from tests.support.contract.shopify_stage import CLIENT_ID, DOMAIN, REDIRECT, SECRET, Stage, staged

SHOP_QUERY = "{ shop { name } }"
TOKEN_PATH = f"/{DOMAIN}/admin/oauth/access_token"


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage(clock: Clock) -> Iterator[Stage]:
    with staged(clock=clock) as ready:
        yield ready


def authorize(stage: Stage, decision: str = "install", **changes: str) -> httpx2.Response:
    query = {"client_id": CLIENT_ID, "scope": "read_orders", "redirect_uri": REDIRECT, "state": "nonce-1"} | changes
    page = stage.http.get(f"/{DOMAIN}/admin/oauth/authorize", params=query)
    if page.status_code != 200:
        return page
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return stage.http.post(f"/{DOMAIN}/admin/oauth/authorize", data={**hidden, "decision": decision})


def callback(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 302
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def tokens(stage: Stage, **body: Any) -> httpx2.Response:
    return stage.http.post(TOKEN_PATH, json={"client_id": CLIENT_ID, "client_secret": SECRET, **body})


def works(stage: Stage, token: str) -> bool:
    return stage.ask(SHOP_QUERY, token=token).status_code == 200


def test_the_merchant_who_installs_comes_back_with_a_signed_code(stage: Stage) -> None:
    query = callback(authorize(stage))
    signature = query.pop("hmac")
    text = "&".join(f"{key}={value}" for key, value in sorted(query.items()))
    assert signature == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert query["shop"] == DOMAIN
    assert query["state"] == "nonce-1"
    assert set(query) == {"code", "host", "shop", "state", "timestamp"}


def test_the_merchant_who_declines_comes_back_without_a_code(stage: Stage) -> None:
    query = callback(authorize(stage, "cancel"))
    assert query["error"] == "access_denied"
    assert "code" not in query


def test_a_code_buys_one_permanent_token_with_the_scopes_agreed_to(stage: Stage) -> None:
    code = callback(authorize(stage))["code"]
    first = tokens(stage, code=code)
    assert first.json()["scope"] == "read_orders"
    assert "expires_in" not in first.json()
    assert works(stage, first.json()["access_token"])
    assert tokens(stage, code=code).status_code == 400


def test_an_address_that_the_app_did_not_register_is_refused(stage: Stage) -> None:
    stage.control("PUT", f"/apps/{CLIENT_ID}", redirect_urls=[REDIRECT])
    assert authorize(stage, redirect_uri="http://127.0.0.1:9/elsewhere").status_code == 400
    assert authorize(stage).status_code == 302


def test_an_expiring_token_ends_and_its_refresh_token_gives_a_new_one(stage: Stage, clock: Clock) -> None:
    pair = tokens(stage, code=callback(authorize(stage))["code"], expiring="1").json()
    assert pair["expires_in"] == 3600
    clock.ahead = timedelta(hours=1, seconds=1)
    assert not works(stage, pair["access_token"])
    renewed = tokens(stage, grant_type="refresh_token", refresh_token=pair["refresh_token"]).json()
    assert works(stage, renewed["access_token"])


def test_a_used_refresh_token_stays_valid_until_its_replacement_is_used(stage: Stage) -> None:
    first = tokens(stage, code=callback(authorize(stage))["code"], expiring="1").json()["refresh_token"]
    second = tokens(stage, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert tokens(stage, grant_type="refresh_token", refresh_token=first).status_code == 200
    assert tokens(stage, grant_type="refresh_token", refresh_token=second).status_code == 200
    assert tokens(stage, grant_type="refresh_token", refresh_token=first).status_code == 400


def test_the_grace_of_a_used_refresh_token_ends_after_thirty_days(stage: Stage, clock: Clock) -> None:
    first = tokens(stage, code=callback(authorize(stage))["code"], expiring="1").json()["refresh_token"]
    tokens(stage, grant_type="refresh_token", refresh_token=first)
    clock.ahead = timedelta(days=31)
    assert tokens(stage, grant_type="refresh_token", refresh_token=first).status_code == 400


def test_client_credentials_work_as_form_and_json_within_one_organization(stage: Stage) -> None:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": SECRET}
    for answer in (stage.http.post(TOKEN_PATH, data=form), stage.http.post(TOKEN_PATH, json=form)):
        assert answer.json()["expires_in"] == 86399
        assert works(stage, answer.json()["access_token"])
    stage.control("PUT", f"/apps/{CLIENT_ID}", organization="someone else")
    assert stage.http.post(TOKEN_PATH, data=form).status_code == 400


def test_a_permanent_token_is_exchanged_for_an_expiring_one_and_dies(stage: Stage) -> None:
    kind = "urn:shopify:params:oauth:token-type:offline-access-token"
    answer = tokens(
        stage,
        grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token=stage.token,
        subject_token_type=kind,
        requested_token_type=kind,
        expiring="1",
    ).json()
    assert works(stage, answer["access_token"])
    assert not works(stage, stage.token)


def test_a_wrong_client_secret_gets_no_token(stage: Stage) -> None:
    assert tokens(stage, client_secret="guess", grant_type="client_credentials").status_code == 400


def test_a_token_of_an_uninstalled_shop_is_dead(stage: Stage) -> None:
    pair = tokens(stage, code=callback(authorize(stage))["code"], expiring="1").json()
    stage.control("POST", f"/shops/{DOMAIN}/uninstall")
    answer = stage.ask(SHOP_QUERY)
    assert answer.status_code == 401
    assert answer.json()["errors"].startswith("[API] Invalid API key or access token")
    assert tokens(stage, grant_type="refresh_token", refresh_token=pair["refresh_token"]).status_code == 400


def test_a_token_opens_only_its_own_shop(stage: Stage) -> None:
    other = stage.control("POST", "/shops", domain="other.myshopify.com", install=True)["access_token"]
    assert stage.ask(SHOP_QUERY, token=other).status_code == 401


def test_the_query_of_the_consent_page_cannot_become_markup(stage: Stage) -> None:
    query = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT, "state": '"><script>alert(1)</script>', "scope": "<b>"}
    page = stage.http.get(f"/{DOMAIN}/admin/oauth/authorize", params=query).text
    assert "<script>" not in page
    assert "<b>" not in page
