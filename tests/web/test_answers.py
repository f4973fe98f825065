"""An order that asks: the question, its choices, the answers that were given and by whom."""

from __future__ import annotations

import re

from tests.web.conftest import Site


def test_question_has_a_button_for_each_choice_and_one_to_look_again(site: Site) -> None:
    page = site.merchant().get("/orders/5").text
    assert '<button name="answer" value="accept">Godta det som står i Fortnox</button>' in page
    assert "Titta i Fortnox igen" in page


def test_answer_is_kept_with_who_gave_it(site: Site) -> None:
    answer = site.merchant().submit("/orders/5/answers", finding="77", answer="accept")
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders/5?retried=true")
    assert site.reading.answered == [("accept", "maja@example.se")]


def test_answer_to_a_question_that_is_gone_says_so(site: Site) -> None:
    answer = site.merchant().submit("/orders/5/answers", finding="78", answer="accept")
    assert (answer.status_code, "Frågan finns inte längre" in answer.text) == (409, True)
    assert site.reading.answered == []


def test_given_answers_are_shown_and_can_be_taken_back(site: Site) -> None:
    browser = site.merchant()
    page = browser.get("/orders/5").text
    assert "Bokför på första öppna dagen" in page
    assert "bo@example.se" in page
    assert browser.submit("/orders/5/answers/9/back").status_code == 303
    assert browser.submit("/orders/5/answers/8/back").status_code == 409
    assert site.reading.answered == [("", "maja@example.se")]


def test_operator_sees_the_question_and_may_not_answer_it(site: Site) -> None:
    browser = site.browser()
    browser.sign_in("olga@example.se")
    page = browser.get("/orders/5").text
    assert 'value="accept"' not in page
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token
    refused = browser.post("/orders/5/answers", form_token=token[1], finding="77", answer="accept")
    assert (refused.status_code, site.reading.answered) == (403, [])


def test_answer_without_the_forms_token_is_refused(site: Site) -> None:
    assert site.merchant().post("/orders/5/answers", finding="77", answer="accept").status_code == 403
