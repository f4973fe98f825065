"""Goods and money that come back apart, together, for a fee, or in exchange: each amount is credited once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.stories.stage import Stage
from tests.support.order_histories.histories import (
    back,
    bag,
    balances,
    codes,
    documents,
    line,
    money,
    refund,
    returned,
    shipping,
    state,
    told,
)

FIRST, SECOND, THIRD = "2026-11-10T10:00:00+01:00", "2026-11-13T10:00:00+01:00", "2026-11-16T10:00:00+01:00"
KEPT_450 = {"1581": Decimal(450), "2611": Decimal(-90), "3001": Decimal(-360)}
OTHER = line(9, "50.00")
"""So that what comes back is not by chance the VAT of the order, which would be asked about."""


def two_things() -> list[dict[str, Any]]:
    return [line(1, "100.00"), line(2, "400.00")]


def without_first() -> list[dict[str, Any]]:
    return [line(1, "100.00", left=0), line(2, "400.00")]


@pytest.mark.parametrize("noted", [True, False])
def test_goods_first_and_their_money_later_are_one_refund(stage: Stage, *, noted: bool) -> None:
    kept, given = (("REFUND_DISCREPANCY", "100.00"),), (("REFUND_DISCREPANCY", "-100.00"),)
    goods = refund(1, FIRST, returned(1, "100.00"), adjustments=kept if noted else ())
    paid_back = refund(2, SECOND, paid=(2, "100.00"), adjustments=given if noted else ())
    paid = [money(1, "550.00"), back(2, "100.00", SECOND)]
    observed = told(
        stage,
        state([*two_things(), OTHER], "550.00", transactions=paid[:1]),
        state([*without_first(), OTHER], "550.00", "450.00", at=FIRST, transactions=paid[:1], refunds=[goods]),
        state([*without_first(), OTHER], "550.00", "450.00", at=SECOND, transactions=paid, refunds=[goods, paid_back]),
    )
    if not noted:
        assert codes(observed[1]) == ["REFUND_MONEY_MISSING"]
    assert balances(observed[2]) == KEPT_450
    assert codes(observed[2]) == []
    assert sum(document.total for document in observed[2].documents) == 450


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("at_once", [True, False])
def test_money_first_and_its_goods_later_are_one_refund(stage: Stage, *, at_once: bool, noted: bool) -> None:
    kept, given = (("REFUND_DISCREPANCY", "100.00"),), (("REFUND_DISCREPANCY", "-100.00"),)
    paid_back = refund(1, FIRST, paid=(2, "100.00"), adjustments=given if noted else ())
    goods = refund(2, SECOND, returned(1, "100.00"), adjustments=kept if noted else ())
    paid = [money(1, "550.00"), back(2, "100.00", FIRST)]
    states = [
        state([*two_things(), OTHER], "550.00", transactions=paid[:1]),
        state([*two_things(), OTHER], "550.00", "450.00", at=FIRST, transactions=paid, refunds=[paid_back]),
        state([*without_first(), OTHER], "550.00", "450.00", at=SECOND, transactions=paid, refunds=[paid_back, goods]),
    ]
    *_, last = told(stage, *([states[0], states[2]] if at_once else states))
    assert balances(last) == KEPT_450
    assert codes(last) == []
    assert sum(document.total for document in last.documents) == 450


def test_goodwill_and_a_later_return_that_is_paid_in_full_are_two_refunds(stage: Stage) -> None:
    sorry = refund(1, FIRST, paid=(2, "50.00"))
    goods = refund(2, SECOND, returned(1, "100.00"), paid=(3, "100.00"))
    paid = [money(1, "500.00"), back(2, "50.00", FIRST), back(3, "100.00", SECOND)]
    observed = told(
        stage,
        state(two_things(), "500.00", transactions=paid[:1]),
        state(two_things(), "500.00", "450.00", at=FIRST, transactions=paid[:2], refunds=[sorry]),
        state(without_first(), "500.00", "350.00", at=SECOND, transactions=paid, refunds=[sorry, goods]),
    )
    assert documents(observed[2])[1:] == [("credit", "2026-11-10", -50), ("credit", "2026-11-13", -100)]
    assert balances(observed[2])["1581"] == 350
    assert codes(observed[2]) == []


def restocking(fee: str, *lines: int, shipping_fee: str | None = None) -> dict[str, Any]:
    """A return of lines: the first with a restocking fee."""
    rows = [
        {
            "quantity": 1, "fulfillmentLineItem": {"lineItem": {"id": f"gid://shopify/LineItem/{number}"}},
            "restockingFee": {"amountSet": bag(fee)} if fee and number == lines[0] else None,
        }
        for number in lines
    ]  # fmt: skip
    fees = [{"amountSet": bag(shipping_fee)}] if shipping_fee else []
    one = {"id": "gid://shopify/Return/1", "status": "CLOSED", "createdAt": FIRST, "returnShippingFees": fees}
    return {"nodes": [one | {"returnLineItems": {"nodes": rows}}]}


@pytest.mark.parametrize(("total", "current"), [("500.00", "120.00"), ("520.00", "120.00"), ("500.00", "100.00")])
@pytest.mark.parametrize("noted", [False, True])
def test_fee_of_a_return_is_a_supply_however_the_shop_states_it(
    stage: Stage, total: str, current: str, *, noted: bool
) -> None:
    """The thing for 400.00 comes back, 20.00 is kept of it: by a fee of the return, and perhaps noted as well."""
    adjustments = (("REFUND_DISCREPANCY", "20.00"),) if noted else ()
    goods = refund(1, FIRST, returned(2, "400.00"), paid=(2, "380.00"), adjustments=adjustments)
    paid = [money(1, "500.00"), back(2, "380.00", FIRST)]
    left = [line(1, "100.00"), line(2, "400.00", left=0)]
    observed = told(
        stage,
        state(two_things(), "500.00", transactions=paid[:1]),
        state(left, total, current, at=FIRST, transactions=paid, refunds=[goods], returns=restocking("20.00", 2)),
    )
    assert balances(observed[1]) == {"1581": 120, "2611": -24, "3001": -96}
    assert codes(observed[1]) == []


def test_fee_is_taxed_like_the_goods_that_came_back(stage: Stage) -> None:
    book, vase = line(1, "106.00", rate="6"), line(2, "100.00")
    goods = refund(1, FIRST, returned(1, "106.00", rate="6"), paid=(2, "74.20"))
    paid = [money(1, "206.00"), back(2, "74.20", FIRST)]
    observed = told(
        stage,
        state([book, vase], "206.00", transactions=paid[:1]),
        state(
            [line(1, "106.00", rate="6", left=0), vase], "206.00", "131.80", at=FIRST, transactions=paid,
            refunds=[goods], returns=restocking("10.60", 1, shipping_fee="21.20"),
        ),
    )  # fmt: skip
    assert balances(observed[1]) == {
        "1581": Decimal("131.8"), "2611": -20, "3001": -80, "3003": -10, "3524": -20, "2631": Decimal("-1.8"),
    }  # fmt: skip
    assert codes(observed[1]) == []


def test_order_first_seen_after_its_return_has_the_fee_on_the_day_of_the_return(stage: Stage) -> None:
    goods = refund(1, FIRST, returned(2, "400.00"), paid=(2, "380.00"))
    paid = [money(1, "500.00"), back(2, "380.00", FIRST)]
    (observed,) = told(
        stage,
        state(
            [line(1, "100.00"), line(2, "400.00", left=0)], "500.00", "120.00", at=FIRST, transactions=paid,
            refunds=[goods], returns=restocking("20.00", 2),
        ),
    )  # fmt: skip
    assert documents(observed) == [
        ("invoice", "2026-11-03", 500), ("credit", "2026-11-10", -400), ("invoice", "2026-11-10", 20),
    ]  # fmt: skip
    assert balances(observed) == {"1581": 120, "2611": -24, "3001": -96}


@pytest.mark.parametrize("status", ["OPEN", "REQUESTED", "CANCELED"])
def test_fee_of_a_return_whose_goods_are_not_back_is_not_due(stage: Stage, status: str) -> None:
    agreed = restocking("20.00", 2)
    agreed["nodes"][0]["status"] = status
    paid = [money(1, "500.00")]
    observed = told(
        stage,
        state(two_things(), "500.00", transactions=paid),
        state(two_things(), "500.00", at=FIRST, transactions=paid, returns=agreed),
    )
    assert documents(observed[1]) == [("invoice", "2026-11-03", 500)]
    assert codes(observed[1]) == []


def exchange(left: str, *, paid: list[dict[str, Any]], at: str = FIRST, **more: Any) -> dict[str, Any]:
    """The first thing (100.00) came back; a third (150.00, 6 %) went out in exchange."""
    lines = [*without_first(), line(3, "150.00", rate="6")]
    goods = refund(1, FIRST, returned(1, "100.00"))
    return state(lines, "650.00", left, at=at, transactions=paid, refunds=[goods], **more)


def test_dearer_exchange_is_invoiced_at_once_and_its_difference_stays_open_until_it_is_paid(stage: Stage) -> None:
    paid = [money(1, "500.00"), money(2, "50.00", SECOND)]
    observed = told(
        stage,
        state(two_things(), "500.00", transactions=paid[:1]),
        exchange("550.00", paid=paid[:1]),
        exchange("550.00", paid=paid, at=SECOND),
    )
    assert "REFUND_MONEY_MISSING" not in codes(observed[1])
    assert balances(observed[1])["1510"] == 50
    assert [document.balance for document in observed[1].documents] == [0, 0, 50]
    assert [one.balance for one in observed[2].documents] == [0, 0, 0]
    assert "1510" not in balances(observed[2])
    assert balances(observed[2])["1581"] == 550
    assert codes(observed[2]) == []


def test_exchange_with_a_fee_is_followed_before_and_after_it_is_paid(stage: Stage) -> None:
    paid = [money(1, "500.00"), money(2, "99.00", SECOND)]
    fee: dict[str, Any] = {"returns": restocking("", 1, shipping_fee="49.00")}
    observed = told(
        stage,
        state(two_things(), "500.00", transactions=paid[:1]),
        exchange("599.00", paid=paid[:1], **fee),
        exchange("599.00", paid=paid, at=SECOND, **fee),
    )
    assert balances(observed[1])["1510"] == 99
    assert balances(observed[2])["1581"] == 599
    assert balances(observed[2])["3520"] == Decimal("-39.2")
    assert "1510" not in balances(observed[2])
    assert codes(observed[2]) == []


def test_refund_that_is_net_of_an_exchange_credits_the_goods_whole(stage: Stage) -> None:
    """`Refund.totalRefundedSet` is net of what `Return.exchangeLineItems` names: 1,893 back, 365 out, 1,528 paid."""
    kept, gone, new = line(2, "365.00"), line(1, "1893.00"), line(3, "365.00")
    paid = [money(1, "2258.00"), back(2, "1528.00", FIRST)]
    goods = refund(1, FIRST, returned(1, "1893.00"), paid=(2, "1528.00"))
    given = {"nodes": [{"id": "gid://shopify/Return/1", "status": "CLOSED", "exchangeLineItems": {"nodes": [
        {"quantity": 1, "lineItem": {"id": "gid://shopify/LineItem/3"}}]}}]}  # fmt: skip
    observed = told(
        stage,
        state([gone, kept], "2258.00", transactions=paid[:1]),
        state(
            [line(1, "1893.00", left=0), kept, new], "2623.00", "730.00", at=FIRST, transactions=paid, refunds=[goods],
            returns=given,
        ),
    )  # fmt: skip
    assert documents(observed[1])[1:] == [("credit", "2026-11-10", -1893), ("invoice", "2026-11-10", 365)]
    assert balances(observed[1]) == {"1581": 730, "2611": -146, "3001": -584}
    assert codes(observed[1]) == []


def test_pending_refund_waits_and_is_owed_when_it_fails_days_later(stage: Stage) -> None:
    goods = refund(1, FIRST, returned(1, "100.00")) | {
        "transactions": {"nodes": [{"id": "gid://shopify/OrderTransaction/2"}]}
    }
    paid = money(1, "500.00")

    def with_money(status: str, at: str) -> dict[str, Any]:
        moved = [paid, back(2, "100.00", FIRST, status=status)]
        return state(without_first(), "500.00", "400.00", at=at, transactions=moved, refunds=[goods])

    observed = told(
        stage,
        state(two_things(), "500.00", transactions=[paid]),
        with_money("PENDING", FIRST),
        with_money("FAILURE", SECOND),
    )
    assert codes(observed[1]) == ["REFUND_MONEY_PENDING"]
    assert documents(observed[1]) == [("invoice", "2026-11-03", 500)]
    assert codes(observed[2]) == ["REFUND_MONEY_MISSING"]
    assert documents(observed[2])[1:] == [("credit", "2026-11-10", -100)]


AUTHORISED = money(1, "500.00", kind="AUTHORIZATION")


def captured(number: int, amount: str, at: str) -> dict[str, Any]:
    return money(number, amount, at, kind="CAPTURE")


def test_what_was_cancelled_in_steps_before_it_was_captured_was_never_sold(stage: Stage) -> None:
    lines = [line(1, "100.00", left=0), line(2, "100.00", quantity=4, left=3)]
    gone = [refund(1, FIRST, returned(1, "100.00")), refund(2, SECOND, returned(2, "100.00"))]
    observed = told(
        stage,
        state([line(1, "100.00"), line(2, "100.00", quantity=4)], "500.00", transactions=[AUTHORISED]),
        state(lines, "500.00", "300.00", at=SECOND, transactions=[AUTHORISED], refunds=gone),
        state(
            lines, "500.00", "300.00", at=THIRD, transactions=[AUTHORISED, captured(2, "300.00", THIRD)], refunds=gone
        ),
    )
    assert documents(observed[2]) == [("invoice", "2026-11-16", 300)]
    assert balances(observed[2]) == {"1581": 300, "2611": -60, "3001": -240}
    assert codes(observed[2]) == []


def test_what_was_cancelled_between_two_captures_was_never_sold_and_later_returns_are_credited(stage: Stage) -> None:
    lines, gone = without_first(), refund(1, SECOND, returned(1, "100.00"))
    paid = [AUTHORISED, captured(2, "150.00", FIRST), captured(3, "250.00", THIRD)]
    whole = refund(2, THIRD, returned(2, "400.00"), paid=(4, "400.00"))
    empty = [line(1, "100.00", left=0), line(2, "400.00", left=0)]
    observed = told(
        stage,
        state(two_things(), "500.00", at=FIRST, transactions=paid[:2]),
        state(lines, "500.00", "400.00", at=THIRD, transactions=paid, refunds=[gone]),
        state(empty, "500.00", "0.00", at=THIRD, transactions=[*paid, back(4, "400.00", THIRD)], refunds=[gone, whole]),
    )
    assert [document[0::2] for document in documents(observed[1])] == [("invoice", 400)]
    assert balances(observed[1])["1581"] == 400
    assert balances(observed[2]) == {}
    assert codes(observed[2]) == []


@pytest.mark.parametrize("is_booked", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_paid_order_that_was_cancelled_without_its_money_says_so(stage: Stage, *, is_booked: bool, named: bool) -> None:
    """With or without a refund that names what was cancelled."""
    paid = [money(1, "500.00")]
    empty = [line(1, "100.00", left=0), line(2, "400.00", left=0)]
    gone = [refund(1, FIRST, returned(1, "100.00"), returned(2, "400.00"))] if named else []
    cancelled = state(empty, "500.00", "0.00", at=FIRST, cancelledAt=FIRST, transactions=paid, refunds=gone)
    first = [state(two_things(), "500.00", transactions=paid)] if is_booked else []
    *_, last = told(stage, *first, cancelled)
    assert codes(last)
    assert any("500.00" in finding.words for finding in last.findings)


@pytest.mark.parametrize("is_booked", [True, False])
@pytest.mark.parametrize("returned_before", ["0.00", "200.00"])
def test_cancelled_order_that_the_shop_still_counts_as_sold_says_what_it_keeps(
    stage: Stage, *, is_booked: bool, returned_before: str
) -> None:
    paid, some = [money(1, "500.00")], []
    if returned_before != "0.00":
        noted = (("REFUND_DISCREPANCY", f"-{returned_before}"),)
        some = [refund(1, FIRST, paid=(2, returned_before), adjustments=noted)]
        paid.append(back(2, returned_before, FIRST))
    cancelled = state(two_things(), "500.00", at=FIRST, cancelledAt=FIRST, transactions=paid, refunds=some)
    first = [state(two_things(), "500.00", transactions=paid[:1])] if is_booked else []
    *_, last = told(stage, *first, cancelled)
    kept = Decimal("500.00") - Decimal(returned_before)
    assert codes(last) == ["CANCELLED_NOT_REFUNDED"]
    assert f"{kept}" in last.findings[0].words


def test_cancelled_order_whose_fee_the_shop_keeps_says_nothing(stage: Stage) -> None:
    paid = [money(1, "500.00")]
    empty = [line(1, "100.00", left=0), line(2, "400.00", left=0)]
    gone = [refund(1, FIRST, returned(1, "100.00"), returned(2, "400.00"), paid=(2, "450.00"))]
    told_all = told(
        stage,
        state(two_things(), "500.00", transactions=paid),
        state(
            empty, "550.00", "50.00", at=FIRST, cancelledAt=FIRST, transactions=[*paid, back(2, "450.00", FIRST)],
            refunds=gone, returns=restocking("50.00", 1, 2),
        ),
    )  # fmt: skip
    assert codes(told_all[-1]) == []


def test_shipping_and_goods_back_in_two_refunds_of_an_order_without_taxes_in_its_prices(stage: Stage) -> None:
    vase = line(1, "400.00") | {"taxLines": [{"title": "VAT", "rate": "0.25", "priceSet": bag("100.00")}]}
    freight = shipping(1, "40.00") | {"taxLines": [{"title": "VAT", "rate": "0.25", "priceSet": bag("10.00")}]}
    goods = refund(1, FIRST, {**returned(1, "400.00"), "totalTaxSet": bag("100.00")}, paid=(2, "500.00"))
    sent = {"shippingLine": {"id": "gid://shopify/ShippingLine/1"}, "subtotalAmountSet": bag("40.00"),
            "taxAmountSet": bag("10.00")}  # fmt: skip
    rest = refund(2, SECOND, paid=(3, "50.00"), refundShippingLines={"nodes": [sent]})
    paid = [money(1, "550.00"), back(2, "500.00", FIRST), back(3, "50.00", SECOND)]
    whole: dict[str, Any] = {"taxesIncluded": False, "shippingLines": {"nodes": [freight]}}
    observed = told(
        stage,
        state([vase], "550.00", transactions=paid[:1], **whole),
        state([vase | {"currentQuantity": 0}], "550.00", "0.00", at=SECOND, transactions=paid, refunds=[goods, rest],
              **whole),
    )  # fmt: skip
    assert balances(observed[1]) == {}
    assert codes(observed[1]) == []
