"""Totals follow the order's own history, whichever of the shop's two totals an edit or refund has moved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.stories.observing import Observation
from sandbox.stories.stage import Stage, Tenancy
from tests.support.order_histories.histories import (
    answering,
    back,
    bag,
    balances,
    documents,
    line,
    money,
    refund,
    returned,
    shipping,
    state,
    told,
)

EDIT, LATER = "2026-11-05T10:00:00+01:00", "2026-11-08T10:00:00+01:00"
GENEVA = {"name": "Marie Curie", "address1": "Rue 1", "zip": "1201", "city": "Genève", "countryCodeV2": "CH"}
ABROAD: dict[str, Any] = {"billingAddress": GENEVA, "shippingAddress": GENEVA}


def is_clean(observed: Observation) -> bool:
    return observed.state == "booked" and not observed.findings


@pytest.mark.parametrize("noted", [(), (("REFUND_DISCREPANCY", "-200.00"),)])
@pytest.mark.parametrize("total", ["500.00", "300.00"])
def test_what_an_edit_took_away_is_credited_then_and_the_rest_when_it_is_cancelled(
    stage: Stage, total: str, noted: tuple[tuple[str, str], ...]
) -> None:
    vase, plate = line(1, "300.00"), line(2, "200.00")
    edited = refund(1, EDIT, paid=(2, "200.00"), adjustments=noted)
    paid = [money(1, "500.00"), back(2, "200.00", EDIT)]
    gone = refund(2, LATER, returned(1, "300.00"), paid=(3, "300.00"))
    observed = told(
        stage,
        state([vase, plate], "500.00", transactions=paid[:1]),
        state([vase, line(2, "200.00", left=0)], total, "300.00", at=EDIT, transactions=paid, refunds=[edited]),
        state(
            [line(1, "300.00", left=0), line(2, "200.00", left=0)], total, "0.00", at=LATER, cancelledAt=LATER,
            transactions=[*paid, back(3, "300.00", LATER)], refunds=[edited, gone],
        ),
    )  # fmt: skip
    assert documents(observed[1]) == [("invoice", "2026-11-03", 500), ("credit", "2026-11-05", -200)]
    assert documents(observed[2])[2:] == [("credit", "2026-11-08", -300)]
    assert balances(observed[2]) == {}
    assert is_clean(observed[2])


@pytest.mark.parametrize(("left", "first"), [("0.00", "100.00"), ("0.00", None), ("100.00", "100.00")])
def test_duties_are_credited_when_they_come_back_whether_or_not_the_shop_lowers_its_sum_of_them(
    stage: Stage, left: str, first: str | None
) -> None:
    duties: dict[str, Any] = {"originalTotalDutiesSet": bag(first) if first else None}
    paid = [money(1, "1100.00"), back(2, "100.00", LATER)]
    gone = refund(1, LATER, paid=(2, "100.00"), duties=[{"amountSet": bag("100.00")}])
    watch = line(1, "1000.00", rate="0")
    observed = told(
        stage,
        state([watch], "1100.00", transactions=paid[:1], currentTotalDutiesSet=bag("100.00"), **duties, **ABROAD),
        state(
            [watch], "1100.00", "1000.00", at=LATER, transactions=paid, refunds=[gone],
            currentTotalDutiesSet=bag(left), **duties, **ABROAD,
        ),
    )  # fmt: skip
    assert documents(observed[1]) == [("invoice", "2026-11-03", 1100), ("credit", "2026-11-08", -100)]
    assert balances(observed[1]) == {"1581": 1000, "3105": -1000}
    assert is_clean(observed[1])


@pytest.mark.parametrize("total", ["399.00", "349.00", "448.00"])
def test_exchanged_shipping_is_credited_and_invoiced_whatever_the_total_still_counts(stage: Stage, total: str) -> None:
    vase = line(1, "300.00")
    paid = [money(1, "399.00"), back(2, "50.00", EDIT)]
    cheaper = refund(1, EDIT, paid=(2, "50.00"))
    swapped: dict[str, Any] = {"shippingLines": {"nodes": [shipping(2, "49.00", "Standard")]}}
    cancelled = refund(2, LATER, returned(1, "300.00"), paid=(3, "349.00"), **_shipping_back(2, "49.00"))
    observed = told(
        stage,
        state([vase], "399.00", transactions=paid[:1], shippingLines={"nodes": [shipping(1, "99.00", "Express")]}),
        state([vase], total, "349.00", at=EDIT, transactions=paid, refunds=[cheaper], **swapped),
        state(
            [line(1, "300.00", left=0)], total, "0.00", at=LATER, cancelledAt=LATER,
            transactions=[*paid, back(3, "349.00", LATER)], refunds=[cheaper, cancelled], **swapped,
        ),
    )  # fmt: skip
    assert balances(observed[1]) == {"1581": 349, "2611": Decimal("-69.8"), "3001": -240, "3520": Decimal("-39.2")}
    assert balances(observed[2]) == {}
    assert is_clean(observed[1])
    assert is_clean(observed[2])


def _shipping_back(number: int, amount: str) -> dict[str, Any]:
    line_id = f"gid://shopify/ShippingLine/{number}"
    vat = shipping(number, amount)["taxLines"][0]["priceSet"]
    back_row = {"shippingLine": {"id": line_id}, "subtotalAmountSet": bag(amount), "taxAmountSet": vat}
    return {"refundShippingLines": {"nodes": [back_row]}}


@pytest.mark.parametrize("total", ["549.00", "500.00"])
def test_shipping_that_was_taken_away_before_the_order_was_seen_is_never_booked(stage: Stage, total: str) -> None:
    (observed,) = told(stage, state([line(1, "500.00")], total, "500.00", at=EDIT, transactions=[money(1, "500.00")]))
    assert balances(observed) == {"1581": 500, "2611": -100, "3001": -400}
    assert is_clean(observed)


@pytest.mark.parametrize("total", ["1000.00", "900.00"])
def test_discount_of_an_edit_is_credited_and_follows_the_goods_back(stage: Stage, total: str) -> None:
    """Two units at 500.00; an edit gives 100.00 off; one unit is taken back for 450.00, then the order is cancelled."""
    less: dict[str, Any] = {"discountAllocations": [{"allocatedAmountSet": bag("100.00")}]}
    paid = [money(1, "1000.00"), back(2, "100.00", EDIT), back(3, "450.00", LATER), back(4, "450.00", LATER)]
    cheaper = refund(1, EDIT, paid=(2, "100.00"))
    one, rest = (refund(n, LATER, returned(1, "450.00"), paid=(n + 1, "450.00")) for n in (2, 3))

    def now(left: int, **more: Any) -> dict[str, Any]:
        return line(1, "500.00", quantity=2, left=left, **more, **less) | {"taxLines": _vat("180.00")}

    observed = told(
        stage,
        state([line(1, "500.00", quantity=2)], "1000.00", transactions=paid[:1]),
        state([now(2)], total, "900.00", at=EDIT, transactions=paid[:2], refunds=[cheaper]),
        state([now(1)], total, "450.00", at=LATER, transactions=paid[:3], refunds=[cheaper, one]),
        state([now(0)], total, "0.00", at=LATER, cancelledAt=LATER, transactions=paid, refunds=[cheaper, one, rest]),
    )
    assert documents(observed[3]) == [
        ("invoice", "2026-11-03", 1000), ("credit", "2026-11-05", -100), ("credit", "2026-11-08", -450),
        ("credit", "2026-11-08", -450),
    ]  # fmt: skip
    assert balances(observed[3]) == {}
    assert is_clean(observed[3])


def _vat(amount: str) -> list[dict[str, Any]]:
    return [{"title": "VAT", "rate": "0.25", "priceSet": bag(amount)}]


def test_totals_that_truly_disagree_still_stop(stage: Stage) -> None:
    (observed,) = told(stage, state([line(1, "500.00")], "480.00", "470.00", transactions=[money(1, "480.00")]))
    assert [finding.code for finding in observed.findings] == ["SHOPIFY_TOTALS_DISAGREE"]
    assert not observed.documents


@pytest.mark.parametrize(("total", "difference"), [("480.00", "20"), ("503.50", "-3.5")])
def test_person_books_the_shops_total_and_its_refunds_follow(stage: Stage, total: str, difference: str) -> None:
    """The difference is a row of its own on the account that was chosen, and stays there when all comes back."""
    vase, plate = line(1, "300.00"), line(2, "200.00")
    paid = [money(1, total), back(2, "200.00", LATER)]
    gone = refund(1, LATER, returned(2, "200.00"), paid=(2, "200.00"))
    rest = str(Decimal(total) - 200)
    observed = told(
        stage,
        state([vase, plate], total, transactions=paid[:1]),
        state([vase, line(2, "200.00", left=0)], total, rest, at=LATER, transactions=paid, refunds=[gone]),
        then=answering(stage, 1, "SHOPIFY_TOTALS_DISAGREE", "shop_total", "3990"),
    )
    assert documents(observed[0]) == [("invoice", "2026-11-03", Decimal(total))]
    assert balances(observed[0]) == {"1581": Decimal(total), "2611": -100, "3001": -400, "3990": Decimal(difference)}
    assert documents(observed[1])[1:] == [("credit", "2026-11-08", -200)]
    assert balances(observed[1])["1581"] == Decimal(rest)
    assert "1510" not in balances(observed[1])
    assert is_clean(observed[0])
    assert is_clean(observed[1])


def _answered(stage: Stage, accounts: dict[int, str]) -> Any:
    """A person books the shop's total after some states: number of the state → account."""

    def then(at: int, tenancy: Tenancy) -> None:
        if at in accounts:
            answering(stage, at, "SHOPIFY_TOTALS_DISAGREE", "shop_total", accounts[at])(at, tenancy)

    return then


