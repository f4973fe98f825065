"""A real Chromium walks through the pages: the policy lets our own work through, and nothing overflows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from app.schema import Connection, Tenant
from tests.support.web.payout_files import hand_in, payout_with_a_lost_line
from tests.support.web.payouts import changed_payout
from tests.web.conftest import PASSWORD, SHOP, Site

pytestmark = pytest.mark.browser

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NARROW, WIDE = 390, 1400
MAP_TEXT = (
    "Rapport;Kassan\n\nDatum;Typ;Status;Insättning;Uttag;Avgift;Moms på försäljningen;Ordernummer;Utbetalning\n"
    "2026-11-20;köp;Klar;499,00;;-12,00;99,80;#1;K-1\n2026-11-20;köp;Nekad;50,00;;0,00;10,00;#2;\n"
    "2026-11-21;retur;Klar;;-100,00;0,00;-20,00;#1;K-1\nSumma;;;549,00;-100,00;-12,00;;;\n"
)
SHOTS = os.environ.get("BOKBRO_SHOTS")
"""A folder to leave pictures in, for people."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("NO CHROMIUM ON THE PATH: the pages were not tried in a real browser")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    context = chromium.new_context(locale="sv-SE", viewport={"width": WIDE, "height": 900})
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # An error page is an answer with an error status, which Chromium reports too; a broken policy is what we seek.
        if message.type == "error" and "the server responded with a status" not in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page, site: Site, email: str = "maja@example.se") -> None:
    page.goto(site.url)
    page.get_by_label("E-post").fill(email)
    page.get_by_label("Lösenord").fill(PASSWORD)
    page.get_by_role("button", name="Logga in").click()
    page.get_by_role("heading", name="Översikt").wait_for()


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_fortnox_is_connected_by_clicking(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.get_by_role("link", name="Anslut Fortnox").click()
    page.get_by_role("button", name="Fortsätt till Fortnox").click()
    page.get_by_role("button", name="Godkänn & aktivera").click()
    page.get_by_role("status").wait_for()
    assert "Björk & Bär AB är ansluten." in page.get_by_role("status").inner_text()
    shoot(page, "connected")
    page.get_by_role("link", name="Anslut Fortnox igen").wait_for()


def test_declined_fortnox_shows_its_page(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.goto(f"{site.url}/connect/fortnox")
    page.get_by_text("Min egen användare").click()
    page.get_by_role("button", name="Fortsätt till Fortnox").click()
    page.get_by_role("button", name="Avbryt").click()
    assert "avbröts" in page.get_by_role("alert").inner_text()
    shoot(page, "declined")
    page.get_by_role("link", name="Försök ansluta Fortnox igen").click()
    page.get_by_role("heading", name="Anslut Fortnox").wait_for()


def test_shopify_is_connected_by_form_and_by_installing(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.goto(f"{site.url}/connect/shopify")
    page.get_by_label("Butikens adress").first.fill(SHOP)
    page.get_by_label("Appens klient-id").fill("egen")
    page.get_by_label("Appens hemlighet").fill("hemlig")
    page.get_by_role("button", name="Anslut butiken").click()
    assert "Björk & Bär är ansluten." in page.get_by_role("status").inner_text()
    page.goto(f"{site.url}/connect/shopify")
    page.get_by_label("Butikens adress").last.fill(SHOP)
    page.get_by_role("button", name="Fortsätt till Shopify").click()
    page.get_by_role("button", name="Install").click()
    assert "ansluten igen" in page.get_by_role("status").inner_text()


@pytest.mark.parametrize(("language", "scheme"), [("sv", "light"), ("sv", "dark"), ("en", "light")])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_page_fits_and_is_labelled(
    chromium: Chromium, site: Site, width: int, language: str, scheme: str
) -> None:
    dark = scheme == "dark"
    context = chromium.new_context(
        locale="sv-SE", viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    sign_in(page, site)
    page.locator(f"button[name=language][value={language}]").click()
    page.locator(f"html[lang={language}]").wait_for()
    payout, changed = payout_with_a_lost_line(site), f"/payouts/{changed_payout(site)}"
    for name, path in {
        "home": "/", "orders": "/orders", "order": "/orders/1", "stopped": "/orders/3", "findings": "/findings",
        "fortnox": "/connect/fortnox", "shopify": "/connect/shopify", "missing": "/nonsense",
        "problem": "/connect/fortnox/callback", "payouts": "/payouts", "payout": payout, "file": "/payouts/files/1",
        "payout-changed": changed,
        "matching": "/payouts/matching", "qliro": "/connect/qliro", "qliro-orders": "/connect/qliro/orders",
        "reconciliation": "/reconciliation", "settings": "/settings", "company": "/company",
        "people": "/company/people", "companies": "/companies", "readiness": "/company/readiness",
    }.items():  # fmt: skip
        page.goto(site.url + path)
        assert page.locator("html").get_attribute("lang") == language
        assert fits(page), f"{path} overflows at {width} px"
        assert page.locator("h1").count() == 1
        bare = "input:not([type=hidden]):not([aria-label]), select"
        assert page.locator(bare).evaluate_all("all => all.every(one => one.labels.length)"), path
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert fits(page), f"{path} overflows at {width} px, opened"
        shoot(page, f"{name}-{width}-{language}-{scheme}")
    context.close()


def test_company_goes_from_set_up_to_live_and_pauses(page: Page, site: Site) -> None:
    with site.services.store.write() as session:
        session.get_one(Tenant, site.tenant_id).state = "setting_up"
    sign_in(page, site)
    page.get_by_text("Uppstart: ingenting bokförs ännu.").wait_for()
    page.get_by_role("link", name="Visa nästa steg").click()
    page.get_by_text("Ingen butik är kopplad.").wait_for()
    shoot(page, "company-missing")
    for platform, kind in (("fortnox", "ledger"), ("shopify", "shop")):
        with site.services.store.write() as session:
            session.add(
                Connection(
                    tenant_id=site.tenant_id, platform=platform, kind=kind, account=platform, display_name="B",
                    state="active", grant="client_credentials", scopes=[], encrypted=b"",
                )
            )  # fmt: skip
    page.reload()
    page.get_by_role("button", name="Starta provläget").click()
    page.get_by_role("heading", name="Bolaget är i provläge: ingenting bokförs").wait_for()
    page.goto(f"{site.url}/orders")
    page.get_by_text("Provläge: allt läses och planeras").wait_for()
    page.get_by_role("link", name="Visa nästa steg").click()
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert fits(page)
        shoot(page, f"company-trial-{width}")
    page.get_by_label("Första dagen som bokförs").fill("2026-12-01")
    page.get_by_role("button", name="Börja bokföra").click()  # the browser itself asks for the box
    assert page.get_by_label("Från och med den dagen får Bokbro").evaluate("box => !box.validity.valid")
    page.get_by_label("Från och med den dagen får Bokbro").check()
    page.get_by_role("button", name="Börja bokföra").click()
    page.get_by_role("heading", name="Bolaget är i drift").wait_for()
    assert page.locator(".company-state").count() == 0
    page.get_by_text("Bokförs från och med 1 dec. 2026").wait_for()
    page.get_by_role("button", name="Pausa bokföringen").click()
    page.get_by_role("heading", name="Bolaget är pausat: ingenting bokförs").wait_for()
    shoot(page, "company-paused")
    page.get_by_role("button", name="Återuppta bokföringen").click()
    page.get_by_role("heading", name="Bolaget är i drift").wait_for()
    assert page.get_by_role("listitem").filter(has_text="maja@example.se").count() == 4
    shoot(page, "company-live")


def test_language_switch_and_keyboard(page: Page, site: Site) -> None:
    sign_in(page, site)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.get_by_role("link", name="To do").first.click()
    page.get_by_role("button", name="Try all again").first.click()
    assert "40 orders are in the queue" in page.get_by_role("status").inner_text()
    shoot(page, "findings-en")
    page.get_by_role("button", name="Sign out").click()
    shoot(page, "sign-in-en")
    page.get_by_label("E-mail").fill("maja@example.se")
    page.get_by_label("Password").fill("fel lösenord")
    page.get_by_role("button", name="Sign in").click()
    assert "not right" in page.get_by_role("alert").inner_text()


def test_columns_of_a_file_are_named_beside_what_stands_in_them(page: Page, site: Site) -> None:
    sign_in(page, site)
    address = hand_in(site.merchant(), MAP_TEXT)
    for width in (WIDE, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(site.url + address)
        page.get_by_label("Eget namn på filformatet").fill("Kassan")
        page.locator("input[name=provider]").fill("klarna")
        assert page.get_by_label("Insättning").input_value() == "amount"
        assert fits(page)
        shoot(page, f"map-{width}")
        page.get_by_role("button", name="Räkna och visa").click()
        page.get_by_text("de innehåller belopp: Moms på försäljningen").wait_for()
        page.get_by_label("Moms på försäljningen").select_option(label="Räknas inte")
        page.get_by_role("button", name="Räkna och visa").click()
        page.get_by_text("Spara om summorna stämmer med leverantörens rapport.").wait_for()
        assert fits(page)
        shoot(page, f"map-tried-{width}")
    page.get_by_role("button", name="Spara kolumnbeskrivningen").click()
    page.get_by_text("Kassan: 1 utbetalning, varav nya: 1.").wait_for()
    shoot(page, "map-saved")
