"""Handing in a settlement file: what it says is seen before it is imported, and unknown columns are named once."""

from __future__ import annotations

from html import unescape

from app.store.tables import Connection, StoredSettlement
from tests.web.conftest import Browser, Site

TEXT = (
    "Datum;Typ;Order;Belopp;Avgift;Utbetalning\n2026-11-20;köp;#1;499,00;12,00;K-1\n2026-11-20;köp;#2;100,50;0,00;K-2\n"
)
ANSWERS = {
    "name": "Klarna månad", "provider": "klarna", "day": "Datum", "amount": "Belopp", "fee": "Avgift", "kind": "Typ",
    "payout_id": "Utbetalning", "payout_day": "Datum", "key_order_name": "Order",
    "kinds": "köp = charge\nretur = refund", "default_currency": "SEK",
}  # fmt: skip


def hand_in(browser: Browser, text: str = TEXT) -> str:
    """The address of the file's page."""
    token = browser.token()
    answer = browser.http.post(
        f"{browser.base}/payouts/files", data={"form_token": token},
        files={"file": ("klarna.csv", text.encode(), "text/csv")}, headers={"Origin": browser.base},
    )  # fmt: skip
    return answer.headers["location"]


def connected(site: Site) -> None:
    with site.services.store.write() as session:
        if session.query(Connection).filter_by(platform="fortnox").count():
            return
        session.add(
            Connection(
                tenant_id=site.tenant_id, platform="fortnox", account="12345", display_name="B", state="active",
                grant="refresh_token", scopes=[], sealed=b"",
            )
        )  # fmt: skip


def payout_with_a_lost_line(site: Site) -> str:
    """The address of a payout's page that asks what its one line is."""
    connected(site)
    browser = site.merchant()
    address = hand_in(browser)
    browser.submit(f"{address}/map", **ANSWERS)
    browser.submit(f"{address}/import")
    with site.services.store.read() as session:
        return f"/payouts/{session.query(StoredSettlement).filter_by(payout_id='K-1').one().lane_id}"


def count(site: Site) -> int:
    with site.services.store.read() as session:
        return session.query(StoredSettlement).count()


def test_unknown_file_is_mapped_shown_and_imported_once(site: Site) -> None:
    connected(site)
    browser = site.merchant()
    page = hand_in(browser)
    asked = unescape(browser.get(page).text)
    assert "Säg vad kolumnerna är" in asked
    assert "<option>Utbetalning</option>" in asked

    assert browser.submit(f"{page}/map", **ANSWERS).status_code == 303
    shown = unescape(browser.get(page).text).replace("\xa0", " ")
    assert "Klarna månad: 2 nya av 2 utbetalningar." in shown
    assert "487,00" in shown
    assert count(site) == 0

    assert browser.submit(f"{page}/import").headers["location"] == "/payouts?imported=2"
    assert count(site) == 2
    assert "Alla utbetalningar i filen finns redan." in unescape(browser.get(page).text)
    assert hand_in(browser) == page, "the same content is the same file"


def test_map_that_groups_nothing_is_refused_and_what_was_written_stays(site: Site) -> None:
    browser = site.merchant()
    page = hand_in(browser)
    answer = browser.submit(f"{page}/map", **ANSWERS | {"payout_id": "", "payout_day": ""})
    assert answer.status_code == 422
    assert "Säg hur rader hör till en utbetalning" in unescape(answer.text)
    assert 'value="Klarna månad"' in unescape(answer.text)


def test_wrong_map_is_corrected_on_the_same_page(site: Site) -> None:
    browser = site.merchant()
    page = hand_in(browser, TEXT + "2026-11-21;köp;#3;10,00;0,00;K-2\n")
    browser.submit(f"{page}/map", **ANSWERS)
    shown = unescape(browser.get(page).text)
    assert "Utbetalningen K-2 har flera dagar i filen: 2026-11-20, 2026-11-21." in shown
    assert "Ändra vad kolumnerna är" in shown
    assert "<option selected>Utbetalning</option>" in shown
    browser.submit(f"{page}/map", **ANSWERS | {"payout_day": ""})
    assert "2 nya av 2 utbetalningar." in unescape(browser.get(page).text)


def test_unreadable_line_is_named_and_nothing_can_be_imported(site: Site) -> None:
    browser = site.merchant()
    browser.submit(f"{hand_in(browser)}/map", **ANSWERS)
    page = hand_in(browser, TEXT + "2026-11-20;köp;#3;fyra;0,00;K-3\n")
    shown = unescape(browser.get(page).text)
    assert "Rad 4, kolumn Belopp: Här står ”fyra”, och det är inget belopp." in shown
    assert "Inget ur filen är inläst." in shown
    assert browser.submit(f"{page}/import").status_code == 422
    assert count(site) == 0


def test_problem_is_told_in_the_readers_language(site: Site) -> None:
    browser = site.merchant()
    page = hand_in(browser, "PK\x03\x04 no sheet")
    assert "Filen är inget helt Excelark (.xlsx). Hämta filen på nytt" in unescape(browser.get(page).text)
    browser.http.headers["Accept-Language"] = "en"
    assert "The file is no whole Excel sheet (.xlsx). Fetch the file anew" in unescape(browser.get(page).text)


def test_empty_file_other_companies_and_operators_are_turned_away(site: Site) -> None:
    browser = site.merchant()
    assert hand_in(browser, "") == "/payouts?refused=true"
    assert browser.get("/payouts/files/999").status_code == 404
    operator = site.browser()
    operator.sign_in("olga@example.se")
    assert operator.get("/payouts/files/1").status_code == 403
    assert "/payouts/files" not in operator.get("/payouts").text


def test_payout_of_a_file_has_a_page_of_its_lines(site: Site) -> None:
    address = payout_with_a_lost_line(site)
    browser = site.merchant()
    shown = unescape(browser.get(address).text).replace("\xa0", " ")
    assert "Utbetalning K-1" in shown
    assert "499,00" in shown
    assert "ingen order" in shown
    assert browser.get("/payouts/999999").status_code == 404


def test_import_is_taken_back_by_a_button_and_listed_so(site: Site) -> None:
    connected(site)
    browser = site.merchant()
    page = hand_in(browser)
    browser.submit(f"{page}/map", **ANSWERS)
    browser.submit(f"{page}/import")
    assert "Ta tillbaka importen" in unescape(browser.get(page).text)
    assert browser.submit(f"{page}/back").headers["location"] == page
    assert count(site) == 0
    assert "Importen togs tillbaka" in unescape(browser.get("/payouts").text)
    again = browser.submit(f"{page}/back")
    assert (again.status_code, "inget att ta tillbaka" in unescape(again.text)) == (422, True)
