"""Sales out of Sweden, once the tenant has said that they may be booked: accounts, rows and what stops them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.execution.outstanding import content_hash
from app.execution.preflight import preflight
from app.kit.money import Money, UnbalancedPlanError
from app.master_data.facts import AccountFact
from app.model.finding import Finding
from app.model.order import Address, Order, ShippingLine
from app.orders.planning.planner import decide
from app.posting.plan import Plan
from app.posting.steps import EnsureCustomer
from app.tenants.rules import CustomerPolicy, EuBusinesses, EuConsumers, Exports, TenantRules
from app.vat import Scheme, Treatment, treat
from app.vat.oss import proposed_oss_accounts
from tests.support.builders import (
    codes,
    facts,
    findings,
    gift_card,
    invoice,
    invoice_row,
    line,
    order,
    planned,
    rows_of,
    rules,
    sek,
    shipping,
    tax_line,
    vat_of,
)

RATES = frozenset(Decimal(rate) for rate in ("25", "12", "6", "0", "19", "7", "25.5", "13.5", "20", "22"))


def abroad(country: str = "DE", postcode: str = "10115") -> Address:
    return Address(name="Greta Gran", zip_code=postcode, country_code=country)


def sold(*lines: Any, to: Address | None = None, **changes: Any) -> Order:
    home = to or abroad()
    return order(*lines, bill_to=home, ship_to=home, **changes)


def oss_rules(**changes: Any) -> TenantRules:
    accounts = {**proposed_oss_accounts(), **changes.pop("accounts", {})}
    on = {"eu_consumers": EuConsumers.OSS, "oss_from": date(2026, 1, 1), "vat_rates": RATES}
    return rules(accounts=accounts, **{**on, **changes})


def export_rules(**changes: Any) -> TenantRules:
    return rules(exports=Exports.BOOK, **changes)


def untaxed(price: str = "100.00", **changes: Any) -> Any:
    return line(price, rate=None, tax_lines=(tax_line("0", "0.00"),), **changes)


def card_of(made: Plan) -> EnsureCustomer:
    return next(step for step in made.steps if isinstance(step, EnsureCustomer))


def test_oss_sale_goes_to_the_accounts_of_its_country_and_rate() -> None:
    freight = shipping("5.95", rate="19")
    made = planned(decide(sold(line("119.00", rate="19"), line("10.70", rate="7"), shipping=(freight,)), oss_rules()))
    assert rows_of(made) == [(3116, 1, "119.00", "19"), (3146, 1, "10.70", "7"), (3116, 1, "5.95", "19")]
    assert {one.vat_account for one in made.invoice.vat} == {2676}
    # The account's VAT code decides, so the card stays on Swedish VAT (accounting.md 1.2).
    assert (card_of(made).vat_type, made.invoice.vat_included) == ("SEVAT", True)
    assert made.invoice.rows[2].why == "oss_shipping"


def test_decimal_rate_stays_whole() -> None:
    made = planned(decide(sold(line("150.60", rate="25.5"), to=abroad("FI", "00100")), oss_rules()))
    assert vat_of(made) == [("25.5", "120.00", "30.60")]


@pytest.mark.parametrize(
    ("on", "booked"),
    [
        ({"oss_from": None}, False),
        ({"oss_from": date(2026, 11, 4)}, False),
        ({"oss_from": date(2026, 11, 3)}, True),
        ({"eu_consumers": EuConsumers.STOP}, False),
        ({"eu_consumers": EuConsumers.SWEDISH_VAT}, True),
    ],
)
def test_oss_is_on_from_its_day(on: dict[str, Any], booked: bool) -> None:  # noqa: FBT001
    decision = decide(sold(line("119.00", rate="19")), oss_rules(**on))
    assert isinstance(decision, Plan) if booked else codes(decision) == ["EU_CONSUMERS_STOPPED"]


def test_oss_role_without_account_stops_the_order() -> None:
    found = findings(decide(sold(line("119.00", rate="19")), oss_rules(accounts={"oss_sales.DE.19": None})))
    assert found == (Finding("OSS_COUNTRY_TAX_MAPPING_MISSING", "DE 19", {"country": "DE", "rate": "19"}),)


def test_rate_that_is_no_law_there_stops_the_order_with_both_figures() -> None:
    (found,) = findings(decide(sold(line("125.00", rate="25", title="Mugg")), oss_rules()))
    assert found.code == "VAT_CHARGED_UNEXPECTED"
    assert found.data == {"rate": "25", "line": "Mugg", "expected_rate": "19, 7"}


def test_rate_of_yesterday_stops_the_order() -> None:
    finnish = sold(line("114.00", rate="14"), to=abroad("FI", "00100"))
    assert codes(decide(finnish, oss_rules())) == ["VAT_CHARGED_UNEXPECTED"]
    then = datetime(2025, 12, 31, 12, tzinfo=UTC)
    paid = tuple(replace(transaction, processed_at=then) for transaction in finnish.transactions)
    older = replace(finnish, processed_at=then, transactions=paid)
    known = oss_rules(oss_from=date(2025, 1, 1), vat_rates=RATES | {Decimal(14)})
    assert planned(decide(older, known)).invoice.rows[0].account == 3150


def test_untaxed_sale_to_a_consumer_in_the_eu_is_no_export() -> None:
    assert codes(decide(sold(untaxed()), oss_rules(exports=Exports.BOOK))) == ["VAT_CHARGED_UNEXPECTED"]


def test_rate_that_fortnox_does_not_hold_stops_the_order() -> None:
    known = frozenset({Decimal(25), Decimal(0)})
    assert codes(decide(sold(line("119.00", rate="19")), oss_rules(vat_rates=known))) == ["FORTNOX_VAT_NOT_FOUND"]


def test_northern_ireland_is_under_oss_for_goods() -> None:
    made = planned(decide(sold(line("120.00", rate="20"), to=abroad("GB", "BT1 5GS")), oss_rules()))
    assert (made.invoice.rows[0].account, made.invoice.vat[0].vat_account) == (3137, 2697)


def test_azores_have_a_rate_of_their_own_and_no_proposed_account() -> None:
    sale = sold(line("116.00", rate="16"), to=abroad("PT", "9500-001"))
    known = oss_rules(vat_rates=RATES | {Decimal(16)})
    (found,) = findings(decide(sale, known))
    assert (found.code, found.about) == ("OSS_COUNTRY_TAX_MAPPING_MISSING", "PT 16")


def test_below_the_threshold_swedish_vat_goes_to_accounts_of_its_own() -> None:
    below = rules(eu_consumers=EuConsumers.SWEDISH_VAT)
    basket = sold(
        line("125.00"), line("112.00", rate="12"), line("106.00", rate="6"), shipping=(shipping(),), to=abroad("DK")
    )
    made = planned(decide(basket, below))
    assert [row.account for row in made.invoice.rows] == [3106, 3102, 3103, 3106]
    assert [one.vat_account for one in made.invoice.vat] == [2611, 2621, 2631]
    assert (card_of(made).vat_type, card_of(made).number) == ("EUVAT", "S7001E")


def test_foreign_rate_below_the_threshold_stops_the_order() -> None:
    (found,) = findings(decide(sold(line("119.00", rate="19")), rules(eu_consumers=EuConsumers.SWEDISH_VAT)))
    assert (found.code, found.data["expected_rate"]) == ("VAT_CHARGED_UNEXPECTED", "25, 12, 6")


def test_export_is_net_and_without_vat() -> None:
    freight = ShippingLine("s", "Frakt", sek("100.00"), (tax_line("0", "0.00"),))
    sale = sold(
        untaxed("550.00", quantity=2), shipping=(freight,), duties=sek("180.00"), taxes_included=False,
        to=abroad("NO", "0150"),
    )  # fmt: skip
    made = planned(decide(sale, export_rules()))
    assert rows_of(made) == [(3105, 2, "550.00", "0"), (3522, 1, "100.00", "0"), (3530, 1, "180.00", "0")]
    assert (made.invoice.vat_included, made.invoice.total_vat) == (False, sek("0"))
    assert (card_of(made).vat_type, card_of(made).number) == ("EXPORT", "S7001X")
    assert made.invoice.rows[2].why == "duties"


def test_aland_is_export_whichever_way_it_is_written() -> None:
    for home in (abroad("AX", "22100"), abroad("FI", "22100")):
        assert planned(decide(sold(untaxed(), to=home), export_rules())).invoice.rows[0].account == 3105


def test_vat_charged_on_an_export_stops_the_order() -> None:
    (found,) = findings(decide(sold(line("125.00", title="Mugg"), to=abroad("NO")), export_rules()))
    assert found.data == {"rate": "25", "line": "Mugg", "expected_rate": "0"}


def test_vat_collected_for_another_state_is_a_debt_of_its_own() -> None:
    nok = Money.of("1250.00", "NOK")
    tax = tax_line("25", Money.of("250.00", "NOK"))
    mug = line(nok, rate=None, tax_lines=(tax,))
    made = planned(decide(sold(mug, to=abroad("NO")), export_rules(collects_vat_for=frozenset({"NO"}))))
    assert rows_of(made) == [(3105, 1, "1000.00", "0"), (2894, 1, "250.00", "0")]
    assert made.payments[0].role == "psp.shopify_payments.sek"
    assert made.invoice.rows[1].why == "foreign_vat"


@pytest.mark.parametrize(
    ("rate", "tax", "code"), [("19", "19.00", "VAT_CHARGED_UNEXPECTED"), ("25", "30.00", "VAT_AMOUNT_UNEXPECTED")]
)
def test_collected_vat_is_checked_too(rate: str, tax: str, code: str) -> None:
    known = export_rules(collects_vat_for=frozenset({"NO"}))
    assert codes(decide(sold(line("119.00", rate=rate, tax=tax), to=abroad("NO")), known)) == [code]


def test_business_with_a_vat_number_buys_without_vat() -> None:
    freight = ShippingLine("s", "Frakt", sek("25.00"), ())
    sale = sold(untaxed("100.00", quantity=4), shipping=(freight,), to=abroad("DK"), vat_number="dk 12345674")
    made = planned(decide(sale, rules(eu_businesses=EuBusinesses.REVERSE_CHARGE)))
    assert rows_of(made) == [(3108, 4, "100.00", "0"), (3521, 1, "25.00", "0")]
    card = card_of(made)
    assert (card.number, card.vat_type, card.vat_number) == ("VDK12345674", "EUREVERSEDVAT", "DK12345674")
    assert card.is_company
    assert made.invoice.text.endswith("Buyer VAT no DK12345674")
    assert not made.invoice.vat_included


def test_business_stops_until_the_tenant_vouches_for_the_proof() -> None:
    (found,) = findings(decide(sold(untaxed(), to=abroad("DK"), vat_number="DK12345674"), oss_rules()))
    assert (found.code, found.data) == ("EU_BUSINESSES_STOPPED", {"country": "DK", "number": "DK12345674"})


@pytest.mark.parametrize("number", ["DK123", "", "SE556987123401"])
def test_without_a_number_of_another_state_the_buyer_is_a_consumer(number: str) -> None:
    on = oss_rules(eu_businesses=EuBusinesses.REVERSE_CHARGE)
    treatment = treat(sold(line("119.00", rate="19"), vat_number=number), on)
    assert isinstance(treatment, Treatment)
    assert treatment.rule == Scheme.OSS


def test_number_makes_no_difference_inside_sweden() -> None:
    treatment = treat(order(vat_number="DK12345674"), rules(eu_businesses=EuBusinesses.REVERSE_CHARGE))
    assert treatment == Treatment("SE", "SEVAT")


def test_gift_card_to_another_country_is_still_a_debt() -> None:
    made = planned(decide(sold(gift_card("500.00")), oss_rules()))
    assert rows_of(made) == [(2421, 1, "500.00", "0")]


@pytest.mark.parametrize(
    ("country", "known", "number"),
    [
        ("SE", {}, "SHOPSE"),
        ("NO", {"exports": Exports.BOOK}, "SHOPNOX"),
        ("DK", {"eu_consumers": EuConsumers.SWEDISH_VAT}, "SHOPDKE"),
    ],
)
def test_collective_customer_is_one_per_country_and_vat_type(country: str, known: dict[str, Any], number: str) -> None:
    goods = untaxed() if country == "NO" else line("125.00")
    sale = sold(goods, to=abroad(country, ""))
    made = planned(decide(sale, rules(customer_policy=CustomerPolicy.COLLECTIVE, **known)))
    assert card_of(made).number == number


def test_oss_account_that_feeds_the_swedish_return_is_refused() -> None:
    known = oss_rules()
    sale = sold(line("119.00", rate="19"))
    made = planned(decide(sale, known))
    chart = {1510: AccountFact(active=True), 2676: AccountFact(active=True), 3740: AccountFact(active=True)}
    chart |= {1581: AccountFact(active=True), 3116: AccountFact(active=True, vat_code="MP1")}
    found = preflight(sale, made, known, facts(accounts={1: chart}))
    assert found == [Finding("OSS_ACCOUNT_IN_SWEDISH_RETURN", "3116", {"account": "3116", "vat_code": "MP1"})]
    chart[3116] = AccountFact(active=True, vat_code="OSSDE0")
    assert preflight(sale, made, known, facts(accounts={1: chart})) == []


def test_net_prices_with_vat_on_them_cannot_be_planned() -> None:
    with pytest.raises(UnbalancedPlanError, match="VAT on net prices"):
        invoice(invoice_row("100.00", rate="25"), vat_included=False)


def test_rate_is_that_of_the_day_the_money_came() -> None:
    # Ordered under the old rate, paid under the new: the payment is the VAT event (accounting.md 2.4).
    finnish = sold(line("113.50", rate="13.5"), to=abroad("FI", "00100"))
    ordered = datetime(2025, 12, 31, 12, tzinfo=UTC)
    paid = tuple(
        replace(transaction, processed_at=datetime(2026, 1, 2, 12, tzinfo=UTC)) for transaction in finnish.transactions
    )
    late = replace(finnish, processed_at=ordered, created_at=ordered, transactions=paid)
    assert planned(decide(late, oss_rules(oss_from=date(2025, 1, 1)))).invoice.rows[0].account == 3150


def test_hash_of_what_older_releases_booked_stays_and_net_prices_are_another_intention() -> None:
    untaxed_invoice = invoice(invoice_row("100.00", rate="0"))
    before = "62a82cb5e97a9b83f09e534c0533e6664c57ea2028a23c1034fb871199f627ff"
    assert content_hash(untaxed_invoice) == before
    assert content_hash(replace(untaxed_invoice, vat_included=False)) != before