@pytest.mark.parametrize(
    ("first", "second", "made"),
    [
        ("503.50", "505.00", ("invoice", "2026-11-05", Decimal("1.5"))),
        ("503.50", "501.00", ("credit", "2026-11-05", Decimal("-2.5"))),
        ("480.00", "490.00", ("invoice", "2026-11-05", 10)),
        ("480.00", "470.00", ("credit", "2026-11-05", -10)),
        ("500.00", "499.00", ("credit", "2026-11-05", -1)),
        ("503.50", "498.00", ("credit", "2026-11-05", Decimal("-5.5"))),
    ],
)
def test_difference_that_changes_later_is_asked_about_again_and_booked_as_answered(
    stage: Stage, first: str, second: str, made: tuple[Any, ...]
) -> None:
    rows, asked = [line(1, "300.00"), line(2, "200.00")], {1: "3990"} if first != "500.00" else {}
    moved = Decimal(second) - Decimal(first)
    paid = [money(1, first), (money if moved > 0 else back)(2, str(abs(moved)), EDIT)]
    observed = told(
        stage,
        state(rows, first, transactions=paid[:1]),
        state(rows, second, at=EDIT, transactions=paid),
        then=_answered(stage, asked | {2: "3990"}),
    )
    assert documents(observed[1]) == [("invoice", "2026-11-03", Decimal(first)), made]
    apart = Decimal(second) - 500
    assert balances(observed[1]) == {"1581": Decimal(second), "2611": -100, "3001": -400, "3990": -apart}
    assert is_clean(observed[1])


