"""Up to what a seller abroad collects the VAT of Norway and Great Britain."""

from __future__ import annotations

import pytest

from app.model.order import Address
from app.orders.planning.planner import decide
from app.posting.plan import Stopped
from app.tenants.rules import Exports
from tests.support.builders import codes, line, order, rules, tax_line

ABOVE = ["VAT_COLLECTED_ABOVE_LIMIT"]


def told(country: str, price: str, tax: str, rate: str, *, quantity: int = 1) -> list[str]:
    there = Address(name="Nils Berg", address1="Gata 1", zip_code="0150", city="By", country_code=country)
    dear = line(price, quantity=quantity, rate=None, tax_lines=(tax_line(rate, tax),))
    ours = rules(collects_vat_for=frozenset({"NO", "GB"}), exports=Exports.BOOK)
    decided = decide(order(dear, bill_to=there, ship_to=there), ours)
    return codes(decided) if isinstance(decided, Stopped) else []


@pytest.mark.parametrize(
    ("price", "quantity", "tax", "wanted"),
    [
        ("6000.00", 1, "1200.00", ABOVE),
        ("2000.00", 4, "1600.00", []),  # per item, however many
        ("4000.00", 1, "800.00", []),  # 3,200 without VAT: not surely 3,000 Norwegian
        ("4125.00", 1, "825.00", ABOVE),  # 3,300: is, at 1.10
    ],
)
def test_norway_s_limit_is_per_item_and_without_vat(price: str, quantity: int, tax: str, wanted: list[str]) -> None:
    assert told("NO", price, tax, "25", quantity=quantity) == wanted


@pytest.mark.parametrize(
    ("price", "tax", "wanted"), [("1200.00", "200.00", []), ("2424.00", "404.00", []), ("2436.00", "406.00", ABOVE)]
)
def test_britain_s_limit_is_of_the_consignment(price: str, tax: str, wanted: list[str]) -> None:
    assert told("GB", price, tax, "20") == wanted
