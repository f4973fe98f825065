"""Where a sale is taxed: by transport, by hand-over, by where the buyer lives; never by a billing address alone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.model.answers import Answer, Answers
from app.model.finding import Finding
from app.model.order import NO_ADDRESS, Address, DeliveryMethod, Order
from app.orders.planning.planner import decide
from app.tenants.rules import EuBusinesses, EuConsumers, Exports, SpecialSupply, TenantRules, UntransportedSale
from app.vat import Scheme, Treatment, destination, treat
from app.vat.oss import proposed_oss_accounts
from app.vat.place_of_supply import SWEDEN, place_of_supply
from app.vat.special_supplies import special_supply
from tests.support.builders import codes, gift_card, line, order, planned, rows_of, rules, sek, tax_line

GERMANY = Address(name="Greta Gran", zip_code="10115", city="Berlin", country_code="DE")
NORWAY = Address(name="Nils Gran", zip_code="0150", city="Oslo", country_code="NO")
PICK_UP, RETAIL, SHIPPING = DeliveryMethod.PICK_UP, DeliveryMethod.RETAIL, DeliveryMethod.SHIPPING


def all_on(**changes: Any) -> TenantRules:
    rates = frozenset(Decimal(rate) for rate in (25, 12, 6, 0, 19, 7))
    on: dict[str, Any] = {
        "accounts": proposed_oss_accounts(), "eu_consumers": EuConsumers.OSS, "oss_from": date(2026, 1, 1),
        "vat_rates": rates, "eu_businesses": EuBusinesses.REVERSE_CHARGE, "exports": Exports.BOOK,
    }  # fmt: skip
    return rules(**(on | changes))


def collected(*lines: Any, by: Address = GERMANY, method: DeliveryMethod = PICK_UP, **changes: Any) -> Order:
    told: dict[str, Any] = {"handover_countries": frozenset({"SE"}), "ship_to": NO_ADDRESS}
    return order(*lines, bill_to=by, **(told | {"delivery_methods": frozenset({method})} | changes))


def found_for(sold: Order, on: TenantRules | None = None) -> str:
    found = place_of_supply(sold, on or all_on())
    return found.code if isinstance(found, Finding) else found.country


@pytest.mark.parametrize("buyer", [GERMANY, NORWAY, NO_ADDRESS])
@pytest.mark.parametrize("method", [PICK_UP, RETAIL])
def test_goods_handed_over_in_sweden_are_taxed_here_whoever_is_billed(buyer: Address, method: DeliveryMethod) -> None:
    made = planned(decide(collected(by=buyer, method=method), all_on(collects_vat_for=frozenset({"NO"}))))
    assert [row[0] for row in rows_of(made)] == [3001]


def test_till_sells_over_the_counter_though_no_delivery_method_is_told() -> None:
    assert found_for(order(bill_to=GERMANY, ship_to=NO_ADDRESS, source_name="pos")) == "SE"


def test_till_that_sends_the_goods_is_taxed_where_they_go() -> None:
    sent = order(bill_to=GERMANY, ship_to=GERMANY, source_name="pos", delivery_methods=frozenset({SHIPPING}))
    assert found_for(sent) == "DE"


def test_goods_handed_over_abroad_stop() -> None:
    assert found_for(collected(handover_countries=frozenset({"DK"}))) == "HANDOVER_ABROAD"
    assert found_for(collected(handover_countries=frozenset({"DK", "SE"}))) == "HANDOVER_ABROAD"


@pytest.mark.parametrize("method", [SHIPPING, DeliveryMethod.LOCAL, DeliveryMethod.PICKUP_POINT])
@pytest.mark.parametrize("to", [GERMANY, NORWAY, replace(GERMANY, country_code="SE")])
def test_goods_sent_from_a_stock_abroad_stop_wherever_they_go(to: Address, method: DeliveryMethod) -> None:
    sent = order(bill_to=to, ship_to=to, delivery_methods=frozenset({method}))
    assert found_for(replace(sent, dispatch_countries=frozenset({"DE"}))) == "DISPATCH_ABROAD"
    assert found_for(replace(sent, dispatch_countries=frozenset({"DE", "SE"}))) == "DISPATCH_ABROAD"
    assert found_for(replace(sent, dispatch_countries=frozenset({"SE"}))) == to.country_code


def test_one_order_collected_here_and_sent_abroad_stops() -> None:
    both = frozenset({PICK_UP, SHIPPING})
    assert found_for(collected(ship_to=GERMANY, delivery_methods=both)) == "DELIVERY_PLACES_DIFFER"
    assert found_for(collected(ship_to=replace(GERMANY, country_code="SE"), delivery_methods=both)) == "SE"


@pytest.mark.parametrize("methods", [frozenset[DeliveryMethod](), frozenset({SHIPPING})])
def test_billing_address_alone_makes_no_sale_of_goods_oss_or_export(methods: frozenset[DeliveryMethod]) -> None:
    for buyer in (GERMANY, NORWAY):
        sold = order(bill_to=buyer, ship_to=NO_ADDRESS, delivery_methods=methods)
        assert found_for(sold) == "DELIVERY_COUNTRY_UNKNOWN"


def test_swedish_billing_address_leaves_no_question() -> None:
    assert place_of_supply(order(ship_to=NO_ADDRESS)) == SWEDEN


def test_refused_addresses_are_no_counter_sale() -> None:
    hidden = order(ship_to=NO_ADDRESS, bill_to=NO_ADDRESS, refused=frozenset({"shippingAddress", "billingAddress"}))
    assert found_for(hidden) == "DELIVERY_COUNTRY_UNKNOWN"


@pytest.mark.parametrize("which", ["ship_to", "bill_to"])
def test_address_without_a_country_stops_naming_it(which: str) -> None:
    nowhere = Address(name="Nils Gran", zip_code="0150", city="Oslo")
    sold = order(**{"ship_to": NO_ADDRESS, "bill_to": NO_ADDRESS} | {which: nowhere})
    found = place_of_supply(sold)
    assert isinstance(found, Finding)
    assert (found.code, found.data["address"]) == ("ADDRESS_COUNTRY_MISSING", "0150, Oslo")


def test_gift_card_alone_has_no_place() -> None:
    made = planned(decide(order(gift_card(), bill_to=GERMANY, ship_to=NO_ADDRESS), all_on()))
    assert rows_of(made) == [(2421, 1, "500.00", "0")]


def download(rate: str = "19", sku: str = "EBOK-1") -> Any:
    return line("119.00", rate=rate, sku=sku, needs_transport=False, title="E-bok")


def test_download_to_a_foreign_buyer_stops_until_a_rule_says_what_it_is() -> None:
    sold = order(download(), bill_to=GERMANY, ship_to=NO_ADDRESS)
    assert codes(decide(sold, all_on())) == ["UNTRANSPORTED_SALE_ABROAD"]
    electronic = all_on(untransported_sales={"ebok": UntransportedSale.ELECTRONIC})
    assert rows_of(planned(decide(sold, electronic)))[0][0] == 3116
    here = order(download("25"), bill_to=GERMANY, ship_to=NO_ADDRESS)
    in_sweden = all_on(untransported_sales={"*": UntransportedSale.SWEDEN})
    assert rows_of(planned(decide(here, in_sweden)))[0][0] == 3001


def test_download_to_a_swedish_buyer_needs_no_rule() -> None:
    assert rows_of(planned(decide(order(download("6"), ship_to=NO_ADDRESS), rules())))[0][0] == 3003


@pytest.mark.parametrize(("buyer", "account"), [(NORWAY, 3305), (GERMANY, 3308)])
def test_electronic_services_without_vat_have_boxes_of_their_own(buyer: Address, account: int) -> None:
    free = line("119.00", rate=None, tax_lines=(tax_line("0", "0.00"),), needs_transport=False, sku="EBOK-1")
    number = "DE136695976" if buyer is GERMANY else ""
    sold = order(free, bill_to=buyer, ship_to=NO_ADDRESS, vat_number=number)
    made = planned(decide(sold, all_on(untransported_sales={"*": UntransportedSale.ELECTRONIC})))
    assert rows_of(made)[0][0] == account
    assert ("Article 196" in made.invoice.text) is (buyer is GERMANY)


def test_products_that_are_marked_wrongly_are_goods_where_there_is_an_address_to_send_to() -> None:
    sold = order(line("119.00", rate="19", needs_transport=False), bill_to=GERMANY, ship_to=GERMANY)
    assert found_for(sold) == "DE"


def test_goods_for_sweden_and_a_download_for_germany_stop() -> None:
    sold = order(line("125.00", needs_transport=True), download(), bill_to=GERMANY)
    electronic = all_on(untransported_sales={"*": UntransportedSale.ELECTRONIC})
    assert found_for(sold, electronic) == "DELIVERY_PLACES_DIFFER"


def test_company_of_another_state_that_collects_pays_swedish_vat() -> None:
    treatment = treat(collected(vat_number="DE136695976"), all_on())
    assert treatment == Treatment("SE", "SEVAT")


def test_company_that_collects_without_vat_stops_until_its_transport_is_proven() -> None:
    free = line("400.00", rate=None, tax_lines=(tax_line("0", "0.00"),))
    sold = collected(free, vat_number="DE136695976")
    assert codes(decide(sold, all_on())) == ["COLLECTED_WITHOUT_VAT"]
    proven = Answers({("COLLECTED_WITHOUT_VAT", "#1001"): Answer.TRANSPORT})
    made = planned(decide(sold, all_on(), answers=proven))
    assert rows_of(made)[0][0] == 3108


@pytest.mark.parametrize("typed", ["DE136695976", "136695976", "DE 136 695 976"])
@pytest.mark.parametrize("by_rule", [True, False])
def test_vat_number_comes_from_an_attribute_by_rule_or_from_a_person(typed: str, *, by_rule: bool) -> None:
    free = line("400.00", rate=None, tax_lines=(tax_line("0", "0.00"),))
    sold = order(free, bill_to=GERMANY, ship_to=GERMANY, attributes=(("VAT_number", typed),))
    assert codes(decide(sold, all_on())) == ["VAT_CHARGED_UNEXPECTED"]
    if by_rule:
        made = planned(decide(sold, all_on(vat_number_attributes=frozenset({"vat_number"}))))
    else:
        answers = Answers({("VAT_CHARGED_UNEXPECTED", "Hoodie"): Answer.VAT_NUMBER}, vat_number=typed)
        made = planned(decide(sold, all_on(), answers=answers))
    assert rows_of(made)[0][0] == 3108
    assert "DE136695976" in made.invoice.text


def test_collective_customer_is_of_the_country_of_supply() -> None:
    assert destination(collected()) == "SE"


def test_swedish_company_without_vat_is_told_of_domestic_reverse_charge() -> None:
    phones = line("120000.00", rate=None, tax_lines=(tax_line("0", "0.00"),), title="Telefon")
    assert codes(decide(order(phones, company="Telebutiken AB"), all_on())) == ["DOMESTIC_REVERSE_CHARGE_STOPPED"]


@pytest.mark.parametrize("rate", ["25", None])
def test_tag_by_rule_says_that_the_law_taxes_an_order_otherwise(rate: str | None) -> None:
    rules = all_on(special_supplies={"tag:skrot": SpecialSupply.REVERSE_CHARGE, "sku:beg-": SpecialSupply.MARGIN})
    sold = order(line("400.00", rate=rate), tags=frozenset({"skrot", "snabb"}))
    assert codes(decide(sold, rules)) == ["DOMESTIC_REVERSE_CHARGE_STOPPED"]
    assert not special_supply(order(line("400.00"), tags=frozenset({"snabb"})), sold.lines[0], rules)
    used = line("400.00", sku="BEG-17")
    assert special_supply(order(used, tags=frozenset({"skrot"})), used, rules) is SpecialSupply.MARGIN


def test_tax_stated_on_the_order_alone_is_shared_by_its_lines() -> None:
    sold = order(
        line("400.00", rate=None), line("100.00", rate=None, id="2"), total_tax=tax_line("25", "100.00").amount
    )
    stated = replace(sold, tax_lines=(tax_line("25", "100.00"),))
    assert [row[0] for row in rows_of(planned(decide(stated, rules())))] == [3001, 3001]
    two_rates = replace(sold, tax_lines=(tax_line("25", "60.00"), tax_line("12", "40.00")))
    for unexplained in (sold, two_rates, replace(stated, total_tax=sek("90.00"))):
        assert codes(decide(unexplained, rules())) == ["ORDER_TAX_NOT_ON_LINES"]


@pytest.mark.parametrize(("charged", "stops"), [("60.00", False), ("60.09", False), ("60.10", True)])
def test_vat_that_was_rounded_per_unit_is_rounding(charged: str, *, stops: bool) -> None:
    sold = order(line("9.99", quantity=30, tax=charged))
    decision = decide(sold, rules())
    assert (codes(decision) == ["VAT_AMOUNT_UNEXPECTED"]) if stops else planned(decision)


def test_schemes_say_where_they_come_from() -> None:
    treatment = treat(order(line("119.00", rate="19"), bill_to=GERMANY, ship_to=GERMANY), all_on())
    assert isinstance(treatment, Treatment)
    assert treatment.rule == Scheme.OSS
