"""What the pages tell to do when a connection fails, done by a person; then the account is connected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from sqlalchemy import select, update

from app.catalogue import lookup
from app.schema import Connection, OAuthState, Tenant
from sandbox.fortnox.config import UserConfig
from tests.support.web.connect_flows import configure, consent, install
from tests.web.conftest import COMPANY, SHOP, Browser, Site, add_user, text_of

OWN_APP = {"shop": SHOP, "client_id": "egen", "client_secret": "hemlig"}
QLIRO = {"environment": "live", "key": "BJORK", "secret": "qliro-hemlig"}


def connected(site: Site) -> list[tuple[str, str]]:
    """Platform and account of every connection that works."""
    with site.services.store.read() as session:
        found = session.execute(select(Connection.platform, Connection.account).where(Connection.state == "active"))
        return [(platform, account) for platform, account in found]


@contextmanager
def cured(site: Site, answer: httpx2.Response, code: str, account: str) -> Iterator[None]:
    """The page shows the code and its remedy; in the block a person does that; then the account is connected."""
    words = text_of(answer)
    assert code in words, words
    beginning = lookup(code).remedy_sv.split("{")[0][:50]
    assert beginning in words, f"the page does not say what to do: {words}"
    assert account not in {name.split("@")[0] for _, name in connected(site)}
    yield
    assert account in {name.split("@")[0] for _, name in connected(site)}, f"after the remedy of {code}"


def company_is(site: Site, **changes: object) -> None:
    configure(site, COMPANY.model_copy(update=changes))


@pytest.fixture(autouse=True)
def _company_as_it_was(site: Site) -> Iterator[None]:
    yield
    configure(site, COMPANY)


def test_app_that_was_not_bought(site: Site) -> None:
    browser = site.merchant()
    company_is(site, app_licence=False)
    with cured(site, browser.get(consent(site, browser)), "FORTNOX_APP_LICENCE_MISSING", "12345"):
        company_is(site, app_licence=True)
        browser.get(consent(site, browser))


def test_callback_of_a_company_that_fortnox_has_closed(site: Site) -> None:
    browser = site.merchant()
    with cured(site, browser.get("/connect/fortnox/callback"), "FORTNOX_BARE_CALLBACK", "12345"):
        browser.get(consent(site, browser))


def test_code_that_came_too_late(site: Site) -> None:
    browser = site.merchant()
    back = urlsplit(consent(site, browser))
    late = f"{back.path}?{urlencode({'code': 'for-gammal', 'state': parse_qs(back.query)['state'][0]})}"
    with cured(site, browser.get(late), "FORTNOX_CODE_EXPIRED", "12345"):
        browser.get(consent(site, browser))


def test_consent_that_was_declined(site: Site) -> None:
    browser = site.merchant()
    with cured(site, browser.get(consent(site, browser, action="deny")), "FORTNOX_CONSENT_REFUSED", "12345"):
        browser.get(consent(site, browser))


@pytest.mark.parametrize("way", ["administrator", "own user"])
def test_user_who_is_no_administrator(site: Site, way: str) -> None:
    browser = site.merchant()
    company_is(site, user=UserConfig(sys_admin=False))
    with cured(site, browser.get(consent(site, browser)), "FORTNOX_NO_ADMIN_RIGHT", "12345"):
        if way == "administrator":
            company_is(site, user=UserConfig(sys_admin=True))
        browser.get(consent(site, browser, account="service" if way == "administrator" else "user"))


def test_other_company_than_the_connected_one(site: Site) -> None:
    browser = site.merchant()
    browser.get(consent(site, browser))
    with site.services.store.write() as session:
        session.execute(update(Connection).values(state="needs_consent"))  # why somebody connects again
    with cured(
        site, browser.get(consent(site, browser, company=777, account="user")), "FORTNOX_WRONG_COMPANY", "12345"
    ):
        browser.get(consent(site, browser, company=12345, account="user"))


def _other_account(site: Site) -> Browser:
    """The merchant of another tenant, signed in."""
    with site.services.store.write() as session:
        tenant = Tenant(name="Annan AB")
        session.add(tenant)
        session.flush()
        tenant_id = tenant.id
    add_user(site.services.store, site.services.passwords, "nils@example.se", "merchant", tenant_id)
    other = site.browser()
    assert other.sign_in("nils@example.se").status_code == 303
    return other


@pytest.mark.parametrize(
    ("code", "account"),
    [("FORTNOX_COMPANY_TAKEN", "12345"), ("SHOPIFY_SHOP_TAKEN", SHOP), ("QLIRO_ACCOUNT_TAKEN", "BJORK")],
)
def test_account_that_another_account_of_bokbro_holds_is_found_there(site: Site, code: str, account: str) -> None:
    def connect(browser: Browser) -> httpx2.Response:
        if code == "FORTNOX_COMPANY_TAKEN":
            return browser.get(consent(site, browser))
        if code == "SHOPIFY_SHOP_TAKEN":
            return browser.submit("/connect/shopify", **OWN_APP)
        return browser.submit("/connect/qliro", **QLIRO)

    other = _other_account(site)
    assert connect(other).status_code == 303
    refused = text_of(connect(site.merchant()))
    assert code in refused
    assert lookup(code).remedy_sv[:30] in refused, "log in to the other account"
    assert connect(other).headers["location"].endswith("again=true"), "there it is connected"
    assert [name.split("@")[0] for _, name in connected(site)] == [account], "two accounts never hold it"


@pytest.mark.parametrize(
    "code", ["OAUTH_STATE_UNKNOWN", "OAUTH_STATE_EXPIRED", "OAUTH_STATE_FOREIGN", "OAUTH_STATE_REPLAYED"]
)
def test_round_trip_that_cannot_be_finished_is_begun_again(site: Site, code: str) -> None:
    browser = site.merchant()
    back = consent(site, browser)
    match code:
        case "OAUTH_STATE_UNKNOWN":
            answer = browser.get("/connect/fortnox/callback?code=k&state=gissad")
        case "OAUTH_STATE_FOREIGN":
            answer = site.merchant().get(back)
        case "OAUTH_STATE_EXPIRED":
            with site.services.store.write() as session:
                session.execute(update(OAuthState).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
            answer = browser.get(back)
        case _:
            declined = consent(site, browser, action="deny")
            browser.get(declined)
            answer = browser.get(declined)
    with cured(site, answer, code, "12345"):
        browser.get(consent(site, browser))


def test_company_information_that_cannot_be_read(site: Site) -> None:
    browser = site.merchant()
    back = consent(site, browser)
    fault = {"kind": "status", "status": 200, "path": "/3/companyinformation", "body": {"CompanyInformation": {}}}
    httpx2.post(f"{site.fortnox_url}/_sandbox/faults", json=fault).raise_for_status()
    with cured(site, browser.get(back), "FORTNOX_ANSWER_UNREADABLE", "12345"):
        browser.get(consent(site, browser))


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        ("QLIRO_ACCESS_REFUSED", QLIRO | {"secret": "fel"}),
        ("QLIRO_KEY_INVALID", QLIRO | {"key": ""}),
        ("QLIRO_UNAVAILABLE", QLIRO | {"environment": "test"}),
    ],
)
def test_qliro_account_that_was_typed_wrongly(site: Site, code: str, typed: dict[str, str]) -> None:
    browser = site.merchant()
    with cured(site, browser.submit("/connect/qliro", **typed), code, "BJORK"):
        browser.submit("/connect/qliro", **QLIRO)


def test_second_key_of_a_qliro_account_replaces_the_first(site: Site) -> None:
    browser = site.merchant()
    assert browser.submit("/connect/qliro", **QLIRO | {"key": "BJORKK"}).status_code == 303  # mistyped
    with cured(site, browser.submit("/connect/qliro", **QLIRO), "QLIRO_SAME_ACCOUNT", "BJORK"):
        browser.submit("/connect/qliro", **QLIRO, replaces_key="true")
    assert [name.split("@")[0] for _, name in connected(site)] == ["BJORK"], "with its history"


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        ("SHOPIFY_DOMAIN_INVALID", OWN_APP | {"shop": "bjork.se"}),
        ("SHOPIFY_CREDENTIALS_REFUSED", OWN_APP | {"client_secret": "fel"}),
    ],
)
def test_shop_that_was_typed_wrongly(site: Site, code: str, typed: dict[str, str]) -> None:
    browser = site.merchant()
    with cured(site, browser.submit("/connect/shopify", **typed), code, SHOP):
        browser.submit("/connect/shopify", **OWN_APP)


def test_app_without_its_scopes(site: Site) -> None:
    browser = site.merchant()
    before = site.shopify.world.shops[SHOP].scopes
    site.shopify.put_shop(SHOP, {"scopes": "read_products"})
    with cured(site, browser.submit("/connect/shopify", **OWN_APP), "SHOPIFY_SCOPE_MISSING", SHOP):
        site.shopify.put_shop(SHOP, {"scopes": before})
        browser.submit("/connect/shopify", **OWN_APP)


def test_installation_that_was_declined(site: Site) -> None:
    browser = site.merchant()
    with cured(site, install(site, browser, "cancel"), "SHOPIFY_CONSENT_REFUSED", SHOP):
        install(site, browser, "install")


def test_visit_without_a_signature(site: Site) -> None:
    browser = site.merchant()
    forged = f"/connect/shopify/callback?shop={SHOP}&code=k&state=s&timestamp=1&hmac=00"
    with cured(site, browser.get(forged), "SHOPIFY_INSTALL_FORGED", SHOP):
        install(site, browser, "install")
