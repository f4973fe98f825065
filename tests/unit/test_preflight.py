"""Each finding stops the order before anything is sent; a company that has everything gets none."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.execution.preflight import preflight
from app.kit.money import Money
from app.master_data.facts import AccountFact, BooksFacts, FinancialYear
from app.model.finding import Finding
from app.model.order import Order
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.rules import ArticleNumbers, ArticlePolicy, TenantRules, Trigger
from tests.support.builders import codes, facts, invoice, invoice_row, line, order, paid, payment, plan, rules, shipping

FREIGHT = order(shipping=(shipping(title="Paket"),))
DELIVERY = rules(ways_of_delivery={"paket": "PN"})


def check(
    an_order: Order | None = None, some_rules: TenantRules | None = None, company: BooksFacts | None = None
) -> list[Finding]:
    an_order, some_rules = an_order or order(), some_rules or rules()
    return preflight(an_order, plan(an_order, some_rules), some_rules, company or facts())


def test_clean_company_has_no_findings() -> None:
    everything = order(line(sku="H-1"), line("212.00", rate="6"), shipping=(shipping(title="Paket"),))
    assert check(everything, rules(ways_of_delivery={"paket": "PN"}, cost_center="WEB")) == []


def test_currency_that_fortnox_does_not_know() -> None:
    assert check(company=facts(currencies=frozenset({"EUR"}))) == [
        Finding("FORTNOX_CURRENCY_NOT_FOUND", "SEK", {"currency": "SEK"})
    ]


def test_payment_in_another_currency_than_its_invoice() -> None:
    made = plan()
    steps = tuple(replace(step, amount=Money.of("45", "EUR")) if step in made.payments else step for step in made.steps)
    foreign = replace(made, steps=steps)
    assert preflight(order(), foreign, rules(), facts()) == [
        Finding("FORTNOX_CURRENCY_MISMATCH", "t1", {"payment_currency": "EUR", "currency": "SEK"})
    ]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("ÅÄ 1", "»Å« »Ä« » «"),
        ("A.1", "».«"),
        ("A:1:2", "»:«"),
        ("Ⅷ", "»Ⅷ«"),
        ("٣", "»٣«"),
        ("A\n", "»\n«"),
        ("x" * 51, "51 > 50"),
    ],
)
def test_product_number_that_fortnox_does_not_take(number: str, shown: str) -> None:
    (found,) = check(order(line(sku=number)), rules(article_numbers=ArticleNumbers.STOP))
    assert (found.code, found.about) == ("SHOPIFY_PRODUCT_CHARS", number)
    assert found.data == {"article": number, "characters": shown}


@pytest.mark.parametrize("number", ["H-1", "a_b/c+d", "x" * 50, "0"])
def test_product_number_that_fortnox_takes(number: str) -> None:
    assert check(order(line(sku=number)), rules(article_numbers=ArticleNumbers.STOP)) == []


def test_product_number_that_is_mapped_is_taken() -> None:
    assert check(order(line(sku="ÅÄ 1"))) == []


@pytest.mark.parametrize("policy", [ArticlePolicy.KNOWN, ArticlePolicy.NONE])
def test_product_number_that_is_not_made_is_not_checked(policy: ArticlePolicy) -> None:
    assert check(order(line(sku="ÅÄ 1")), rules(article_policy=policy)) == []


@pytest.mark.parametrize(("rows", "found"), [(500, []), (501, ["DOCUMENT_TOO_MANY_ROWS"])])
def test_document_takes_500_rows(rows: int, found: list[str]) -> None:
    big = invoice(*(invoice_row("1.00", source=f"line:{number}") for number in range(rows)))
    made = replace(plan(), steps=(big,), vouchers=())
    assert codes(preflight(order(), made, rules(), facts())) == found


def test_day_without_financial_year() -> None:
    next_year = order(transactions=(paid("499.00", at=datetime(2027, 1, 2, 12, tzinfo=UTC)),))
    (found,) = check(next_year)
    assert (found.code, found.data) == ("FORTNOX_FISCAL_YEAR", {"date": "2027-01-02", "year": "2027"})


@pytest.mark.parametrize(("locked_through", "found"), [("2026-11-02", []), ("2026-11-03", ["FORTNOX_PERIOD_LOCKED"])])
def test_day_in_a_locked_period(locked_through: str, found: list[str]) -> None:
    assert codes(check(company=facts(locked_through=date.fromisoformat(locked_through)))) == found


def test_payment_before_its_invoice() -> None:
    made = replace(plan(), steps=(invoice(), payment(day=date(2026, 11, 2))), vouchers=())
    (found,) = preflight(order(), made, rules(), facts())
    assert found.code == "FORTNOX_PAYMENT_DATE"
    assert found.data == {"date": "2026-11-02", "invoice_date": "2026-11-03"}


@pytest.mark.parametrize(
    ("account", "role"),
    [
        (1510, "receivable"),
        (3001, "sales.se.25"),
        (2611, "vat 25 %"),
        (1581, "psp.shopify_payments.sek"),
        (3740, "rounding"),
    ],
)
def test_account_that_is_not_there_or_asleep(account: int, role: str) -> None:
    shown = {"account": str(account), "role": role, "year": "2026"}
    assert check(company=facts(missing=[account])) == [Finding("FORTNOX_ACCOUNT_NOT_FOUND", str(account), shown)]
    assert check(company=facts(inactive=[account])) == [Finding("FORTNOX_ACCOUNT_INACTIVE", str(account), shown)]


def test_account_that_the_order_does_not_touch_may_be_missing() -> None:
    assert check(company=facts(missing=[3002, 2621, 3690, 2421])) == []


def test_rounding_account_is_needed_only_where_a_payment_settles() -> None:
    part = order(transactions=(paid("100.00"),))
    assert check(part, rules(trigger=Trigger.CREATED), facts(missing=[3740])) == []


def test_account_is_looked_up_in_the_year_of_its_day() -> None:
    asleep = {account: AccountFact(active=False) for account in DEFAULT_ACCOUNTS.values()}
    awake = {account: AccountFact(active=True) for account in DEFAULT_ACCOUNTS.values()}
    years = (
        FinancialYear(1, date(2025, 1, 1), date(2025, 12, 31)),
        FinancialYear(2, date(2026, 1, 1), date(2026, 12, 31)),
    )
    assert check(company=facts(years=years, accounts={1: asleep, 2: awake})) == []
    assert "FORTNOX_ACCOUNT_INACTIVE" in codes(check(company=facts(years=years, accounts={1: awake, 2: asleep})))


def test_way_of_delivery_that_fortnox_does_not_know() -> None:
    found = check(FREIGHT, DELIVERY, facts(ways_of_delivery=frozenset()))
    assert found == [
        Finding("FORTNOX_WAY_OF_DELIVERY_NOT_FOUND", "PN", {"way_of_delivery": "PN", "shipping_method": "Paket"})
    ]


def test_shipping_method_that_nobody_mapped_stops_only_by_rule() -> None:
    assert check(FREIGHT, rules()) == []
    assert check(FREIGHT, rules(require_way_of_delivery=True)) == [
        Finding("FORTNOX_SHIPPING_NOT_FOUND", "Paket", {"shipping_method": "Paket"})
    ]


@pytest.mark.parametrize(
    ("center", "company", "code"),
    [
        ("WEB", facts(cost_centers=None), "FORTNOX_COST_CENTER_AUTH"),
        ("OLD", facts(), "FORTNOX_COST_CENTER_NOT_FOUND"),
        ("NEW", facts(), "FORTNOX_COST_CENTER_NOT_FOUND"),
    ],
    ids=["no right to read them", "inactive", "unknown"],
)
def test_cost_center_that_cannot_be_used(center: str, company: BooksFacts, code: str) -> None:
    assert check(some_rules=rules(cost_center=center), company=company) == [
        Finding(code, center, {"cost_center": center})
    ]


def test_merchant_without_cost_centers_needs_no_right_to_them() -> None:
    assert check(company=facts(cost_centers=None)) == []


def test_all_findings_come_at_once() -> None:
    found = codes(check(company=BooksFacts()))
    assert found == ["FORTNOX_CURRENCY_NOT_FOUND", "FORTNOX_FISCAL_YEAR"]
