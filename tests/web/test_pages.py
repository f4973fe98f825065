from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from app.model.platforms import PlatformKind
from app.schema import Connection
from app.shops.base import NotGranted
from app.web.formatting import readable
from app.web.views import RefreshProgress
from tests.support.web.sample import BOOKED
from tests.web.conftest import PASSWORD, Site, text_of

PAGES = [
    "/",
    "/orders",
    "/orders/1",
    "/orders/2",
    "/orders/3",
    "/orders/4",
    "/findings",
    "/connect/fortnox",
    "/connect/shopify",
]


def test_every_page_needs_a_signed_in_person_and_comes_back_to_itself(site: Site) -> None:
    browser = site.browser()
    for path in PAGES:
        answer = browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/sign-in?next={quote(path, safe='')}"


def test_every_page_in_both_languages_with_its_headers(site: Site) -> None:
    for language in ("sv", "en"):
        browser = site.browser(language)
        browser.sign_in()
        for path in PAGES:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert f'<html lang="{language}">' in answer.text
            assert "style=" not in answer.text, "the policy forbids inline styles"
            assert "<script" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_sign_in_goes_where_the_person_wanted_and_never_elsewhere(site: Site) -> None:
    for wanted, reached in [
        ("/orders?state=stopped", "/orders?state=stopped"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ]:
        answer = site.browser().post("/sign-in", email="maja@example.se", password=PASSWORD, next=wanted)
        assert answer.headers["location"] == reached, wanted


def test_session_cookie_is_closed_to_scripts_and_other_sites(site: Site) -> None:
    cookie = site.browser().sign_in().headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_wrong_password_is_told_and_the_eleventh_try_waits(site: Site) -> None:
    browser = site.browser()
    for _ in range(10):
        answer = browser.sign_in(password="fel lösenord")
        assert answer.status_code == 401
    assert "stämmer inte" in text_of(answer)
    answer = browser.sign_in()
    assert answer.status_code == 429
    assert "Vänta en kvart" in text_of(answer)


def test_sign_out_ends_the_session(site: Site) -> None:
    browser = site.merchant()
    kept = dict(browser.http.cookies)
    assert browser.submit("/sign-out").status_code == 303
    browser.http.cookies.update(kept)
    assert browser.get("/").status_code == 303


def test_form_without_our_token_or_from_another_site_is_refused(site: Site) -> None:
    browser = site.merchant()
    token = browser.token()
    for path in ("/orders/1/retry", "/findings/ROLE_UNMAPPED/retry", "/connect/fortnox", "/sign-out"):
        assert browser.post(path).status_code == 403
        assert browser.post(path, form_token="gissad").status_code == 403
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site", "Origin": site.url}, {}):
            answer = browser.http.post(site.url + path, data={"form_token": token}, headers=headers)
            assert answer.status_code == 403
            assert "Begäran stoppades" in text_of(answer)
    assert site.reading.retried == []
    assert browser.get("/").status_code == 200, "still signed in"


def test_form_of_another_session_is_refused(site: Site) -> None:
    token = site.merchant().token()
    assert site.merchant().post("/orders/1/retry", form_token=token).status_code == 403


def test_sign_in_from_another_site_is_refused(site: Site) -> None:
    form = {"email": "maja@example.se", "password": PASSWORD}
    answer = site.browser().http.post(site.url + "/sign-in", data=form, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_home_shows_the_numbers(site: Site) -> None:
    words = text_of(site.merchant().get("/"))
    for part in (
        "Ordrar in 42",
        "Bokförda 38",
        "Stoppade 3",
        "0,00 SEK",
        "-0,50 NOK",
        "4,1",
        "#1004",
        "skiljer sig åt",
    ):
        assert part in words, part
    site.reading.quiet = True
    assert "Inget väntar" in text_of(site.merchant().get("/"))


def test_order_list_filters_and_pages(site: Site) -> None:
    browser = site.merchant()
    assert "#1001" not in text_of(browser.get("/orders?state=stopped"))
    assert "#1002" in text_of(browser.get("/orders?code=FORTNOX_CURRENCY_NOT_FOUND"))
    assert "Inga ordrar" in text_of(browser.get("/orders?search=%239999"))
    assert browser.get("/orders?state=nonsense&code=nonsense&page=-3").status_code == 200
    site.reading.rows = tuple(replace(BOOKED, name=f"#{number}") for number in range(120))
    second = browser.get("/orders?state=booked&page=2")
    assert "Sida 2 av 3" in text_of(second)
    assert 'href="/orders?state=booked&amp;page=3"' in second.text


def test_order_shows_what_came_the_plan_and_each_step(site: Site) -> None:
    words = text_of(site.merchant().get("/orders/1"))
    for part in (
        "Order #1001", "Keramikvas Havet, stor", "VAS-01", "1 249,00 SEK", "3001", "Kundfaktura #1001", "1580",
        "Bokför faktura", "Skickas", "10231", '"DocumentNumber": "10231"', "HTTP 404", "22 nov. 2026 12:00:00",
    ):  # fmt: skip
        assert part in words.replace("\xa0", " "), part


def test_order_shows_its_findings_with_remedy(site: Site) -> None:
    answer = site.merchant().get("/orders/2")
    assert "Valutan NOK är inte upplagd i Fortnox." in text_of(answer)
    assert "Register → Valutor" in text_of(answer)


def test_amounts_in_a_finding_are_written_as_people_write_them(site: Site) -> None:
    browser = site.merchant()
    assert "Betalningarna på ordern är 120,50 SEK, mer än dess summa 120,00 SEK." in text_of(browser.get("/orders/3"))
    values = {"a": "1.500 KWD", "b": "1.5", "c": 7, "d": "1200 ISK", "e": "1.5 ISK"}
    assert readable(values, "en") == values | {"d": "1,200 ISK"}
    assert readable({"a": "948.00 SEK, 1298.00 SEK (+2)"}, "sv") == {"a": "948,00 SEK, 1\xa0298,00 SEK (+2)"}


def test_names_from_the_shop_cannot_become_markup(site: Site) -> None:
    answer = site.merchant().get("/orders/3")
    assert "#1003 <b>" not in answer.text
    assert "#1003 &lt;b&gt;" in answer.text
    assert "<script>" not in answer.text


def test_what_is_not_there_has_a_page(site: Site) -> None:
    browser = site.merchant()
    for path in ("/orders/99", "/orders/0", "/orders/99999999999999999999", "/orders/x", "/nonsense"):
        answer = browser.get(path)
        assert answer.status_code in {400, 404}
        assert "Till översikten" in text_of(answer)


def test_order_of_another_tenant_is_as_unknown_as_none(site: Site) -> None:
    site.reading.tenant_id += 1
    browser = site.merchant()
    assert browser.get("/orders/1").status_code == 404
    token = browser.token()
    assert browser.post("/orders/1/retry", form_token=token).status_code == 404


def test_try_again_for_one_and_for_all(site: Site) -> None:
    browser = site.merchant()
    assert browser.submit("/orders/2/retry").headers["location"] == "/orders/2?retried=true"
    assert "satt på tur" in text_of(browser.get("/orders/2?retried=true"))
    answer = browser.submit("/findings/FORTNOX_CURRENCY_NOT_FOUND/retry")
    assert answer.headers["location"] == "/findings?retried=40"
    assert "40 ordrar är satta på tur" in text_of(browser.get("/findings?retried=40"))
    assert browser.submit("/findings/NO_SUCH_CODE/retry").status_code == 404
    assert site.reading.retried == [2, "FORTNOX_CURRENCY_NOT_FOUND"]


def test_findings_are_grouped_with_text_and_remedy(site: Site) -> None:
    answer = site.merchant().get("/findings")
    words = text_of(answer)
    assert "Valutan NOK är inte upplagd" in words
    assert "40 st" in words
    assert 'href="/orders?code=FORTNOX_CURRENCY_NOT_FOUND"' in answer.text
    assert '<a href="/payouts/77">klarna:K-1</a>' in answer.text, "a payout has a page of its own"
    site.reading.quiet = True
    assert "Allt är i sin ordning" in text_of(site.merchant().get("/findings"))


def test_one_incident_is_released_alone_and_by_name(site: Site) -> None:
    browser = site.merchant()
    page = text_of(browser.get("/findings"))
    assert "Momssatsen 25.5 % finns inte upplagd i Fortnox. 2 ordrar väntar Momssatsen finns i Fortnox nu" in page
    answer = browser.submit("/findings/FORTNOX_VAT_NOT_FOUND/retry", about="25.5 %")
    assert answer.headers["location"] == "/findings?retried=2"
    assert site.reading.retried == ["FORTNOX_VAT_NOT_FOUND 25.5 % maja@example.se"]


def test_operator_sees_all_and_connects_nothing(site: Site) -> None:
    browser = site.browser()
    browser.sign_in("olga@example.se")
    assert "Företag" in text_of(browser.get("/orders"))
    assert "/connect/" not in browser.get("/").text
    assert browser.get("/connect/fortnox").status_code == 403
    assert browser.get("/connect/shopify").status_code == 403


def test_bookkeeper_connects_fortnox_only(site: Site) -> None:
    browser = site.browser()
    browser.sign_in("bo@example.se")
    assert browser.get("/connect/fortnox").status_code == 200
    assert browser.get("/connect/shopify").status_code == 403
    assert "/connect/shopify" not in browser.get("/").text


def test_language_switch_stays(site: Site) -> None:
    browser = site.browser("en-GB,en;q=0.9,sv;q=0.8")
    assert "Sign in" in text_of(browser.get("/sign-in"))
    assert browser.post("/language", language="sv", next="/sign-in").headers["location"] == "/sign-in"
    assert "Logga in" in text_of(browser.get("/sign-in"))
    browser.sign_in()
    token = browser.token()
    assert browser.post("/language", language="en").status_code == 403
    browser.post("/language", language="en", form_token=token)
    other = site.browser("sv")
    other.sign_in()
    assert "Overview" in text_of(other.get("/"))
    assert browser.post("/language", language="fr", form_token=token).status_code == 303


def test_fault_has_a_page_with_a_reference(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("hemlig detalj")

    browser = site.merchant()
    monkeypatch.setattr(site.reading, "home", broken)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert re.search(r"Referens [0-9a-f]{8}", text_of(answer))
    assert "hemlig detalj" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_health(site: Site) -> None:
    browser = site.browser()
    assert browser.get("/health/live").json() == {"status": "alive"}
    assert browser.get("/health/ready").json() == {"status": "ready", "workers": 0}


def test_static_files_may_be_kept(site: Site) -> None:
    answer = site.browser().get("/static/base.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "max-age=3600" in answer.headers["cache-control"]
    assert "url(" not in answer.text
    assert "@import" not in answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [("sv", "Läser register från Fortnox: 4 av 10 klara, 1312 rader."), ("en", "4 of 10 done, 1312 rows.")],
)
def test_the_first_page_shows_how_far_the_registers_are_read(site: Site, language: str, words: str) -> None:
    site.reading.reading = RefreshProgress(read=4, total=10, rows=1312)
    browser = site.browser(language)
    browser.sign_in()
    with site.services.store.write() as session:
        session.add(
            Connection(
                tenant_id=site.tenant_id, platform="fortnox", kind=PlatformKind.LEDGER,
                account="12345", display_name="Björk & Bär AB",
                state="active", grant="client_credentials", scopes=[], encrypted=b"",
            )
        )  # fmt: skip
    answer = browser.get("/")
    assert words in text_of(answer)
    assert '<progress value="4" max="10">' in answer.text
    site.reading.reading = None
    assert "<progress" not in browser.get("/").text


def test_product_numbers_that_differ_have_a_page_and_a_file(site: Site) -> None:
    browser = site.merchant()
    assert "Alla sålda artikelnummer är desamma" in browser.get("/articles").text
    assert browser.get("/articles.csv").text.splitlines()[0].endswith("sku;article_number")


def test_the_first_page_tells_what_a_shop_does_not_let_us_read(site: Site) -> None:
    site.reading.lacking = (NotGranted("read_returns", "returer", "stannar en återbetalning"),)
    browser = site.browser("sv")
    browser.sign_in()
    with site.services.store.write() as session:
        session.add(
            Connection(
                tenant_id=site.tenant_id, platform="shopify", kind=PlatformKind.SHOP,
                account="bjork.myshopify.com", display_name="Björk & Bär",
                state="active", grant="client_credentials", scopes=["read_orders"], encrypted=b"",
            )
        )  # fmt: skip
    shown = text_of(browser.get("/"))
    assert "Behörigheter som butiken inte ger: 1" in shown
    assert "read_returns : returer. Utan den: stannar en återbetalning." in shown.replace(
        "read_returns:", "read_returns :"
    )


def test_connection_to_a_platform_that_the_pages_do_not_know_is_shown_by_its_name(site: Site) -> None:
    browser = site.merchant()
    with site.services.store.write() as session:
        session.add(
            Connection(
                tenant_id=site.tenant_id, platform="abacus", kind=PlatformKind.LEDGER, account="A-1",
                display_name="Torgboden AB", state="active", grant="key", scopes=[], encrypted=b"",
            )
        )  # fmt: skip
    shown = text_of(browser.get("/"))
    assert "abacus Torgboden AB A-1" in shown
