"""The readiness check by what was observed: what stops is red, what is not known is said to be so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.ledgers.areas import Closed
from app.master_data.chart import required_vat_code, roles_in_use
from app.master_data.facts import AccountFact, BooksFacts, FinancialYear
from app.model.finding import Finding
from app.readiness.rows import CauseSeen, Observed, Row, ShopSeen, Status, check
from app.tenants.rules import DocumentFlow, TenantRules

TODAY = date(2026, 6, 1)
YEAR = FinancialYear(3, date(2026, 1, 1), date(2026, 12, 31))
RULES = TenantRules()


def chart(rules: TenantRules = RULES) -> dict[int, AccountFact]:
    accounts = {role: rules.account(role) for role in roles_in_use(rules)}
    return {
        account: AccountFact(active=True, vat_code=required_vat_code(role) or "")
        for role, account in accounts.items()
        if account is not None
    }


FACTS = BooksFacts(currencies=frozenset({"SEK", "EUR"}), years=(YEAR,), accounts={3: chart()})
FIT = Observed(
    "active", FACTS, "ACCRUAL", (ShopSeen("b.myshopify.com", "active", 0, refuses_messages=False),),
    frozenset({"SEK"}), orders=12,
)  # fmt: skip


def rows(observed: Observed, rules: TenantRules = RULES, start: date = TODAY) -> dict[str, Row]:
    return {row.key: row for row in check(observed, rules, start, TODAY).rows}


def facts(**changes: Any) -> Observed:
    return replace(FIT, facts=replace(FACTS, **changes))


def test_a_company_in_which_nothing_is_wrong_is_green_all_over() -> None:
    assert {key: row.status for key, row in rows(FIT).items() if row.status is not Status.GREEN} == {}


def test_nothing_is_claimed_of_what_was_not_read() -> None:
    assert {row.status for row in rows(Observed(None, BooksFacts())).values()} == {Status.RED, Status.UNKNOWN}
    unread = facts(unread=frozenset({"accounts", "financialyears", "lockedperiod", "currencies", "rights", "invoices"}))
    unknown = {key for key, row in rows(unread).items() if row.status is Status.UNKNOWN}
    assert unknown == {"rights", "method", "years", "locked", "accounts", "currencies", "others"}


@pytest.mark.parametrize(
    ("observed", "key", "status", "code"),
    [
        (replace(FIT, ledger_state="needs_consent"), "ledger", Status.RED, None),
        (replace(FIT, ledger_state=None), "ledger", Status.RED, "FORTNOX_NOT_CONNECTED"),
        (replace(FIT, shops=()), "shop", Status.RED, None),
        (replace(FIT, shops=(replace(FIT.shops[0], state="needs_consent"),)), "shop", Status.RED, None),
        (replace(FIT, shops=(replace(FIT.shops[0], lacks=2),)), "scopes", Status.AMBER, None),
        (
            replace(FIT, shops=(replace(FIT.shops[0], refuses_messages=True),)),
            "messages", Status.AMBER, "SHOPIFY_ORDER_MESSAGES_REFUSED",
        ),
        (
            facts(closed={"vouchers": Closed("FORTNOX_LICENCE_MISSING", "Saknar licens", "bookkeeping")}),
            "rights", Status.RED, "FORTNOX_LICENCE_MISSING",
        ),
        (replace(FIT, method="CASH"), "method", Status.AMBER, None),
        (facts(years=()), "years", Status.RED, "FORTNOX_FISCAL_YEAR"),
        (facts(locked_through=TODAY), "locked", Status.RED, "FORTNOX_PERIOD_LOCKED"),
        (facts(locked_through=date(2026, 5, 31)), "locked", Status.GREEN, None),
        (facts(accounts={3: {}}), "accounts", Status.RED, "FORTNOX_ACCOUNT_NOT_FOUND"),
        (replace(FIT, currencies=frozenset({"SEK", "NOK"})), "currencies", Status.RED, "FORTNOX_CURRENCY_NOT_FOUND"),
        (replace(FIT, unknown_codes=("DHL",)), "codes", Status.RED, None),
        (replace(FIT, invoiced_by_others=3), "others", Status.AMBER, None),
        (
            replace(FIT, stopped_by=(CauseSeen(Finding("SHOPIFY_PRODUCT_CHARS", "Å", {}), 4),)),
            "orders", Status.AMBER, "SHOPIFY_PRODUCT_CHARS",
        ),
    ],
)  # fmt: skip
def test_each_thing_that_is_wrong_shows_in_its_own_row(
    observed: Observed, key: str, status: Status, code: str | None
) -> None:
    row = rows(observed)[key]
    assert row.status is status
    assert code is None or {finding.code for finding in row.findings} == {code}


def test_an_area_that_no_rule_needs_may_be_closed() -> None:
    closed = facts(closed={"orders": Closed("FORTNOX_LICENCE_MISSING", "Saknar licens", "order")})
    assert rows(closed)["rights"].status is Status.GREEN
    assert rows(closed, replace(RULES, document_flow=DocumentFlow.ORDER_FIRST))["rights"].status is Status.RED
    unseen = facts(closed={"warehouse": Closed("FORTNOX_SCOPE_MISSING", "", "warehouse")})
    assert rows(unseen)["rights"].status is Status.GREEN, "its balances are used where they are shown"


def test_a_currency_that_the_rules_let_us_add_is_only_said() -> None:
    observed = replace(FIT, currencies=frozenset({"NOK"}))
    assert rows(observed, replace(RULES, create_currencies=True))["currencies"].status is Status.AMBER


def test_next_year_is_asked_for_before_it_begins() -> None:
    [row] = [row for row in check(FIT, RULES, TODAY, date(2026, 11, 20)).rows if row.key == "years"]
    assert (row.status, row.findings[0].about) == (Status.AMBER, "2027")


def test_the_first_day_decides_which_year_and_lock_count() -> None:
    assert rows(FIT, start=date(2025, 12, 1))["years"].status is Status.RED
    assert rows(facts(locked_through=date(2026, 5, 31)), start=date(2026, 5, 1))["locked"].status is Status.RED
