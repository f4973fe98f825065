"""Every code's remedy is performed by a test, as a person would; what is not yet stands in one list that only shrinks.

Performed means: tests/pipeline has `remedied(bench, "CODE", …)`, whose block does what the text says on our pages or
in the outside system, after which the finding is gone and the order booked (tests/support/pipeline/person.py); for
the page of a payout file, `corrected(bench, words, "CODE")`, after which a payout is taken in; for the pages of a
connection that failed, tests/web has `cured(site, answer, "CODE", …)`, after which the account is connected.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.catalogue import CATALOGUE
from tests.support.pipeline.remedies_files import FETCHED_ANEW

TESTS = Path(__file__).parents[1]
PERFORMING = {"remedied": ("pipeline", 1), "corrected": ("pipeline", 2), "cured": ("web", 2)}
"""Name of the context manager in whose block a test does what a remedy says → where such tests lie, and at which place
the code stands among its arguments."""

_NO_REMEDY = "tells what was done or passes by itself: there is nothing to perform"
_CONNECTING = "the operator makes the service's address reachable: tests/connect refuses the address"
_BY_HAND = "the payout is booked by hand in Fortnox, and nothing of it comes here: there is nothing that would be gone"
_RACE = "no page or command removes a file: a guard, raised by tests/pipeline/test_refused_files.py"
_OURS = "a fault of ours or of the installation: its remedy is a new version or a setting of the operator"
_SETTING = "told beside the settings, never on an order: TestChoices.test_setting_that_needs_a_scope performs it"

WITHOUT_TEST: dict[str, tuple[str, ...]] = {
    _NO_REMEDY: (
        "BOOKED_BY_OTHER_HANDS",
        "CREDIT_MOVED_TO_OPEN_PERIOD",
        "FORTNOX_RATE_LIMITED",
        "FORTNOX_UNAVAILABLE",
        "INVOICE_NOT_MAILED",
        "REFUND_BOOKED_AS_VOUCHER",
        "SHOPIFY_THROTTLED",
        "SHOPIFY_TOPIC_NOT_HANDLED",
        "SHOPIFY_UNAVAILABLE",
        "VAT_NUMBER_UNCHECKED",
    ),
    _CONNECTING: ("SHOPIFY_WEBHOOKS_REFUSED",),
    _BY_HAND: ("FILE_CURRENCY_CONVERTED",),
    _RACE: ("FILE_GONE",),
    _OURS: (
        "BOKBRO_INTERNAL",
        "CREDIT_EXCEEDS_INVOICE",
        "FILE_READER_FAILED",
        "FORTNOX_APP_MISCONFIGURED",
        "SHOPIFY_BODY_NOT_UNDERSTOOD",
        "SHOPIFY_BODY_OF_OTHER_SHOP",
        "SHOPIFY_PRIVACY_REQUEST",
    ),
    _SETTING: ("SETTING_NEEDS_ACCESS",),
}
"""Reason → codes whose remedy no test performs by `remedied`. Take a code out when a test does."""


def performed() -> Iterator[str]:
    """Codes that a test names as the one whose remedy it performs."""
    for name, (folder, place) in PERFORMING.items():
        for file in sorted((TESTS / folder).glob("test_*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                    named = node.args[place]
                    if isinstance(named, ast.Constant) and isinstance(named.value, str):
                        yield named.value


def test_every_code_is_performed_or_listed_with_its_reason() -> None:
    done = set(performed()) | PARAMETRISED | set(FETCHED_ANEW)
    listed = [code for codes in WITHOUT_TEST.values() for code in codes]
    assert sorted(listed) == sorted(set(listed)), "listed twice"
    assert done & set(listed) == set(), "performed: take it out of the list"
    assert sorted(set(CATALOGUE) - done - set(listed)) == []
    assert (done | set(listed)) - set(CATALOGUE) == set()


PARAMETRISED = {
    "FORTNOX_COMPANY_TAKEN", "SHOPIFY_SHOP_TAKEN", "QLIRO_ACCOUNT_TAKEN", "OAUTH_STATE_UNKNOWN", "OAUTH_STATE_EXPIRED",
    "OAUTH_STATE_FOREIGN", "OAUTH_STATE_REPLAYED", "QLIRO_ACCESS_REFUSED", "QLIRO_KEY_INVALID", "QLIRO_UNAVAILABLE",
    "SHOPIFY_DOMAIN_INVALID", "SHOPIFY_CREDENTIALS_REFUSED",
    "FORTNOX_TEXT_CHARS", "FORTNOX_TEXT_TOO_LONG", "FORTNOX_REFUSED_UNKNOWN", "FORTNOX_CUSTOMER_NOT_FOUND",
    "FORTNOX_ARTICLE_NOT_FOUND", "SHOPIFY_TOTALS_DISAGREE", "VAT_CHARGED_UNEXPECTED",
}  # fmt: skip
"""Named by the parameters of TestRefusals, TestChoices and tests/web/test_connect_remedies.py."""
