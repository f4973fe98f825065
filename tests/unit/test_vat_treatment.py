"""Whose VAT it is. What this release does not know stops the order: unknown is no guess (accounting.md 0.12)."""

import pytest

from app.model.finding import Finding
from app.model.order import NO_ADDRESS, Address
from app.vat import EU_COUNTRIES, Treatment, destination, treat
from tests.support.builders import line, order, sek, shipping, tax_line


def to(country: str) -> Address:
    return Address(name="Maja Gran", country_code=country)


def test_goods_that_stay_in_sweden_carry_swedish_vat() -> None:
    treatment = treat(order())
    assert isinstance(treatment, Treatment)
    assert (treatment.country, treatment.vat_type) == ("SE", "SEVAT")


@pytest.mark.parametrize(
    ("ship_to", "bill_to", "country"),
    [
        (to("SE"), to("DE"), "SE"),
        (to("DE"), to("SE"), "DE"),
        (NO_ADDRESS, NO_ADDRESS, "SE"),  # over the counter
    ],
)
def test_destination_is_where_the_goods_go(ship_to: Address, bill_to: Address, country: str) -> None:
    assert destination(order(ship_to=ship_to, bill_to=bill_to)) == country


def test_eu_consumer_waits_for_the_switch() -> None:
    assert treat(order(line(rate="19"), line(rate="7"), ship_to=to("DE"))) == Finding(
        "EU_CONSUMERS_STOPPED", "DE 7, 19", {"country": "DE", "rate": "7, 19"}
    )


@pytest.mark.parametrize("country", ["NO", "GB", "US", "AX", "CH"])
def test_export_waits_for_the_switch(country: str) -> None:
    assert treat(order(ship_to=to(country))) == Finding("EXPORT_STOPPED", country, {"country": country})


def test_northern_ireland_is_no_export() -> None:
    found = treat(order(ship_to=to("XI")))
    assert isinstance(found, Finding)
    assert found.code == "EU_CONSUMERS_STOPPED"


@pytest.mark.parametrize("where", ["line", "shipping"])
def test_tax_that_the_channel_remits_is_not_ours(where: str) -> None:
    theirs = tax_line("25", "9.80", channel_liable=True)
    goods = line("49.00", tax_lines=(theirs,)) if where == "line" else line()
    freight = (shipping("49.00", theirs),) if where == "shipping" else ()
    found = treat(order(goods, shipping=freight))
    assert isinstance(found, Finding)
    assert found.data["situation"] == "marketplace (SE)"


def test_eu_is_the_27_without_britain_and_norway() -> None:
    assert len(EU_COUNTRIES) == 27
    assert not EU_COUNTRIES & {"GB", "NO", "CH", "AX", "UK"}


def test_no_treatment_is_chosen_by_amount() -> None:
    assert treat(order(line("0.01"))) == treat(order(line("99999.00"), total=sek("99999.00")))