@pytest.mark.parametrize("first", ["503.50", "480.00"])
def test_difference_that_is_gone_is_taken_back_without_a_question(stage: Stage, first: str) -> None:
    rows, moved = [line(1, "500.00")], Decimal(500) - Decimal(first)
    paid = [money(1, first), (money if moved > 0 else back)(2, str(abs(moved)), EDIT)]
    observed = told(
        stage,
        state(rows, first, transactions=paid[:1]),
        state(rows, "500.00", at=EDIT, transactions=paid),
        then=_answered(stage, {1: "3990"}),
    )
    assert balances(observed[1]) == {"1581": 500, "2611": -100, "3001": -400}
    assert is_clean(observed[1])


def test_difference_that_no_invoice_has_room_for_stays_a_question(stage: Stage) -> None:
    """All came back: what the total lacks of its parts cannot be credited, and nobody is told that it was booked."""
    paid = [money(1, "500.00"), back(2, "500.00", EDIT)]
    gone = refund(1, EDIT, returned(1, "500.00"), paid=(2, "500.00"))
    observed = told(
        stage,
        state([line(1, "500.00")], "500.00", transactions=paid[:1]),
        state([line(1, "500.00", left=0)], "480.00", "470.00", at=EDIT, transactions=paid, refunds=[gone]),
        then=_answered(stage, {2: "3990"}),
    )
    assert [finding.code for finding in observed[1].findings] == ["SHOPIFY_TOTALS_DISAGREE"]


def test_addition_to_an_order_whose_difference_was_answered_asks_nothing_new(stage: Stage) -> None:
    vase, plate = line(1, "300.00"), line(2, "200.00")
    observed = told(
        stage,
        state([vase], "303.50", transactions=[money(1, "303.50")]),
        state([vase, plate], "503.50", at=EDIT, transactions=[money(1, "303.50"), money(2, "200.00", EDIT)]),
        then=_answered(stage, {1: "3990"}),
    )
    assert documents(observed[1])[1:] == [("invoice", "2026-11-05", 200)]
    assert balances(observed[1])["3990"] == Decimal("-3.5")
    assert is_clean(observed[1])
