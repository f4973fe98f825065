"""The settings page: every rule is on it, what is written is checked, and each change is a version with a name."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.periods.oss_map import read_oss, write_oss
from app.schema import TenantRulesVersion
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.repository import load_rules, rules_from_json
from app.tenants.rules import EuConsumers, TenantRules, Trigger
from app.web.i18n import WORDS
from app.web.settings import GROUPS, FormError, read_form, shown_values
from tests.support.reading_pages import form_of
from tests.web.conftest import Browser, Site, text_of


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.merchant()


def rules(site: Site) -> TenantRules:
    with site.services.store.read() as session:
        return load_rules(session, site.tenant_id)


def save(browser: Browser, **changes: str) -> tuple[int, str]:
    form = form_of(browser.get("/settings").text) | changes
    answer = browser.post("/settings", **{name.replace("__", ":"): value for name, value in form.items()})
    return answer.status_code, answer.headers.get("location", "") or answer.text


def test_every_rule_is_on_the_page_with_words_in_both_languages() -> None:
    shown = {field.name for group in GROUPS.values() for field in group}
    assert shown == {one.name for one in fields(TenantRules)} - {"version", "ledger"}
    for language in ("sv", "en"):
        assert {f"settings.{name}" for name in shown} <= WORDS[language].keys()
        assert {f"settings_help.{name}" for name in shown} <= WORDS[language].keys()
        assert {f"settings_group.{name}" for name in GROUPS} <= WORDS[language].keys()
        options = {option for group in GROUPS.values() for field in group for option in field.options}
        assert {f"settings_value.{option or 'none'}" for option in options} <= WORDS[language].keys()
        assert {f"account_role.{role.replace('.', '_')}" for role in DEFAULT_ACCOUNTS} <= WORDS[language].keys()


def test_form_saved_as_it_is_changes_no_rule(site: Site, browser: Browser) -> None:
    before = rules(site)
    assert save(browser)[1] == "/settings?saved=2&woken=0"
    after = rules(site)
    assert replace(after, version=before.version) == before


def test_what_is_written_holds_from_then_on_and_its_author_is_remembered(site: Site, browser: Browser) -> None:
    status, where = save(
        browser, trigger="fulfilled", cut_over="2026-12-01", vat_rates="25, 12, 6, 0, 25,5", eu_consumers="oss",
        ways_of_delivery="PostNord Ombud = PN\nHämtas = ABC", gift_card_rate="6", fees_by_month="",
        fee_vat_changes="stripe 2027-01-01 se_vat", **{"account__psp.klarna.sek": "1599"},
    )  # fmt: skip
    assert (status, where) == (303, "/settings?saved=2&woken=0")
    now = rules(site)
    assert (now.trigger, now.cut_over, now.eu_consumers) == (Trigger.FULFILLED, date(2026, 12, 1), EuConsumers.OSS)
    assert now.ways_of_delivery == {"postnord ombud": "PN", "hämtas": "ABC"}
    assert (now.gift_card_rate, now.accounts["psp.klarna.sek"]) == (Decimal(6), 1599)
    with site.services.store.read() as session:
        assert session.get_one(TenantRulesVersion, (site.tenant_id, 2)).created_by == "maja@example.se"
    assert "version 2" in text_of(browser.get("/settings"))
    assert "maja@example.se: " in text_of(browser.get("/settings"))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ways_of_delivery", "PostNord", "Varje rad ska ha formen namn = värde."),
        ("account__bank.sek", "19", "Ett konto har fyra siffror."),
        ("cut_over", "i morgon", "Det värdet går inte att använda."),
        ("fee_vat_changes", "stripe se_vat", "Varje rad ska ha leverantör, dag och sätt."),
        ("trigger", "whenever", "Det värdet går inte att använda."),
        ("fee_vat", "stripe = sometimes", "Det värdet går inte att använda."),
    ],
)
def test_what_is_no_rule_is_marked_and_nothing_is_saved(
    site: Site, browser: Browser, name: str, value: str, told: str
) -> None:
    status, page = save(browser, **{name: value})
    assert status == 422
    assert told in unescape(page) or name == "cut_over"
    assert rules(site).version == 1
    with site.services.store.read() as session:
        assert session.scalar(select(TenantRulesVersion)) is None


@pytest.mark.parametrize("name", ["payment_tolerance", "rounding_row_max"])
@pytest.mark.parametrize(("written", "stored", "shown"), [("1,00", 100, "1.00"), ("1 234.5", 123450, "1234.50")])
def test_amounts_are_written_and_shown_in_kronor_and_stored_in_ore(
    name: str, written: str, stored: int, shown: str
) -> None:
    new = read_form(TenantRules(), shown_values(TenantRules()) | {name: written})
    assert new[name] == stored
    assert shown_values(rules_from_json(new, 1))[name] == shown


@pytest.mark.parametrize("written", ["", "x", "-1", "1.005", "1e3", "12345678", "١"])
def test_what_is_no_amount_is_told(written: str) -> None:
    with pytest.raises(FormError) as refused:
        read_form(TenantRules(), shown_values(TenantRules()) | {"payment_tolerance": written})
    assert refused.value.errors == {"payment_tolerance": "amount"}


def test_later_of_two_windows_sees_what_the_earlier_one_did(site: Site, browser: Browser) -> None:
    mine = form_of(browser.get("/settings").text)
    save(browser, cost_center="BUTIK")
    save(browser, cost_center="LAGER")
    answer = browser.post("/settings", **mine)
    assert answer.status_code == 409
    assert "Någon annan har ändrat" in text_of(answer)
    assert rules(site).cost_center == "LAGER"


def test_of_two_windows_on_rules_that_nobody_changed_yet_the_later_sees_what_the_earlier_did(
    site: Site, browser: Browser
) -> None:
    mine = form_of(browser.get("/settings").text)
    save(browser, cost_center="BUTIK")
    assert browser.post("/settings", **mine).status_code == 409
    assert rules(site).cost_center == "BUTIK"


def test_operator_and_stranger_may_not(site: Site) -> None:
    operator = site.browser()
    operator.sign_in("olga@example.se")
    assert operator.get("/settings").status_code == 403
    assert 'href="/settings"' not in operator.get("/").text
    assert site.browser().get("/settings").status_code == 303


def test_default_rules_read_back_from_their_own_form_are_the_same() -> None:
    assert read_form(TenantRules(), shown_values(TenantRules()))["fee_vat"]["stripe"] == "reverse_charge"


def test_account_that_is_not_in_the_chart_is_told_beside_its_field_before_anything_is_saved(
    site: Site, browser: Browser
) -> None:
    status, page = save(browser, **{"account__psp.klarna.sek": "9999"})
    assert status == 422
    assert unescape(page).count("Konto 9999 finns inte") >= 2, "in the list, and beside the field"
    assert "Inget är sparat än." in page
    assert rules(site).accounts["psp.klarna.sek"] == 1586
    form = form_of(page)
    assert form["account:psp.klarna.sek"] == "9999"


def test_fee_is_written_off_only_where_it_is_known_when_the_payment_is_made(site: Site, browser: Browser) -> None:
    status, page = save(browser, fee_write_off="qliro, klarna", clear_at_payout="klarna")
    assert status == 422
    assert "Leverantören måste också stå under Betalda först vid utbetalning" in unescape(page)
    assert rules(site).fee_write_off == frozenset()
    assert save(browser, fee_write_off="klarna", clear_at_payout="klarna, qliro")[0] == 303
    assert rules(site).fee_write_off == {"klarna"}


def test_rules_that_do_not_go_together_are_none_wherever_they_come_from() -> None:
    with pytest.raises(ValidationError, match="fee_write_off: not_at_payout"):
        rules_from_json({"fee_write_off": ["qliro"]}, 1)


def test_who_changes_the_chart_later_saves_anyway_and_is_not_asked_again(site: Site, browser: Browser) -> None:
    assert save(browser, anyway="yes", **{"account__psp.klarna.sek": "9999"})[0] == 303
    assert rules(site).accounts["psp.klarna.sek"] == 9999
    assert save(browser, cost_center="BUTIK")[0] == 303, "what was wrong before hinders no other change"


# --- the OSS map as a file


def upload(browser: Browser, text: str) -> str:
    token = form_of(browser.get("/settings").text)["form_token"]
    files = {"file": ("oss.csv", text.encode(), "text/csv")}
    answer = browser.http.post(
        f"{browser.base}/settings/oss", data={"form_token": token}, files=files, headers={"Origin": browser.base}
    )
    return answer.text


def test_file_with_proposals_goes_out_and_in_and_the_second_time_changes_nothing(site: Site, browser: Browser) -> None:
    text = browser.get("/settings/oss.csv?proposed=true").text
    assert "DE;19;3116;2676" in text
    page = upload(browser, text)
    assert "oss_sales.DE.19" in page
    assert rules(site).accounts.get("oss_sales.DE.19") is None, "a preview changes nothing"
    confirmed = browser.submit("/settings/oss/confirm", text=text, version=str(rules(site).version))
    assert confirmed.status_code == 303
    assert rules(site).accounts["oss_sales.DE.19"] == 3116
    assert "Filen ändrar ingenting." in upload(browser, text)


def test_bad_lines_are_named_by_number_and_stop_the_whole_file(site: Site, browser: Browser) -> None:
    text = "country;rate;sales_account;vat_account\nDE;19;3116;2676\nXX;19;3116;2676\nFR;20;31;2679\nDE;19;3117;2676\n"
    page = unescape(upload(browser, text))
    for number, told in (
        (3, "landet är inget OSS-land"),
        (4, "ett konto har fyra siffror"),
        (5, "samma land och sats"),
    ):
        assert f"Rad {number}: {told}" in page
    assert browser.submit("/settings/oss/confirm", text=text, version=str(rules(site).version)).status_code == 422
    assert rules(site).version == 1


def test_file_shown_before_somebody_else_changed_the_rules_is_not_put_in_force(site: Site, browser: Browser) -> None:
    text = browser.get("/settings/oss.csv?proposed=true").text
    save(browser, cost_center="BUTIK")
    save(browser, cost_center="LAGER")
    answer = browser.submit("/settings/oss/confirm", text=text, version="1")
    assert answer.status_code == 409
    assert "oss_sales.DE.19" not in rules(site).accounts


def test_empty_account_takes_a_mapping_away() -> None:
    accounts = {"oss_sales.DE.19": 3116, "oss_vat.DE": 2676, "bank.sek": 1930}
    read = read_oss("DE;19;;", accounts)
    assert read.laid_over(accounts) == {"bank.sek": 1930}


def test_written_map_reads_as_itself() -> None:
    accounts = {"oss_sales.DE.19": 3116, "oss_sales.DE.7": 3146, "oss_vat.DE": 2676}
    assert read_oss(write_oss(accounts), accounts).changes == ()
