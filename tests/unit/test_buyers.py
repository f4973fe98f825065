"""Who stands on the invoice, and under which customer number."""

from dataclasses import replace

import pytest

from app.invoicing.customers import (
    BuyerName,
    NameRule,
    buyer_name,
    customer_number,
    customer_record,
    organisation_number,
    organisation_of,
)
from app.model.order import GUEST, NO_ADDRESS, Address, Buyer
from app.tenants.rules import CustomerPolicy
from app.vat import Treatment
from tests.support.builders import MAJA, STOCKHOLM, order, rules

FULL = Address(name="Bo Ek", company="Ek AB", country_code="SE")
SHIP = Address(name="Eva Lind", company="Lind AB", country_code="SE")
NAMELESS = Address(country_code="SE")
COLLECTIVE = rules(customer_policy=CustomerPolicy.COLLECTIVE)
SWEDISH = Treatment("SE", "SEVAT", "")


@pytest.mark.parametrize(
    ("bill_to", "ship_to", "buyer", "name"),
    [
        (FULL, SHIP, MAJA, BuyerName("Ek AB", NameRule.BILLING_COMPANY, is_company=True)),
        (replace(FULL, company=" "), SHIP, MAJA, BuyerName("Bo Ek", NameRule.BILLING_NAME, is_company=False)),
        (NAMELESS, SHIP, MAJA, BuyerName("Lind AB", NameRule.SHIPPING_COMPANY, is_company=True)),
        (NAMELESS, replace(SHIP, company=""), MAJA, BuyerName("Eva Lind", NameRule.SHIPPING_NAME, is_company=False)),
        (NAMELESS, NAMELESS, MAJA, BuyerName("Maja Gran", NameRule.CUSTOMER_RECORD, is_company=False)),
        (NO_ADDRESS, NO_ADDRESS, GUEST, None),
    ],
)
def test_name_is_the_first_that_is_not_empty(
    bill_to: Address, ship_to: Address, buyer: Buyer, name: BuyerName | None
) -> None:
    assert buyer_name(order(bill_to=bill_to, ship_to=ship_to, buyer=buyer), rules()) == name


def test_buyer_without_any_name_is_called_by_the_address_or_as_the_tenant_says() -> None:
    nameless = order(bill_to=NAMELESS, ship_to=NAMELESS, buyer=Buyer(email="maja@example.se"))
    called = rules(unknown_customer_name="Kontantkund")
    assert buyer_name(nameless, called) == BuyerName("maja@example.se", NameRule.EMAIL, is_company=False)
    unknown = buyer_name(replace(nameless, buyer=GUEST), called)
    assert unknown == BuyerName("Kontantkund", NameRule.UNKNOWN_CUSTOMER, is_company=False)


def test_name_loses_its_stray_spaces() -> None:
    found = buyer_name(order(bill_to=Address(name="  Maja \n  Gran ")), rules())
    assert found is not None
    assert found.text == "Maja Gran"


def test_known_buyer_has_the_shops_number() -> None:
    assert customer_number(order(), rules()) == "S7001"


def test_guest_is_known_by_a_hash_that_says_nothing() -> None:
    guest = order(buyer=Buyer(email="Maja@Example.se "))
    number = customer_number(guest, rules())
    assert number == customer_number(order(buyer=Buyer(email="maja@example.se")), rules())
    assert number != customer_number(order(buyer=Buyer(email="bo@example.se")), rules())
    assert number[0] == "G"
    assert number.isalnum()
    assert len(number) == 13
    assert "maja" not in number.lower()


def test_collective_customer_is_one_per_country() -> None:
    assert customer_number(order(), COLLECTIVE) == "SHOPSE"
    assert customer_number(order(ship_to=Address(country_code="DE")), COLLECTIVE) == "SHOPDE"


def test_buyer_of_whom_nothing_is_known_is_the_collective_customer() -> None:
    assert customer_number(order(buyer=GUEST), rules()) == "SHOPSE"


def test_collective_card_carries_no_personal_data() -> None:
    name = BuyerName("Maja Gran", NameRule.BILLING_NAME, is_company=False)
    card = customer_record(order(), name, SWEDISH, COLLECTIVE)
    assert card.name == "Webbkund SE"
    assert card.email == ""
    assert card.address == Address(country_code="SE")
    assert "Maja" not in repr(card)


def test_card_of_a_buyer_has_name_address_and_vat_type() -> None:
    name = BuyerName("Maja Gran", NameRule.BILLING_NAME, is_company=False)
    card = customer_record(order(), name, SWEDISH, rules())
    assert (card.number, card.name, card.name_rule) == ("S7001", "Maja Gran", NameRule.BILLING_NAME)
    assert (card.vat_type, card.currency, card.email) == ("SEVAT", "SEK", "maja@example.se")
    assert card.address == STOCKHOLM


def test_card_takes_the_delivery_address_where_there_is_no_other() -> None:
    name = BuyerName("Maja Gran", NameRule.SHIPPING_NAME, is_company=False)
    assert customer_record(order(bill_to=NO_ADDRESS), name, SWEDISH, rules()).address == STOCKHOLM


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5566778899", "556677-8899"),
        ("556677-8899", "556677-8899"),
        ("165566778899", "556677-8899"),
        ("5566778890", ""),  # the check digit is wrong
        ("198112189876", ""),  # a person's, with the century
        ("8112189876", ""),  # a person's: its third digit is of a month
        ("", ""),
        ("FI12345678", ""),
    ],
)
def test_organisation_number_is_that_of_a_legal_person_or_nothing(text: str, shown: str) -> None:
    assert organisation_number(text) == shown


@pytest.mark.parametrize(
    ("own", "registration", "found"),
    [
        ("556016-0680", "", "556016-0680"),
        ("", "SE556016068001", "556016-0680"),
        ("", "se 556016-0680", "556016-0680"),
        ("", "5560160680", "556016-0680"),
        ("", "SE556016068101", ""),  # wrong check digit
        ("", "DK12345674", ""),
        ("", "SE850101123401", ""),  # a person's
    ],
)
def test_company_is_known_by_its_organisation_number_however_the_shop_holds_it(
    own: str, registration: str, found: str
) -> None:
    bought = order(company="Lind AB", organisation_number=own, vat_number=registration)
    assert organisation_of(bought) == found
    assert organisation_of(replace(bought, company="")) == "", "a person's number is never kept"
