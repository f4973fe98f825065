"""A payout's lost line on its page: the question, what may be said, what was said and by whom."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.schema import GivenAnswer
from tests.support.web.payout_files import payout_with_a_lost_line
from tests.web.conftest import Browser, Site


@pytest.fixture
def page(site: Site) -> str:
    """The address of a payout with one line that belongs to nothing."""
    return payout_with_a_lost_line(site)


def line_of(browser: Browser, page: str) -> str:
    found = re.search(r'name="line" value="([^"]+)"', browser.get(page).text)
    assert found
    return unescape(found[1])


def given(site: Site) -> list[str]:
    with site.services.store.read() as session:
        return [row.answer for row in session.query(GivenAnswer).order_by(GivenAnswer.id)]


def test_line_is_asked_about_answered_and_the_answer_taken_back(site: Site, page: str) -> None:
    browser = site.merchant()
    assert "Ange vad raden är" in unescape(browser.get(page).text)
    answer = browser.submit(f"{page}/lines", line=line_of(browser, page), answer="account", account="3740")
    assert answer.headers["location"] == page
    shown = unescape(browser.get(page).text)
    assert "Bokförs på konto 3740" in shown
    assert "maja@example.se" in shown
    back = re.search(rf'action="({page}/answers/\d+/back)"', shown)
    assert back
    browser.submit(back[1])
    assert "Svaret togs tillbaka" in unescape(browser.get(page).text)
    assert given(site) == ["account 3740", ""]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"answer": "account", "account": "37"}, "Ange ett kontonummer med fyra siffror."),
        ({"answer": "order", "order": "#404"}, "Det finns ingen order med det numret"),
        ({"answer": "guess"}, "Raden eller svaret finns inte längre."),
    ],
)
def test_answer_that_is_none_is_refused_with_its_reason(site: Site, page: str, form: dict[str, str], why: str) -> None:
    browser = site.merchant()
    answer = browser.submit(f"{page}/lines", line=line_of(browser, page), **form)
    assert why in unescape(browser.get(answer.headers["location"]).text)
    assert given(site) == []


def test_whole_payout_is_held_and_let_go(site: Site, page: str) -> None:
    browser = site.merchant()
    browser.submit(f"{page}/hold")
    shown = unescape(browser.get(page).text)
    assert "Hela utbetalningen väntar" in shown
    assert "Vänta med hela utbetalningen" not in shown
    assert given(site) == ["hold"]


def test_operator_sees_the_line_and_may_not_answer_for_the_company(site: Site, page: str) -> None:
    operator = site.browser()
    operator.sign_in("olga@example.se")
    shown = unescape(operator.get(page).text)
    assert "Ange vad raden är" not in shown
    token = re.search(r'name="form_token" value="([^"]+)"', shown)
    assert token
    assert operator.post(f"{page}/hold", form_token=token[1]).status_code == 403
    assert site.merchant().post(f"{page}/hold").status_code == 403, "without the form's token"
    assert given(site) == []


@pytest.mark.usefixtures("page")
def test_matching_is_shown_line_by_line_and_only_to_the_company(site: Site) -> None:
    browser = site.merchant()
    assert "Matchning rad för rad" in unescape(browser.get("/payouts").text)
    shown = unescape(browser.get("/payouts/matching").text)
    assert "Klarna K-1" in shown
    assert "Rader utan order: 1" in shown
    assert '<span class="code">#1</span>' in shown
    assert browser.submit("/payouts/matching").headers["location"] == "/payouts/matching?asked=true"
    operator = site.browser()
    operator.sign_in("olga@example.se")
    assert operator.get("/payouts/matching").status_code != 200
    assert "/payouts/matching" not in operator.get("/payouts").text


def test_payout_that_is_tried_again_stays_on_its_page(site: Site, page: str) -> None:
    browser = site.merchant()
    assert f'action="{page}/retry"' in browser.get(page).text
    assert browser.submit(f"{page}/retry").headers["location"] == page
    assert site.reading.retried == [int(page.rsplit("/", 1)[1])]
