"""The page of orders from Qliro: who tells of them, and the secret addresses that Qliro pushes to."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.kit.random_tokens import token_hash
from app.schema import Connection, PushAddress
from tests.web.conftest import PASSWORD, Browser, Site, add_user, text_of


def connected_qliro(site: Site) -> tuple[Browser, int]:
    browser = site.merchant()
    browser.submit("/connect/qliro", environment="live", key="BJORK", secret="qliro-hemlig")
    with site.services.store.read() as session:
        return browser, session.scalars(select(Connection.id).where(Connection.platform == "qliro")).one()


def test_merchant_chooses_who_tells_of_qliro_s_orders(site: Site) -> None:
    browser, number = connected_qliro(site)
    assert 'value="provider" checked' in browser.get("/connect/qliro/orders").text, (
        "no shop: the orders come from Qliro"
    )
    answer = browser.submit("/connect/qliro/orders", connection=str(number), owner="shop")
    page = browser.get(answer.headers["location"])
    assert "Valet är sparat." in text_of(page)
    assert 'value="shop" checked' in page.text
    browser.submit("/connect/qliro", environment="live", key="BJORK", secret="qliro-hemlig")
    assert 'value="shop" checked' in browser.get("/connect/qliro/orders").text, "connecting again keeps the choice"


SHOWN_ADDRESS = re.compile(r"/hooks/qliro/([\w-]{43})<")


def test_address_for_pushes_is_shown_once_and_kept_as_a_hash(site: Site) -> None:
    browser, number = connected_qliro(site)
    page = browser.submit("/connect/qliro/address", connection=str(number))
    found = SHOWN_ADDRESS.search(page.text)
    assert found
    assert found[1] not in browser.get("/connect/qliro/orders").text
    with site.services.store.read() as session:
        kept = session.scalars(select(PushAddress)).one()
    assert (kept.token_hash, kept.connection_id) == (token_hash(found[1]), number)


def test_leaked_address_is_replaced_by_one_that_is_shown_once(site: Site) -> None:
    browser, number = connected_qliro(site)
    first = re.search(
        r"/hooks/qliro/([\w-]{43})<", browser.submit("/connect/qliro/address", connection=str(number)).text
    )
    assert first
    page = browser.submit("/connect/qliro/address", connection=str(number), replaces=token_hash(first[1]))
    second = SHOWN_ADDRESS.search(page.text)
    assert second
    assert second[1] != first[1]
    assert "Utbytt av maja@example.se; slutar gälla" in text_of(page)
    again = browser.submit("/connect/qliro/address", connection=str(number), replaces=token_hash(first[1]))
    assert again.headers["location"] == "/connect/qliro/orders?ended=true"
    assert "/hooks/qliro/" not in browser.get(again.headers["location"]).text


def test_withdrawn_address_stays_in_the_list_with_who_withdrew_it(site: Site) -> None:
    browser, number = connected_qliro(site)
    made = re.search(
        r"/hooks/qliro/([\w-]{43})<", browser.submit("/connect/qliro/address", connection=str(number)).text
    )
    assert made
    browser.submit("/connect/qliro/address/withdraw", connection=str(number), address=token_hash(made[1]))
    page = browser.get("/connect/qliro/orders")
    assert "(maja@example.se)" in text_of(page)
    assert "Har inte använts" in text_of(page)
    assert "Dra in genast" not in re.sub(r"<p class=.dim.>.*?</p>", "", page.text), "nothing is left to withdraw"


ADDRESS_PATHS = ["/connect/qliro/orders", "/connect/qliro/address", "/connect/qliro/address/withdraw"]


@pytest.mark.parametrize("path", ADDRESS_PATHS)
def test_qliro_account_of_another_company_is_not_within_reach(site: Site, path: str) -> None:
    browser, number = connected_qliro(site)
    answer = browser.submit(path, connection=str(number + 1000), owner="provider", address="x")
    assert answer.status_code == 404


def test_bookkeeper_neither_chooses_nor_makes_addresses(site: Site) -> None:
    connected_qliro(site)
    add_user(site.services.store, site.services.passwords, "eva@example.se", "bookkeeper", site.tenant_id)
    other = site.browser()
    other.sign_in("eva@example.se", PASSWORD)
    assert other.get("/connect/qliro/orders").status_code == 403
