"""Every entry is complete, says the same in both languages, and its Swedish is Swedish."""

import re
from pathlib import Path

import pytest

from app.catalogue import CATALOGUE, BrokenCatalogueError, Entry, UnknownCodeError, lookup
from app.catalogue.loading import parse
from app.catalogue.page import catalogue_page

SEED_CODES = re.findall(
    r"\S+",
    """
KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT FORTNOX_VAT_NOT_FOUND FORTNOX_CURRENCY_NOT_FOUND FORTNOX_CUSTOMER_NAME_EMPTY
FORTNOX_FISCAL_YEAR FORTNOX_ACCOUNT_INACTIVE FORTNOX_COST_CENTER_AUTH FORTNOX_PAYMENT_DATE FORTNOX_CURRENCY_MISMATCH
FORTNOX_SHIPPING_NOT_FOUND SHOPIFY_PRODUCT_CHARS SHOPIFY_MANUAL_ORDER_MARKED_PAID QLIRO_PAYOUT_NOT_MATCHING
REFUND_PAYOUT_DOUBLED OSS_NOT_APPLIED_TO_CREDIT_NOTES CREDIT_INVOICE_MISSING_DISCOUNT_ROW DUPLICATE_INVOICE_FOR_ORDER
ORDER_STATUS_FILTER_NOT_WORKING OSS_COUNTRY_TAX_MAPPING_MISSING PAYOUT_CURRENCY_MISMATCH PAYOUT_FEE_WRITEOFF_FAILED
""",
)
# Words that are English and not Swedish. Shopify's and Fortnox's own names are spelt as those systems spell them.
ENGLISH = set(
    re.findall(
        r"\S+",
        """
the and is are was were of with without from your you this that has have had cannot can't please invoice shipping
customer refund payout currency tax taxes missing click retry again order's connect connection account accounts shop
scope scopes webhook webhooks token url error message settings number which who will would should could only here not
company licence license rate sent store stored try press choose credit document found already
""",
    ),
)
VALID = {
    "code": "A_CODE",
    "actor": "merchant",
    "severity": "blocker",
    "repair": "by_person",
    "register": "none",
    "detected": "By a look.",
    "sv": {"text": "Fel i {field}.", "remedy": "Gör om."},
    "en": {"text": "Fault in {field}.", "remedy": "Do it again."},
}


@pytest.mark.parametrize("code", SEED_CODES)
def test_seed_code_is_entered(code: str) -> None:
    assert lookup(code).code == code


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)
def test_entry_is_written_for_people(entry: Entry) -> None:
    for words in (entry.text_sv, entry.text_en, entry.remedy_sv, entry.remedy_en, entry.detected):
        assert words[0].isupper() or words[0] == "{"
        assert words.endswith((".", "{message}")), words
        assert len(words) < 260, "a person under stress reads one or two short sentences"
    assert entry.text_sv != entry.text_en
    assert entry.remedy_sv != entry.remedy_en
    assert set(re.findall(r"\{(\w+)\}", entry.remedy_sv)) <= entry.placeholders


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)
def test_swedish_has_no_english_words(entry: Entry) -> None:
    swedish = re.sub(r"\{\w+\}", " ", f"{entry.text_sv} {entry.remedy_sv}").replace("Shopify Payments", " ")
    assert not ENGLISH & set(re.findall(r"[a-zåäöé']+", swedish.lower()))


def test_english_names_no_swedish_letters_but_fortnox_menus() -> None:
    menus = re.compile(r"Inställningar|Bokföring|Räkenskapsår|Kostnadsställen|Leveranssätt|Godkänn & aktivera")
    for entry in CATALOGUE.values():
        assert not re.search("[åäöÅÄÖ]", menus.sub("", f"{entry.text_en} {entry.remedy_en}")), entry.code


def test_missing_value_shows_as_ellipsis() -> None:
    entry = lookup("FORTNOX_CURRENCY_NOT_FOUND")
    assert entry.text("sv", {"currency": "NOK"}) == "Valutan NOK är inte upplagd i Fortnox."
    assert entry.text("en") == "The currency … is not registered in Fortnox."


def test_value_cannot_reach_into_objects() -> None:
    assert (
        lookup("ROLE_UNMAPPED").text("en", {"role": "{role.__class__}"}) == "No account is chosen for {role.__class__}."
    )


def test_unknown_code_is_loud() -> None:
    with pytest.raises(UnknownCodeError, match="NO_SUCH_CODE"):
        lookup("NO_SUCH_CODE")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"code": "lower"}, "upper case"),
        ({"actor": "somebody"}, "somebody"),
        ({"severity": "mild"}, "mild"),
        ({"register": "archive"}, "archive"),
        ({"repair": None}, "None"),
        ({"detected": " "}, "detected"),
        ({"sv": {"text": "Fel."}}, r"sv\.remedy"),
        ({"en": {"text": "Fault in {other}.", "remedy": "Again."}}, "placeholders"),
        ({"en": {"text": "Fault in {field.x}.", "remedy": "Again."}}, "brace"),
        ({"note": "?"}, "unknown fields"),
        ({"fortnox": [{}]}, "nothing else"),
        ({"fortnox": [{"messages": ["("]}]}, "regular expression"),
    ],
)
def test_broken_entry_is_refused(change: dict[str, object], fault: str) -> None:
    with pytest.raises(BrokenCatalogueError, match=fault):
        parse([VALID | change])


def test_code_given_twice_is_refused() -> None:
    with pytest.raises(BrokenCatalogueError, match="twice"):
        parse([VALID, VALID])


def test_entry_without_actor_is_refused() -> None:
    with pytest.raises(BrokenCatalogueError, match="lacks 'actor'"):
        parse([{key: value for key, value in VALID.items() if key != "actor"}])


def test_written_page_is_current() -> None:
    written = Path(__file__).parents[2] / "docs" / "error-catalogue.md"
    assert written.read_text(encoding="utf-8") == catalogue_page(), "run: python -m app.catalogue"
