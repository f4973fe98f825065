"""Currencies that Fortnox counts in hundreds: nothing is booked on a reckoning that nobody knows; one unit is right."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import pytest

from app.ledgers.base import CurrencyUnitError, kronor_for_one
from sandbox.fortnox.config import Switches
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import remedied

JAPAN = {"first_name": "Aiko", "last_name": "Sato", "country_code": "JP", "zip": "100-0001", "city": "Tokyo"}
CLEARING = 1581
Reckoning = Literal["multiplied", "divided"]
EITHER_WAY = pytest.mark.parametrize("reckoning", ["multiplied", "divided"])


def sell_to_japan(bench: Bench, reckoning: Reckoning, *, rate: str, unit: int) -> StoredOrder:
    """7000 yen; 500 kronor at 14 yen each in the shop, 490 at the rate of 7.00 for a hundred in Fortnox."""
    bench.emulators.world.switches = Switches(currency_unit=reckoning)
    counted_in(bench, rate, unit)
    bench.rules(exports="book")
    order = bench.place(
        lines=[VASE | {"price": "500.00", "tax": "0"}],
        buyer={"id": 9, "email": "a@example.jp", "shipping": JAPAN},
        presentment={"currency": "JPY", "rate": "14"},
    )
    bench.rest()
    return order


def counted_in(bench: Bench, rate: str, unit: int) -> None:
    bench.company_is(currencies={"SEK": "1", "JPY": rate}, currency_units={"JPY": unit})
    bench.pass_time()


@EITHER_WAY
def test_sale_in_hundreds_is_not_booked_and_told_before_anything_is(bench: Bench, reckoning: Reckoning) -> None:
    order = sell_to_japan(bench, reckoning, rate="7.00", unit=100)
    assert (bench.state(order), bench.findings()) == ("stopped", ["FORTNOX_CURRENCY_UNIT"])
    assert ([invoice["Booked"] for invoice in bench.invoices()], bench.payments(), bench.vouchers()) == (
        [False],
        [],
        [],
    )
    assert bench.finding("FORTNOX_CURRENCY_UNIT").data["unit"] == "100"


@EITHER_WAY
def test_it_is_booked_when_currency_and_document_are_counted_in_ones(bench: Bench, reckoning: Reckoning) -> None:
    order = sell_to_japan(bench, reckoning, rate="7.00", unit=100)
    with remedied(bench, "FORTNOX_CURRENCY_UNIT"):
        counted_in(bench, "0.07", 1)
        bench.api("PUT", "invoices/1", {"Invoice": {"CurrencyRate": 0.07, "CurrencyUnit": 1}})
        bench.retry(order)
    assert (bench.state(order), bench.findings(), len(bench.invoices())) == ("booked", [], 1)
    assert (bench.balance(CLEARING), bench.balance(1510), bench.balance(3105)) == (490, 0, -490)


@EITHER_WAY
def test_sale_and_return_in_yen_counted_in_ones_leave_nothing(bench: Bench, reckoning: Reckoning) -> None:
    order = sell_to_japan(bench, reckoning, rate="0.07", unit=1)
    assert (bench.state(order), bench.findings()) == ("booked", [])
    (made,) = bench.invoices()
    assert (made["Currency"], int(made["Total"]), bench.balance(CLEARING)) == ("JPY", 7000, 490)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert [bench.balance(one) for one in (CLEARING, 1510, 3105)] == [0, 0, 0]
    assert (bench.state(order), bench.findings()) == ("booked", [])


@pytest.mark.parametrize(
    ("answer", "carrying_amount"),
    [({}, 1), ({"currency_rate": "11.05", "currency_unit": "1"}, Decimal("11.05")), ({"currency_rate": "1.0"}, 1)],
)
def test_what_one_unit_is_worth_is_the_rate_of_one(answer: dict[str, Any], carrying_amount: Decimal) -> None:
    assert kronor_for_one(answer) == carrying_amount


def test_rate_of_a_hundred_is_worth_nothing_that_anybody_knows() -> None:
    with pytest.raises(CurrencyUnitError, match="100 units"):
        kronor_for_one({"number": "7", "currency_rate": "7.05", "currency_unit": "100"})
