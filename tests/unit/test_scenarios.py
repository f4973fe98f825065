"""The scenarios as data: what they promise, and what a bad file is told."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from sandbox.scenarios.loading import FOLDER, available, load, load_file
from sandbox.scenarios.scenario import expected_summary
from sandbox.scenarios.words import ScenarioError

PLANTED = {
    "SHOPIFY_PRODUCT_CHARS",
    "FORTNOX_CURRENCY_NOT_FOUND",
    "FORTNOX_VAT_NOT_FOUND",
    "FORTNOX_CUSTOMER_NAME_EMPTY",
    "FORTNOX_FISCAL_YEAR",
    "FORTNOX_PERIOD_LOCKED",
    "FORTNOX_ACCOUNT_INACTIVE",
    "FORTNOX_WAY_OF_DELIVERY_NOT_FOUND",
    "FORTNOX_SHIPPING_NOT_FOUND",
    "SHOPIFY_TOTALS_DISAGREE",
    "SHOPIFY_MANUAL_ORDER_MARKED_PAID",
    "EU_CONSUMERS_STOPPED",
    "ORDER_WAITS_FOR_PAYMENT",
}


def test_the_scenario_plants_every_fault_it_promises() -> None:
    assert set(expected_summary(load("shop_month").orders).findings) == PLANTED


def test_each_planted_fault_follows_from_the_company_or_the_order() -> None:
    scenario = load("shop_month")
    company, rules = scenario.company, scenario.rules
    of = {order.expect.code: order for order in scenario.orders if order.expect.code}
    spec = {code: order.spec for code, order in of.items()}

    def shipping(code: str) -> str:
        return spec[code].shipping[0].title

    assert not str(spec["SHOPIFY_PRODUCT_CHARS"].lines[0].sku).isascii()
    presentment = spec["FORTNOX_CURRENCY_NOT_FOUND"].presentment
    assert presentment is not None
    assert presentment.currency not in company.currencies
    assert spec["FORTNOX_VAT_NOT_FOUND"].lines[0].tax not in company.vat_rates
    billing = spec["FORTNOX_CUSTOMER_NAME_EMPTY"].buyer.billing
    assert billing is not None
    assert not (billing.first_name)
    assert not (billing.last_name)
    assert not (billing.company)
    sold = {code: spec[code].processed_at for code in ("FORTNOX_FISCAL_YEAR", "FORTNOX_PERIOD_LOCKED")}
    assert sold["FORTNOX_FISCAL_YEAR"] is not None
    assert sold["FORTNOX_FISCAL_YEAR"].year not in company.years
    assert sold["FORTNOX_PERIOD_LOCKED"] is not None
    assert company.locked_through == date(2026, 10, 31)
    assert sold["FORTNOX_PERIOD_LOCKED"].date() <= company.locked_through
    assert sold["FORTNOX_PERIOD_LOCKED"].year in company.years
    assert "12" in {line.tax for line in spec["FORTNOX_ACCOUNT_INACTIVE"].lines}, "its postage has a part at 12 %"
    assert 3523 in company.inactive_accounts
    mapped = rules.shipping[shipping("FORTNOX_WAY_OF_DELIVERY_NOT_FOUND")]
    assert mapped not in company.ways_of_delivery
    assert shipping("FORTNOX_SHIPPING_NOT_FOUND") not in rules.shipping
    block = next(order.spec.generated_lines for order in scenario.orders if order.spec.name == "#1054")
    assert block is not None
    assert block.count > 500
    assert spec["SHOPIFY_TOTALS_DISAGREE"].breach == {"total_price": "10.00"}
    draft = spec["SHOPIFY_MANUAL_ORDER_MARKED_PAID"]
    assert (draft.source_name, draft.payments[0].gateway) == ("shopify_draft_order", "manual")
    assert of["SHOPIFY_MANUAL_ORDER_MARKED_PAID"].expect.outcome == "booked_unpaid"
    german = spec["EU_CONSUMERS_STOPPED"]
    assert german.buyer.billing is not None
    assert (german.buyer.billing.country_code, german.lines[0].tax) == ("DE", "19")


def test_good_orders_carry_no_fault_of_the_company() -> None:
    scenario = load("shop_month")
    for order in scenario.orders:
        if order.expect.code is None:
            assert order.placed_at.date() > (scenario.company.locked_through or date.min), order.name
            for line in order.spec.shipping:
                assert scenario.rules.shipping[line.title] in scenario.company.ways_of_delivery, order.name
            for payment in order.spec.payments:
                assert payment.gateway in scenario.rules.gateways or order.spec.test, order.name
            assert not (order.spec.shipping and any(line.tax == "12" for line in order.spec.lines)), order.name


def test_the_month_is_long_and_mostly_good() -> None:
    summary = expected_summary(load("shop_month").orders)
    assert summary.orders == 64
    assert summary.outcomes == {"booked_and_paid": 47, "booked_unpaid": 1, "waiting": 2, "skipped": 3, "stopped": 11}
    assert sum(summary.outcomes.values()) == summary.orders


def test_the_booked_sum_is_the_sum_of_the_figures_in_the_files() -> None:
    entries = [
        entry
        for name in ("ordinary", "planted", "returns")
        for entry in yaml.safe_load((FOLDER / "shop_month" / f"{name}.yaml").read_text(encoding="utf-8"))
    ]
    booked = sum(
        Decimal(e["expect"].get("left", e["expect"]["total"]))
        for e in entries
        if e["expect"]["outcome"].startswith("booked")
    )
    assert expected_summary(load("shop_month").orders).booked == {"SEK": int(booked * 100)}


def test_hello_is_five_good_orders() -> None:
    summary = expected_summary(load("hello").orders)
    assert summary.outcomes == {"booked_and_paid": 5}
    assert summary.booked == {"SEK": 49900 + 107100 + 62700 + 89900 + 109900}
    assert available() == ("hello", "shop_month")


def test_the_month_of_a_qliro_company_has_every_end_that_an_order_there_may_have() -> None:
    shop = load("shop_month").qliro
    assert shop is not None
    summary = expected_summary(shop.orders, shop.payouts)
    assert summary.outcomes == {"booked_and_paid": 10, "skipped": 1, "waiting": 1}
    assert summary.findings == {}
    assert {later.action for order in shop.orders for later in order.later} == {
        "ship", "return", "cancel", "add", "give_back",
    }  # fmt: skip
    assert [order.name for order in shop.orders if not order.is_heard] == ["KK-2011"]
    last = max(later.at.date() for order in shop.orders for later in order.later)
    assert shop.payouts.days[-1] > last, "everything that was sent is paid out"


def test_no_payout_holds_a_sale_of_a_day_that_cannot_be_booked() -> None:
    scenario = load("shop_month")
    locked = scenario.company.locked_through
    assert locked is not None
    for order in scenario.orders:
        assert order.spec.processed_at is not None
        if order.spec.processed_at.date() <= locked:
            assert {payment.gateway for payment in order.spec.payments} == {"Klarna"}, (
                f"fees of {order.name} could not be booked"
            )


BASE = """
shop: {domain: a.myshopify.com, name: A}
company: {name: A AB, organisation_number: "1", years: [2026]}
rules: {shipping: {}, gateways: {}}
orders:
  - {name: "#1", processed_at: 2026-11-03T10:00:00+01:00, lines: [{title: A, price: "1.00"}],
     expect: {outcome: booked_and_paid, total: "1.00"}}
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("outcome: booked_and_paid", "outcome: boked", "#1: expect.outcome must be one of"),
        ("outcome: booked_and_paid", "outcome: stopped", "#1: a stopped order needs expect.code"),
        ('total: "1.00"', "total: much", "#1: expect.total must be an amount"),
        ('price: "1.00"', "prise: 1", "prise"),
        ("lines: [{", "lines: [hoodie, {", "#1: unknown product 'hoodie'"),
        ("lines:", "buyer: anna, lines:", "#1: unknown buyer 'anna'"),
        ("+01:00", "", "needs an offset"),
        ("company:", "firm:", "'company' is missing"),
        ("years: [2026]", "year: 2026", "company"),
        ("rules: {shipping: {}, gateways: {}}", "rules: {shiping: {}}", "rules"),
        ("expect:", 'later: [{do: dance, at: "2026-11-03T10:00:00+01:00"}], expect:', "later.do must be one of"),
        ('name: "#1"', 'nam: "#1"', "an order needs a name"),
        ("orders:", "orders: [", "not YAML"),
    ],
)
def test_a_bad_file_is_told_where_and_what(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert load_text(tmp_path, BASE)
    with pytest.raises(ScenarioError, match=r"bad\.yaml") as refused:
        load_text(tmp_path, BASE.replace(old, new))
    assert sentence in str(refused.value)


def test_two_orders_with_one_name_are_refused(tmp_path: Path) -> None:
    order = BASE[BASE.index("  - {name") :]
    with pytest.raises(ScenarioError, match="used twice: #1"):
        load_text(tmp_path, BASE + order)


def load_text(folder: Path, text: str) -> bool:
    path = folder / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    return load_file(path).orders[0].name == "#1"


QLIRO = """
key: K
company: {name: K AB, organisation_number: "2", years: [2026]}
payouts: {days: [2026-11-10]}
products: {mugg: {ref: M, price: "1.00"}}
orders:
  - {name: K1, at: 2026-11-03T10:00:00+01:00, items: [mugg], later: [{do: ship, at: "2026-11-03T11:00:00+01:00"}],
     expect: {outcome: booked_and_paid, total: "1.00"}}
"""

QLIRO_ORDER = QLIRO[QLIRO.index("  - {name") :]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("key: K\n", "", "'key' of the merchant account is missing"),
        ("do: ship", "do: fulfil", "K1: later.do must be one of add, cancel, give_back, return, ship"),
        ("[mugg]", "[kruka]", "K1: unknown product 'kruka'"),
        ("{ref: M,", "{reff: M,", "reff"),
        ("2026-11-03T10:00:00+01:00", "yesterday", "K1, at: must be a moment"),
        ('"2026-11-03T11:00:00+01:00"', '"2026-11-03T11:00:00"', "K1, later.at: needs an offset"),
        ("[2026-11-10]", "[soon]", "payouts: days must be a list of dates"),
        (QLIRO_ORDER, 2 * QLIRO_ORDER, "used twice: K1"),
    ],
)  # fmt: skip
def test_a_bad_file_of_a_qliro_company_is_told_where_and_what(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    other = tmp_path / "qliro.yaml"
    other.write_text(QLIRO, encoding="utf-8")
    assert load_text(tmp_path, f"qliro: qliro.yaml\n{BASE}")
    other.write_text(QLIRO.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"qliro\.yaml") as refused:
        load_text(tmp_path, f"qliro: qliro.yaml\n{BASE}")
    assert sentence in str(refused.value)
