"""What several test modules share of `test_connect_flows`."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx2
from sqlalchemy import func, select

from app.schema import Connection
from sandbox.fortnox.config import CompanyConfig
from tests.web.conftest import SHOP, Browser, Site, text_of


def consent(
    site: Site,
    browser: Browser,
    *,
    company: int = 12345,
    action: str = "approve",
    account: str = "service",
    areas: str = "",
) -> str:
    """Click Connect Fortnox and decide on its page; returns the address Fortnox sends the browser back to."""
    away = browser.submit("/connect/fortnox", account=account, **({"areas": areas} if areas else {}))
    assert away.status_code == 303, away.text
    return decided(site, browser, away, company=company, action=action)


def decided(
    site: Site, browser: Browser, away: httpx2.Response, *, company: int = 12345, action: str = "approve"
) -> str:
    """Decide on Fortnox's page that the browser was sent to; returns the address it is sent back to."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert browser.get(away.headers["location"]).status_code == 200
    answer = httpx2.post(f"{site.fortnox_url}/oauth-v1/auth", data=asked | {"company": str(company), "action": action})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def rows(site: Site) -> int:
    with site.services.store.read() as session:
        return session.scalar(select(func.count()).select_from(Connection)) or 0


def configure(site: Site, company: CompanyConfig) -> None:
    site.fortnox.companies[company.database_number].config = company


def expect(answer: httpx2.Response, code: str, status: int) -> None:
    words = text_of(answer)
    assert code in words, words
    assert answer.status_code == status
    assert "Gör så här" in words


def install(site: Site, browser: Browser, decision: str) -> httpx2.Response:
    away = browser.submit("/connect/shopify/install", shop=SHOP)
    assert away.status_code == 303, away.text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert browser.get(away.headers["location"]).status_code == 200
    decided = httpx2.post(f"{site.shopify_url}/{SHOP}/admin/oauth/authorize", data=asked | {"decision": decision})
    assert decided.status_code == 302, decided.text
    return browser.get(decided.headers["location"])
