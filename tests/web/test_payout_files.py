"""Handing in a settlement file: what it says is seen before it is imported, and unknown columns are named once."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.schema import StoredPayout
from tests.support.web.payout_files import ANSWERS, COLUMNS, TEXT, answers, connected, hand_in, payout_with_a_lost_line
from tests.web.conftest import Site

NO_PAYOUT = answers(COLUMNS | {"Utbetalning": ""}, name="Klarna månad", provider="klarna", default_currency="SEK")


def selected(page: str) -> dict[str, str]:
    """Column → the role that is chosen, of a page with a map."""
    parts = re.findall(r'name="column:(\d+)" value="([^"]*)">(.*?)</select>', page, re.DOTALL)
    chosen = {column: re.search(r'value="(\w+)" selected', part) for _, column, part in parts}
    return {column: found[1] for column, found in chosen.items() if found}


def count(site: Site) -> int:
    with site.services.store.read() as session:
        return session.query(StoredPayout).count()


def test_unknown_file_is_mapped_shown_and_imported_once(site: Site) -> None:
    connected(site)
    browser = site.merchant()
    page = hand_in(browser)
    asked = unescape(browser.get(page).text)
    assert "Ange vad kolumnerna innehåller" in asked
    assert "<span>K-1</span>" in asked, "samples stand beside the choice"
    assert selected(asked) == COLUMNS, "guessed by the names"

    assert browser.submit(f"{page}/map", **ANSWERS).status_code == 303
    shown = unescape(browser.get(page).text).replace("\xa0", " ")
    assert "Klarna månad: 2 utbetalningar, varav nya: 2." in shown
    assert "487,00" in shown
    assert count(site) == 0

    assert browser.submit(f"{page}/import").headers["location"] == "/payouts?imported=2"
    assert count(site) == 2
    assert "Alla utbetalningar i filen finns redan." in unescape(browser.get(page).text)
    assert hand_in(browser) == page, "the same content is the same file"


def test_map_that_groups_nothing_is_refused_and_what_was_written_stays(site: Site) -> None:
    browser = site.merchant()
    page = hand_in(browser)
    answer = browser.submit(f"{page}/map", **NO_PAYOUT)
    assert answer.status_code == 422
    assert "Ange hur rader hör till en utbetalning" in unescape(answer.text)
    assert 'value="Klarna månad"' in unescape(answer.text)


def test_wrong_map_is_corrected_on_the_same_page(site: Site) -> None:
    browser = site.merchant()
    extra = TEXT.replace("\n", ";Moms\n", 1).replace("12,00;K-1", "12,00;K-1;3,00").replace("0,00;K-2", "0,00;K-2;0,00")
    page = hand_in(browser, extra)
    browser.submit(f"{page}/map", **ANSWERS)
    shown = unescape(browser.get(page).text)
    assert "Kolumnbeskrivningen ”Klarna månad” säger inget om dessa kolumner, och de innehåller belopp: Moms." in shown
    assert "Ändra vad kolumnerna innehåller" in shown
    assert selected(shown) == COLUMNS
    right = answers(COLUMNS | {"Moms": "ignored"}, name="Klarna månad", provider="klarna", default_currency="SEK")
    browser.submit(f"{page}/map", **right)
    assert "2 utbetalningar, varav nya: 2." in unescape(browser.get(page).text)


def test_map_is_tried_with_its_sums_before_it_is_saved(site: Site) -> None:
    browser = site.merchant()
    page = hand_in(browser)
    tried = browser.submit(f"{page}/map", **ANSWERS, action="try")
    shown = unescape(tried.text).replace("\xa0", " ")
    assert (tried.status_code, "Så läses filen" in shown, "487,00" in shown) == (200, True, True)
    assert 'value="Klarna månad"' in shown
    assert "Ange vad kolumnerna innehåller" in unescape(browser.get(page).text), "nothing is saved"
    less = answers(COLUMNS | {"Avgift": ""}, name="Klarna månad", provider="klarna", default_currency="SEK")
    assert "de innehåller belopp: Avgift" in unescape(browser.submit(f"{page}/map", **less, action="try").text)


def test_rows_that_are_left_out_are_counted_and_shown(site: Site) -> None:
    browser = site.merchant()
    head, *rows = TEXT.splitlines()
    rows = [f"{row};Klar" for row in rows] + ["2026-11-20;köp;#3;50,00;0,00;;Avbruten", "Summa;;;649,50;12,00;;"]
    page = hand_in(browser, "\n".join([f"{head};Status", *rows, ""]))
    guess = unescape(browser.get(page).text)
    assert selected(guess) == COLUMNS | {"Status": "status"}
    statuses = {"Status": {"Klar": "taken", "Avbruten": "left_out"}}
    form = answers(COLUMNS | {"Status": "status"}, statuses, name="K", provider="klarna", default_currency="SEK")
    browser.submit(f"{page}/map", **form)
    shown = unescape(browser.get(page).text)
    assert "Utelämnade rader: 2" in shown
    assert 'status Avbruten. <span class="amount">Belopp 50,00.' in shown
    assert "Rad 5, ”Summa”: summa eller text under raderna." in shown


def test_days_that_can_be_read_in_two_ways_are_answered_on_the_page(site: Site) -> None:
    browser = site.merchant()
    browser.submit(f"{hand_in(browser)}/map", **ANSWERS)
    page = hand_in(browser, TEXT.replace("2026-11-20", "03/04/2026"))
    assert "Datumen kan läsas på två sätt" in unescape(browser.get(page).text)
    assert browser.submit(f"{page}/days", said="month first").status_code == 303
    assert "4 mars 2026" in unescape(browser.get(page).text).replace("\xa0", " ")
    assert browser.submit("/payouts/files/999/days", said="month first").status_code == 404
    assert browser.submit(f"{page}/days", said="year first").status_code == 400


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"role:1": "payout_id"}, "Två kolumner har fått samma betydelse."),
        ({"role:1": "nonsense"}, "En kolumn har en betydelse som inte finns."),
        ({"role:4": ""}, "Transaktionsdagen och ett belopp måste ha varsin kolumn."),
        ({"column:9": "#9", "role:9": "text"}, "En kolumn utan rubrik kan bara vara"),
        ({"role:2": "section"}, "Ange vilka ord i kolumnen"),
        ({"date_form": "MM.YYYY"}, "Datumformen måste ha dag, månad och år"),
        ({"zone": "Mars/Olympus"}, "Tidszonen är inte känd."),
        ({"kinds": "köp"}, "Varje rad ska ha formen"),
        ({"meaning:2:1": "gift"}, "Varje rad ska ha formen"),
        ({"default_currency": "kr"}, "Välj en valutakolumn"),
        ({"provider": "Å"}, "Leverantören skrivs med"),
        ({"name": ""}, "Ge filformatet ett namn."),
    ],
)
def test_what_is_no_map_is_said_and_stays_as_written(site: Site, changes: dict[str, str], told: str) -> None:
    browser = site.merchant()
    answer = browser.submit(f"{hand_in(browser)}/map", **ANSWERS | changes)
    assert (answer.status_code, told in unescape(answer.text)) == (422, True)


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
    assert hand_in(browser, "") == "/payouts?refused=FILE_EMPTY"
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
    assert "Ångra inläsningen" in unescape(browser.get(page).text)
    assert browser.submit(f"{page}/back").headers["location"] == page
    assert count(site) == 0
    assert "Inläsningen ångrades" in unescape(browser.get("/payouts").text)
    again = browser.submit(f"{page}/back")
    assert (again.status_code, "inget att ångra" in unescape(again.text)) == (422, True)


def test_klarnas_file_asks_those_who_moved_to_kustom_for_their_account(site: Site) -> None:
    """help.kustom.co: the columns are Klarna's, so that nothing in the file tells whose it is."""
    connected(site)
    browser = site.merchant()
    page = hand_in(browser)
    assert "Flyttade ni från Klarna Checkout till Kustom" in unescape(browser.get(page).text), "where it is chosen"
    browser.submit(f"{page}/map", **ANSWERS)
    assert "Kommer filen från Kustom" in unescape(browser.get(page).text), "and where it is known"
