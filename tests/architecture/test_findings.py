"""Every finding that app/ can make is in the catalogue, and carries the values its texts need."""

import ast
import re

from app.catalogue import CATALOGUE
from tests.architecture.raised import Named, named
from tests.architecture.sources import sources

# Calls whose code or values only the running program knows, with what keeps them honest instead.
NOT_TOLD_BY_THE_SOURCE: dict[str, str] = {
    "app/connections/flows/fortnox.py:_redeem": "passes on the code of oauth_state, which takes no values",
    "app/connections/flows/fortnox.py:_refused_by": "a table of OAuth errors and the matcher; tests/connect walks both",
    "app/connections/flows/qliro.py:_try": "the code of a SourceError",
    "app/connections/flows/shopify.py:connect_own_app": "adds the shop to a refusal of shopify_api",
    "app/connections/flows/shopify.py:complete_install": "adds the shop to a refusal of shopify_api",
    "app/connections/flows/shopify.py:_finish": "adds the shop to a refusal of shopify_api",
    "app/dispatch/worker.py:_retry": "the code of what failed, decided in the executor and the order job",
    "app/dispatch/worker.py:_work_or_record": "the code of a lost consent, from the keeper's table",
    "app/connections/grants.py:lost": "the code of a lost consent, from the keeper's table",
    "app/orders/reader.py:read": "the code of a SourceError, and a platform's for an order that it does not have",
    "app/orders/reader.py:_no_access": "a platform's code; every placeholder gets its value there",
    "app/orders/shop_scopes.py:_report_payout_scopes": "a platform's code, with the shop and its scopes",
    "app/orders/shop_scopes.py:report_hidden_data": "a platform's code, with the shop and what is hidden",
    "app/payouts/polling/batch_polling.py:_tell_refusal": "a platform's code; every placeholder gets its value there",
    "app/payouts/polling/batch_polling.py:_tell_unread": "a platform's code, with the batch and why",
    "app/payouts/polling/outage.py:note_outage": "a platform's code, with its account, the hours and why",
    "app/payouts/polling/outage.py:keep_silent_batches": "a platform's code, with the batch and why",
    "app/payouts/polling/payout_polling.py:_finding": "the code of a SourceError",
    "app/connections/shop_job.py:work": "a platform's code for a message, about a topic",
    "app/ledgers/fortnox/refusals.py:refusal": "what the matcher finds; every placeholder gets a value there",
    "app/ledgers/areas.py:reported_together": "one of the codes in PERMISSIONS, with their values",
    "app/readiness/readiness.py:_causes": "findings that are open, with the values that they have",
    "app/ledgers/fortnox/replacement.py:_cancelled": "the values of its neighbour, and that it is cancelled",
}
# Values that a text needs and the call does not give, because its only callers add them.
ADDED_BY_THE_CALLER: dict[tuple[str, str], set[str]] = {
    ("app/connections/flows/shopify_api.py:_token", "SHOPIFY_CREDENTIALS_REFUSED"): {"shop"},
    ("app/connections/flows/shopify_api.py:_refused", "SHOPIFY_TOKEN_REVOKED"): {"shop"},
}
# Values that no text names: shown beside it on the order's page, where an accountant wants to know more.
SHOWN_BESIDE: dict[str, set[str]] = {
    "CREDIT_EXCEEDS_INVOICE": {"message"},
    "FILE_ROW_TWICE": {"equal"},  # the page asks by it what equal rows are
    "FORTNOX_ACCOUNT_INACTIVE": {"role", "year"},
    "FORTNOX_ACCOUNT_NOT_FOUND": {"role", "year"},
    "FORTNOX_COST_CENTER_AUTH": {"cost_center"},
    "FORTNOX_CUSTOMER_NAME_EMPTY": {"order"},
    "FORTNOX_FISCAL_YEAR": {"year"},
    "FORTNOX_REFUSED_UNKNOWN": {"scope", "status"},
    "PAYMENT_GATEWAY_UNMAPPED": {"currency"},
    "QLIRO_PAYOUT_NOT_MATCHING": {"setting"},  # the list of findings has a button for it
    "SHOPIFY_MANUAL_ORDER_MARKED_PAID": {"amount", "gateway"},
    "SHOPIFY_PRODUCT_CHARS": {"characters"},
}
LOOKS_LIKE_A_CODE = re.compile(
    r"(FORTNOX|SHOPIFY|QLIRO|OAUTH|VAT|OSS|PAYMENT|PAYOUT|DOCUMENT|FILE|ROLE|REFUND|CREDIT|BOKBRO)(_[A-Z]+)+"
)


def told() -> list[tuple[str, str, frozenset[str]]]:
    """Where, which code, which values: of the calls that the source tells in full."""
    return [(one.where, one.code, one.keys) for one in named() if one.code is not None and one.keys is not None]


def is_untold(one: Named) -> bool:
    return one.code is None or one.keys is None


def test_named_codes_are_in_the_catalogue() -> None:
    assert [(one.where, one.code) for one in named() if one.code and one.code not in CATALOGUE] == []


def test_text_that_looks_like_a_code_is_one() -> None:
    unknown = [
        f"{source.path}:{node.lineno} {node.value}"
        for source in sources("app")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if LOOKS_LIKE_A_CODE.fullmatch(node.value) and node.value not in CATALOGUE
    ]
    assert unknown == []


def test_finding_gives_every_value_its_texts_need() -> None:
    lacking = {
        (where, code): set(CATALOGUE[code].placeholders - keys)
        for where, code, keys in told()
        if CATALOGUE[code].placeholders - keys
    }
    assert lacking == ADDED_BY_THE_CALLER


def test_finding_gives_no_value_that_nobody_shows() -> None:
    beside: dict[str, set[str]] = {}
    for _, code, keys in told():
        if keys - CATALOGUE[code].placeholders:
            beside.setdefault(code, set()).update(keys - CATALOGUE[code].placeholders)
    assert beside == SHOWN_BESIDE


def test_what_the_source_does_not_tell_is_listed_with_its_reason() -> None:
    assert {one.where for one in named() if is_untold(one)} == set(NOT_TOLD_BY_THE_SOURCE)


def test_nearly_everything_is_told_by_the_source() -> None:
    assert len(told()) > 60
