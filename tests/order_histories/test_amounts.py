"""Amounts that are nearly right: öre too little or too much, prices with parts of an öre, three decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.stories.stage import Stage
from tests.support.order_histories.histories import (
    BOUGHT,
    back,
    bag,
    balances,
    codes,
    line,
    money,
    refund,
    returned,
    state,
    told,
)

LATER = "2026-11-10T10:00:00+01:00"
KUWAIT = {"name": "Amal", "address1": "Street 1", "zip": "13001", "city": "Kuwait", "countryCodeV2": "KW"}


def swish(amount: str) -> dict[str, Any]:
    return money(1, amount, gateway="swish")


@pytest.mark.parametrize("paid", ["499.50", "499.00", "0.00"])
def test_order_that_waits_for_more_than_a_day_says_what_is_missing(stage: Stage, paid: str) -> None:
    transactions = [swish(paid)] if paid != "0.00" else []
    (observed,) = told(stage, state([line(1, "500.00")], "500.00", transactions=transactions))
    assert (observed.state, codes(observed)) == ("waiting", ["ORDER_WAITS_FOR_PAYMENT"])
    missing = str(Decimal("500.00") - Decimal(paid))
    assert all(one in observed.findings[0].words for one in ("500.00", paid, missing))
    assert not observed.has_written


def test_order_of_the_last_day_waits_in_silence(stage: Stage) -> None:
    today = "2026-11-30T09:00:00+01:00"
    (observed,) = told(stage, state([line(1, "500.00")], "500.00", createdAt=today, processedAt=today, at=today))
    assert (observed.state, codes(observed)) == ("waiting", [])


def test_day_begins_where_the_payment_terms_end(stage: Stage) -> None:
    terms = {"paymentTermsName": "Net 30", "dueInDays": 30}
    observed = told(
        stage,
        state([line(1, "500.00")], "500.00", paymentTerms=terms),
        state([line(1, "500.00")], "500.00", paymentTerms=terms, at="2026-12-05T10:00:00+01:00"),
    )
    assert [codes(one) for one in observed] == [[], ["ORDER_WAITS_FOR_PAYMENT"]]


@pytest.mark.parametrize(("paid", "rounded"), [("499.50", "0.50"), ("500.80", "-0.80"), ("499.00", "1.00")])
def test_tolerance_lets_a_buyer_round_and_the_whole_refund_closes_it(stage: Stage, paid: str, rounded: str) -> None:
    gone = refund(1, LATER, returned(1, "500.00"), paid=(2, paid))
    observed = told(
        stage,
        state([line(1, "500.00")], "500.00", transactions=[swish(paid)]),
        state(
            [line(1, "500.00", left=0)], "500.00", "0.00", at=LATER, refunds=[gone],
            transactions=[swish(paid), back(2, paid, LATER, gateway="swish")],
        ),
        payment_tolerance=100,
    )  # fmt: skip
    assert balances(observed[0]) == {
        "1587": Decimal(paid), "2611": -100, "3001": -400, "3740": Decimal(rounded),
    }  # fmt: skip
    assert balances(observed[1]) == {}
    assert codes(observed[0]) == codes(observed[1]) == []


@pytest.mark.parametrize(("paid", "state_of"), [("498.99", "waiting"), ("501.01", "stopped")])
def test_beyond_the_tolerance_nothing_is_booked(stage: Stage, paid: str, state_of: str) -> None:
    sale = state([line(1, "500.00")], "500.00", transactions=[swish(paid)])
    (observed,) = told(stage, sale, payment_tolerance=100)
    assert observed.state == state_of
    assert not observed.documents


@pytest.mark.parametrize(
    ("price", "quantity", "total"), [("33.3333", 3, "100.00"), ("0.0049", 1000, "4.90"), ("66.6667", 3, "200.00")]
)
def test_unit_may_cost_parts_of_an_ore(stage: Stage, price: str, quantity: int, total: str) -> None:
    vat = {"taxLines": [{"title": "VAT", "rate": "0.25", "priceSet": bag(str(Decimal(total) / 5))}]}
    screw = line(1, price, quantity=quantity) | vat
    gone = refund(1, LATER, returned(1, total, quantity=quantity), paid=(2, total))
    observed = told(
        stage,
        state([screw], total, transactions=[money(1, total)]),
        state(
            [screw | {"currentQuantity": 0}], total, "0.00", at=LATER, refunds=[gone],
            transactions=[money(1, total), back(2, total, LATER)],
        ),
    )  # fmt: skip
    assert balances(observed[0])["1581"] == Decimal(total)
    assert sum(row.total for row in observed[0].documents[0].rows) == Decimal(total)
    assert balances(observed[1]) == {}
    assert codes(observed[1]) == []


def test_discount_with_parts_of_an_ore_comes_to_what_the_shop_asks(stage: Stage) -> None:
    """3 × 10.00 less 3.3333: 26.67."""
    vat = {"taxLines": [{"title": "VAT", "rate": "0.25", "priceSet": bag("5.33")}]}
    less = {"discountAllocations": [{"allocatedAmountSet": bag("3.3333")}]}
    pens = line(1, "10.00", quantity=3) | vat | less
    (observed,) = told(stage, state([pens], "26.67", transactions=[money(1, "26.67")]))
    assert balances(observed)["1581"] == Decimal("26.67")
    assert codes(observed) == []


@pytest.mark.parametrize(("amount", "is_held"), [("12.345", False), ("12.340", True)])
def test_amount_of_three_decimals_is_booked_only_where_fortnox_holds_it(
    stage: Stage, amount: str, *, is_held: bool
) -> None:
    def dinar() -> dict[str, Any]:
        return bag(amount, "KWD")

    dates = {**line(1, "1.00", rate="0"), "originalUnitPriceSet": dinar()}
    sale = state([dates], amount, currencyCode="KWD", presentmentCurrencyCode="KWD", transactions=[
        money(1, amount, BOUGHT) | {"amountSet": dinar()}
    ], billingAddress=KUWAIT, shippingAddress=KUWAIT)  # fmt: skip
    sale |= {"totalPriceSet": dinar(), "currentTotalPriceSet": dinar()}
    (observed,) = told(stage, sale, rates={"KWD": "34.50"})
    if is_held:
        assert observed.documents[0].total == Decimal("12.34")
        return
    assert codes(observed) == ["FORTNOX_AMOUNT_DECIMALS"]
    assert "12.345 KWD" in observed.findings[0].words
    assert not observed.has_written


def test_what_an_edit_added_and_nobody_paid_says_so_and_is_owed_by_the_buyer(stage: Stage) -> None:
    paid, agreed = [money(1, "500.00")], [{"happenedAt": LATER, "reason": "ORDER_EDIT"}]
    more = [line(1, "500.00"), line(2, "150.00")]
    observed = told(
        stage,
        state([line(1, "500.00")], "500.00", transactions=paid),
        state(more, "650.00", at=LATER, transactions=paid, agreements={"nodes": agreed}),
    )
    assert (observed[1].state, codes(observed[1])) == ("booked", ["ORDER_WAITS_FOR_PAYMENT"])
    assert all(one in observed[1].findings[0].words for one in ("650.00", "500.00", "150.00"))
