"""Connecting Qliro by its form: keys that work, keys that do not, and who may."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from app.schema import Connection
from tests.support.web.connect_flows import expect, rows
from tests.web.conftest import Site, text_of


def test_qliro_is_connected_by_its_form(site: Site) -> None:
    browser = site.merchant()
    assert "Skarp miljö" in text_of(browser.get("/connect/qliro"))
    home = browser.submit("/connect/qliro", environment="live", key="BJORK", secret="qliro-hemlig")
    assert home.headers["location"] == "/?connected=qliro&again=false"
    words = text_of(browser.get(home.headers["location"]))
    assert "BJORK är ansluten." in words
    assert "Skarp miljö" in words
    assert "Utbetalningarna hämtas inom en timme." in words
    with site.reading.store.write() as session:
        row = session.scalars(select(Connection).where(Connection.platform == "qliro")).one()
        row.payouts_known_until = date(2026, 11, 27)
    assert "Utbetalningar är hämtade till och med 27 nov. 2026." in text_of(browser.get("/"))
    assert [one.renewed for one in site.connected] == [False]


@pytest.mark.parametrize(
    ("form", "code", "status"),
    [
        ({"environment": "live", "key": "BJORK", "secret": "fel"}, "QLIRO_ACCESS_REFUSED", 403),
        ({"environment": "test", "key": "BJORK", "secret": "qliro-hemlig"}, "QLIRO_UNAVAILABLE", 503),
        ({"environment": "live", "key": "", "secret": "qliro-hemlig"}, "QLIRO_KEY_INVALID", 400),
    ],
)
def test_qliro_s_refusals_are_told_and_nothing_is_stored(
    site: Site, form: dict[str, str], code: str, status: int
) -> None:
    answer = site.merchant().submit("/connect/qliro", **form)
    expect(answer, code, status)
    assert "qliro-hemlig" not in answer.text
    assert rows(site) == 0


def test_only_the_merchant_connects_qliro(site: Site) -> None:
    browser = site.browser()
    browser.sign_in("bo@example.se")
    assert browser.get("/connect/qliro").status_code == 403
    assert "/connect/qliro" not in browser.get("/").text
