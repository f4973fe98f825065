"""Connecting through the pages against both emulators: every way in, and every way it can end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from sqlalchemy import select

from app.connections.flows.shopify_webhooks import TOPICS
from app.kit.encryption import connection_binding
from app.model.platforms import PlatformKind
from app.schema import Connection, OAuthState
from sandbox.fortnox.config import CompanyConfig, UserConfig
from tests.support.web.connect_flows import configure, consent, decided, expect, install, rows
from tests.web.conftest import COMPANY, OTHER, PASSWORD, SHOP, Site, add_user, text_of


@pytest.mark.parametrize(("account", "grant"), [("service", "client_credentials"), ("user", "refresh_token")])
def test_fortnox_is_connected_in_both_ways(site: Site, account: str, grant: str) -> None:
    browser = site.merchant()
    home = browser.get(consent(site, browser, account=account))
    assert home.headers["location"] == "/?connected=fortnox&again=false"
    words = text_of(browser.get(home.headers["location"]))
    assert "Björk & Bär AB är ansluten." in words
    assert "Databasnummer 12345" in words
    with site.services.store.read() as session:
        row = session.scalars(select(Connection)).one()
        assert (row.account, row.grant, row.tenant_id) == ("12345", grant, site.tenant_id)
        bound_to = connection_binding(site.tenant_id, "fortnox", "12345")
        secrets = site.services.ring.open_values(row.encrypted, bound_to=bound_to)
    answer = httpx2.get(
        f"{site.fortnox_url}/3/companyinformation", headers={"Authorization": f"Bearer {secrets['access_token']}"}
    )
    assert answer.status_code == 200, "the stored token works"
    assert [one.renewed for one in site.connected] == [False]


def test_reconnecting_keeps_the_connection(site: Site) -> None:
    browser = site.merchant()
    browser.get(consent(site, browser))
    home = browser.get(consent(site, browser))
    assert home.headers["location"] == "/?connected=fortnox&again=true"
    assert "All historik finns kvar" in text_of(browser.get(home.headers["location"]))
    assert rows(site) == 1
    assert len({one.connection_id for one in site.connected}) == 1


def test_another_company_on_reconnect_is_refused_and_its_token_dies(site: Site) -> None:
    browser = site.merchant()
    browser.get(consent(site, browser))
    answer = browser.get(consent(site, browser, company=777, account="user"))
    expect(answer, "FORTNOX_WRONG_COMPANY", 409)
    assert "Du valde Fel AB" in text_of(answer)
    assert rows(site) == 1
    calls = httpx2.get(f"{site.fortnox_url}/_sandbox/calls").json()
    assert "/oauth-v1/revoke" in str(calls)


def test_company_of_another_tenant_is_refused(site: Site) -> None:
    with site.services.store.write() as session:
        row = Connection(
            tenant_id=_other_tenant(site), platform="fortnox", kind=PlatformKind.LEDGER,
            account="12345", display_name="Björk & Bär AB",
            state="active", grant="refresh_token", scopes=[], encrypted=b"x",
        )  # fmt: skip
        session.add(row)
    browser = site.merchant()
    expect(browser.get(consent(site, browser)), "FORTNOX_COMPANY_TAKEN", 409)
    assert rows(site) == 1


def _other_tenant(site: Site) -> int:
    from app.schema import Tenant

    with site.services.store.write() as session:
        tenant = Tenant(name="Annan AB")
        session.add(tenant)
        session.flush()
        return tenant.id


def test_declined_consent(site: Site) -> None:
    browser = site.merchant()
    expect(browser.get(consent(site, browser, action="deny")), "FORTNOX_CONSENT_REFUSED", 403)
    assert rows(site) == 0


@pytest.mark.parametrize(
    ("company", "code"),
    [
        (COMPANY.model_copy(update={"integration_licence": False}), "FORTNOX_LICENCE_MISSING"),
        (COMPANY.model_copy(update={"app_licence": False}), "FORTNOX_APP_LICENCE_MISSING"),
        (COMPANY.model_copy(update={"licences": ("settings",)}), "FORTNOX_LICENCE_MISSING"),
        (COMPANY.model_copy(update={"user": UserConfig(sys_admin=False)}), "FORTNOX_NO_ADMIN_RIGHT"),
    ],
)
def test_company_that_may_not_be_connected(site: Site, company: CompanyConfig, code: str) -> None:
    configure(site, company)
    browser = site.merchant()
    expect(browser.get(consent(site, browser)), code, 403)
    assert rows(site) == 0


def test_licence_lost_between_consent_and_exchange(site: Site) -> None:
    browser = site.merchant()
    back = consent(site, browser)
    configure(site, COMPANY.model_copy(update={"integration_licence": False}))
    expect(browser.get(back), "FORTNOX_LICENCE_MISSING", 403)
    assert rows(site) == 0


def test_api_licence_missing_at_the_first_call(site: Site) -> None:
    configure(site, COMPANY.model_copy(update={"api_licence": False}))
    browser = site.merchant()
    expect(browser.get(consent(site, browser)), "FORTNOX_LICENCE_MISSING", 403)
    assert rows(site) == 0


def test_bare_callback(site: Site) -> None:
    expect(site.merchant().get("/connect/fortnox/callback"), "FORTNOX_BARE_CALLBACK", 400)
    assert rows(site) == 0


def test_replayed_foreign_unknown_and_expired_state(site: Site) -> None:
    browser, other = site.merchant(), site.merchant()
    back = consent(site, browser)
    expect(other.get(back), "OAUTH_STATE_FOREIGN", 403)
    assert rows(site) == 0
    assert browser.get(back).status_code == 303
    expect(browser.get(back), "OAUTH_STATE_REPLAYED", 409)
    assert rows(site) == 1
    expect(browser.get("/connect/fortnox/callback?code=k&state=gissad"), "OAUTH_STATE_UNKNOWN", 400)
    late = consent(site, browser)
    with site.services.store.write() as session:
        for row in session.scalars(select(OAuthState).where(OAuthState.used_at.is_(None))):
            row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    expect(browser.get(late), "OAUTH_STATE_EXPIRED", 400)


def test_expired_code(site: Site) -> None:
    browser = site.merchant()
    back = urlsplit(consent(site, browser))
    state = parse_qs(back.query)["state"][0]
    answer = browser.get(f"{back.path}?{urlencode({'code': 'for-gammal', 'state': state})}")
    expect(answer, "FORTNOX_CODE_EXPIRED", 400)
    assert rows(site) == 0


def test_callback_without_a_session_asks_to_sign_in_and_then_goes_on(site: Site) -> None:
    browser = site.merchant()
    back = consent(site, browser)
    browser.http.cookies.clear()
    asked = browser.get(back)
    assert asked.headers["location"].startswith("/sign-in?next=%2Fconnect%2Ffortnox%2Fcallback")
    assert rows(site) == 0


def test_shopify_own_app_is_connected_with_webhooks(site: Site) -> None:
    browser = site.merchant()
    home = browser.submit("/connect/shopify", shop=SHOP, client_id="egen", client_secret="hemlig")
    assert home.headers["location"] == "/?connected=shopify&again=false", text_of(home)
    assert "Björk & Bär är ansluten." in text_of(browser.get(home.headers["location"]))
    shop = httpx2.get(f"{site.shopify_url}/_sandbox/shops/{SHOP}").json()
    ours = f"{site.url}/webhooks/shopify"
    assert sorted(one["topic"] for one in shop["subscriptions"]) == sorted(TOPICS)
    assert {one["uri"] for one in shop["subscriptions"]} == {ours}
    again = browser.submit("/connect/shopify", shop=SHOP, client_id="egen", client_secret="hemlig")
    assert again.headers["location"].endswith("again=true")
    assert httpx2.get(f"{site.shopify_url}/_sandbox/shops/{SHOP}").json()["subscriptions"] == shop["subscriptions"]


def test_foreign_domain_is_refused_before_any_request(site: Site) -> None:
    browser = site.merchant()
    before = httpx2.get(f"{site.shopify_url}/_sandbox/calls").json()
    for typed in ("evil.example", "127.0.0.1:22", f"{SHOP}/../x", f"{SHOP}.evil.example", f"a@{SHOP}"):
        answer = browser.submit("/connect/shopify", shop=typed, client_id="egen", client_secret="hemlig")
        expect(answer, "SHOPIFY_DOMAIN_INVALID", 400)
    assert httpx2.get(f"{site.shopify_url}/_sandbox/calls").json() == before
    assert rows(site) == 0


def test_wrong_secret_and_missing_scope(site: Site) -> None:
    browser = site.merchant()
    answer = browser.submit("/connect/shopify", shop=SHOP, client_id="egen", client_secret="fel")
    expect(answer, "SHOPIFY_CREDENTIALS_REFUSED", 403)
    site.shopify.put_shop(SHOP, {"scopes": "read_products"})
    answer = browser.submit("/connect/shopify", shop=SHOP, client_id="egen", client_secret="hemlig")
    expect(answer, "SHOPIFY_SCOPE_MISSING", 403)
    assert "read_orders" in text_of(answer)
    assert rows(site) == 0


def test_public_app_is_installed(site: Site) -> None:
    browser = site.merchant()
    home = install(site, browser, "install")
    assert home.status_code == 303, text_of(home)
    with site.services.store.read() as session:
        row = session.scalars(select(Connection)).one()
        assert (row.account, row.grant) == (SHOP, "authorization_code")
        secrets = site.services.ring.open_values(
            row.encrypted, bound_to=connection_binding(site.tenant_id, "shopify", SHOP)
        )
    assert secrets["refresh_token"]
    assert "client_secret" not in secrets, "the public app's secret stays in the settings"


def test_public_app_declined_or_forged(site: Site) -> None:
    browser = site.merchant()
    expect(install(site, browser, "cancel"), "SHOPIFY_CONSENT_REFUSED", 403)
    forged = f"/connect/shopify/callback?shop={SHOP}&code=k&state=s&timestamp=1&hmac=00"
    expect(browser.get(forged), "SHOPIFY_INSTALL_FORGED", 403)
    expect(browser.get("/connect/shopify/install?shop=evil.example"), "SHOPIFY_DOMAIN_INVALID", 400)
    assert rows(site) == 0


def test_bookkeeper_cannot_finish_the_merchants_round_trip(site: Site) -> None:
    browser = site.merchant()
    back = consent(site, browser)
    add_user(site.services.store, site.services.passwords, "eva@example.se", "bookkeeper", site.tenant_id)
    other = site.browser()
    other.sign_in("eva@example.se", PASSWORD)
    expect(other.get(back), "OAUTH_STATE_FOREIGN", 403)


def test_other_companies_exist_in_this_sandbox(site: Site) -> None:
    assert set(site.fortnox.companies) == {COMPANY.database_number, OTHER.database_number}


def scopes(site: Site) -> set[str]:
    with site.services.store.read() as session:
        return set(session.scalars(select(Connection)).one().scopes)


def test_an_area_that_only_some_use_is_asked_for_when_it_is_ticked(site: Site) -> None:
    browser = site.merchant()
    browser.get(consent(site, browser))
    assert "order" not in scopes(site)
    home = browser.get(consent(site, browser, areas="orders"))
    assert home.headers["location"] == "/?connected=fortnox&again=true"
    assert "order" in scopes(site)
    page = browser.get("/connect/fortnox").text
    assert 'value="orders" checked' in page, "asking again does not lose what was given"
    assert 'value="warehouse" checked' not in page


@pytest.mark.parametrize("lacking", ["licence", "registration"])
def test_an_area_that_is_refused_does_not_cost_the_connection(site: Site, lacking: str) -> None:
    browser = site.merchant()
    every = ["companyinformation", "settings", "customer", "article", "invoice", "payment", "bookkeeping", "currency"]
    base = (*every, "costcenter")
    client = site.fortnox.config.clients[0]
    if lacking == "licence":
        configure(site, COMPANY.model_copy(update={"licences": base}))
    else:
        without = client.model_copy(update={"scopes": base})
        site.fortnox.config = site.fortnox.config.model_copy(update={"clients": (without,)})
    try:
        away = browser.submit("/connect/fortnox", account="service", areas="warehouse")
        if lacking == "licence":
            back = decided(site, browser, away)
        else:
            back = browser.get(away.headers["location"]).headers["location"]
        again = browser.get(back)
        assert again.status_code == 303, "asked again at once, without the area"
        assert "warehouse" not in again.headers["location"]
        home = browser.get(decided(site, browser, again))
        assert home.headers["location"] == "/?connected=fortnox&again=false&without=warehouse"
        assert "Fortnox gav inte tillgång till: Lager" in text_of(browser.get(home.headers["location"]))
        assert scopes(site) == set(base)
    finally:
        site.fortnox.config = site.fortnox.config.model_copy(update={"clients": (client,)})
        configure(site, COMPANY)
