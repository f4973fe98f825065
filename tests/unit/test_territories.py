"""Where goods go, as VAT law sees it: the table of accounting.md 2.3, row by row."""

import pytest

from app.vat.territories import Area, Territory, territory

ELSEWHERE = "another place"


@pytest.mark.parametrize(
    ("country", "postcode"),
    [
        ("AX", "22100"),
        ("FI", "22100"),
        ("FI", "FI-22 999"),
        ("IC", "35001"),
        ("ES", "35001"),
        ("ES", "38712"),
        ("EA", "51001"),
        ("ES", "52006"),
        ("IT", "23041"),
        ("IT", "22061"),
        ("DE", "78266"),
        ("DE", "D-27498"),
        ("GR", "63086"),
        ("GP", "97110"),
        ("FR", "97110"),
        ("FR", "97600"),
        ("FR", "98714"),
        ("JE", "JE2 3AB"),
        ("GB", "JE2 3AB"),
        ("FO", "100"),
        ("SM", "47890"),
        ("IT", "47890"),
        ("NO", "0150"),
        ("US", "10001"),
    ],
)
def test_these_lie_outside_the_vat_area(country: str, postcode: str) -> None:
    assert territory(country, postcode).area is Area.OUTSIDE


@pytest.mark.parametrize(
    ("country", "postcode", "counts_as", "rates_of"),
    [
        ("FI", "00100", "FI", "FI"),
        ("FI", "", "FI", "FI"),
        ("ES", "28001", "ES", "ES"),
        ("FR", "75001", "FR", "FR"),
        ("FR", "98000", "FR", "FR"),
        ("MC", "98000", "FR", "FR"),
        ("GB", "BT1 5GS", "XI", "XI"),
        ("GB", "bt71aa", "XI", "XI"),
        ("XI", "", "XI", "XI"),
        ("PT", "1000-001", "PT", "PT"),
        ("PT", "9500-001", "PT", "PT-20"),
        ("PT", "9000-001", "PT", "PT-30"),
        ("AT", "6691", "AT", "AT-19"),
        ("AT", "6992", "AT", "AT-19"),
        ("AT", "6990", "AT", "AT"),
    ],
)
def test_these_lie_inside_it(country: str, postcode: str, counts_as: str, rates_of: str) -> None:
    assert territory(country, postcode) == Territory(Area.EU, counts_as, rates_of)


def test_isle_of_man_is_the_united_kingdom() -> None:
    assert territory("IM", "IM1 1AA") == territory("GB", "IM1 1AA") == territory("GB", "SW1A 1AA")
