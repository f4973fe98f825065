"""Orders obey Shopify's own arithmetic, in REST and in GraphQL, before and after what happens to them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sandbox.scenarios.loading import load
from tests.support.contract.shopify_arithmetic import as_graphql, check_graphql, check_rest, money
from tests.support.contract.shopify_stage import DOMAIN, Stage, staged


@pytest.fixture(scope="module")
def month() -> Iterator[Stage]:
    with staged(bucket_maximum=100_000) as stage:
        run = stage.control("POST", "/play", scenario="shop_month", wait=True)
        assert run["state"] == "done", run
        yield stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


SCENARIO_ORDERS = [
    order for key in ("shop_month",) for order in load(key).orders if order.expect.code != "SHOPIFY_TOTALS_DISAGREE"
]


@pytest.mark.parametrize("name", [order.name for order in SCENARIO_ORDERS])
def test_the_order_identities_hold_for_every_scenario_order(month: Stage, name: str) -> None:
    shown = month.control("GET", f"/shops/{DOMAIN}/orders/{name.removeprefix('#')}")
    rendered = as_graphql(month, shown)
    for which in ("shop", "presentment"):
        check_rest(shown["rest"], shown["transactions"], which)
        check_graphql(rendered, which)


def test_every_scenario_order_has_the_total_it_promises(month: Stage) -> None:
    totals = {o["name"]: o["total_price"] for o in month.control("GET", f"/shops/{DOMAIN}/orders")["orders"]}
    promised = {order.name: f"{Decimal(order.expect.total) / 100:.2f}" for order in load("shop_month").orders}
    assert totals == promised


def test_the_planted_breach_really_breaks_the_sum(month: Stage) -> None:
    broken = next(o for o in load("shop_month").orders if o.expect.code == "SHOPIFY_TOTALS_DISAGREE")
    shown = month.control("GET", f"/shops/{DOMAIN}/orders/{broken.name.removeprefix('#')}")
    with pytest.raises(AssertionError):
        check_rest(shown["rest"], shown["transactions"], "shop")
    with pytest.raises(AssertionError):
        check_graphql(as_graphql(month, shown), "shop")


def test_the_worked_examples_come_out_to_the_last_unit() -> None:
    with staged() as stage:
        stage.control("POST", "/play", scenario="hello", wait=True)
        rest = {
            name: stage.control("GET", f"/shops/{DOMAIN}/orders/{name}")["rest"]
            for name in ("1002", "1003", "1004", "1005")
        }
    assert [line["tax_lines"][0]["price"] for line in rest["1002"]["line_items"]] == ["59.80", "60.00", "12.00"]
    assert [line["discount_allocations"][0]["amount"] for line in rest["1003"]["line_items"]] == [
        "61.76",
        "27.37",
        "10.87",
    ]
    assert [line["tax_lines"][0]["price"] for line in rest["1003"]["line_items"]] == ["77.45", "9.71", "13.63"]
    assert rest["1004"]["shipping_lines"][0]["tax_lines"][0]["price"] == "0.00"
    assert rest["1004"]["shipping_lines"][0]["discounted_price"] == "0.00"
    assert [(t["rate"], t["price"]) for t in rest["1005"]["shipping_lines"][0]["tax_lines"]] == [
        (0.25, "15.84"),
        (0.06, "1.12"),
    ]


def test_tax_comes_on_top_where_prices_exclude_it(stage: Stage) -> None:
    order = stage.place(
        taxes_included=False, lines=[{"title": "A", "price": "100.00"}, {"title": "B", "price": "10.10", "tax": "6"}]
    )
    shown = stage.rest(order)
    assert order["total_price"] == "135.71"  # 110.10 + 25.00 + 0.61
    check_rest(shown["rest"], [], "shop")
    check_graphql(as_graphql(stage, order), "shop")


def test_both_styles_of_amounts_and_times_tell_the_same(stage: Stage) -> None:
    order = stage.place(processed_at="2026-11-03T10:15:00+01:00", lines=[{"title": "A", "price": "499.00"}])
    assert stage.rest(order)["rest"]["total_price"] == "499.00"
    assert stage.rest(order)["rest"]["processed_at"] == "2026-11-03T10:15:00+01:00"
    query = "query O($id: ID!) { order(id: $id) { processedAt totalPriceSet { shopMoney { amount } } } }"
    got = stage.data(query, {"id": order["admin_graphql_api_id"]})["order"]
    assert got == {"processedAt": "2026-11-03T09:15:00Z", "totalPriceSet": {"shopMoney": {"amount": "499.0"}}}


def test_a_refund_of_a_line_takes_back_its_price_with_tax_and_its_money(stage: Stage) -> None:
    lines = [{"title": "A", "price": "299.00"}, {"title": "B", "price": "212.00", "tax": "6"}]
    order = stage.place(lines=lines, payments=[{"gateway": "shopify_payments"}])
    stage.act(order, "refund", lines=[{"line": 1}])
    got = as_graphql(stage, order)
    (refund,) = got["refunds"]
    (row,) = refund["refundLineItems"]["nodes"]
    assert money(row, "subtotalSet") == Decimal(212)
    assert money(row, "totalTaxSet") == Decimal(12)
    assert money(refund, "totalRefundedSet") == Decimal(212)
    assert money(got, "currentTotalPriceSet") == Decimal(299)
    assert money(got, "totalOutstandingSet") == 0
    assert got["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert [line["currentQuantity"] for line in got["lineItems"]["nodes"]] == [1, 0]
    check_graphql(got, "shop")


def test_refunding_shipping_only_shows_as_a_refund_shipping_line(stage: Stage) -> None:
    order = stage.place(shipping=[{"title": "PostNord", "price": "49.00"}], payments=[{"gateway": "Qliro"}])
    stage.act(order, "refund", shipping="all")
    rest = stage.rest(order)["rest"]
    assert [(a["kind"], a["amount"], a["tax_amount"]) for a in rest["refunds"][0]["order_adjustments"]] == [
        ("shipping_refund", "-49.00", "-9.80")
    ]
    (refund,) = as_graphql(stage, order)["refunds"]
    assert money(refund["refundShippingLines"]["nodes"][0], "subtotalAmountSet") == Decimal(49)
    assert refund["orderAdjustments"]["nodes"] == []


def test_goodwill_is_money_without_goods_and_a_discrepancy(stage: Stage) -> None:
    order = stage.place(payments=[{"gateway": "shopify_payments"}])
    stage.act(order, "refund", amount="50.00")
    (refund,) = as_graphql(stage, order)["refunds"]
    assert refund["refundLineItems"]["nodes"] == []
    assert money(refund["orderAdjustments"]["nodes"][0], "amountSet") == Decimal(-50)
    assert money(refund, "totalRefundedSet") == Decimal(50)


def test_refunds_never_exceed_what_was_paid(stage: Stage) -> None:
    order = stage.place(payments=[{"gateway": "shopify_payments"}])
    stage.act(order, "refund", amount="400.00")
    stage.act(order, "refund", lines=[{"line": 0}])
    got = as_graphql(stage, order)
    assert sum(money(refund, "totalRefundedSet") for refund in got["refunds"]) == Decimal(449)
    assert got["displayFinancialStatus"] == "REFUNDED"


def test_a_pending_refund_has_moved_no_money_until_it_settles(stage: Stage) -> None:
    order = stage.place(payments=[{"gateway": "shopify_payments"}])
    stage.act(order, "refund", lines=[{"line": 0}], status="pending")
    assert money(as_graphql(stage, order), "netPaymentSet") == Decimal(449)
    stage.act(order, "settle", status="success")
    got = as_graphql(stage, order)
    assert money(got, "netPaymentSet") == 0
    assert money(got["refunds"][0], "totalRefundedSet") == Decimal(449)


def test_an_edit_adds_a_line_to_the_total_and_leaves_a_removed_one_in_the_list(stage: Stage) -> None:
    order = stage.place(
        lines=[{"title": "A", "price": "400.00", "quantity": 2}], payments=[{"gateway": "shopify_payments"}]
    )
    stage.act(order, "edit", add=[{"title": "B", "price": "150.00"}], remove=[{"line": 0, "quantity": 1}])
    got = as_graphql(stage, order)
    assert money(got, "totalPriceSet") == Decimal(950)
    assert money(got, "originalTotalPriceSet") == Decimal(800)
    assert money(got, "currentTotalPriceSet") == Decimal(550)
    assert money(got, "totalOutstandingSet") == Decimal(-250)
    assert [(line["quantity"], line["currentQuantity"]) for line in got["lineItems"]["nodes"]] == [(2, 1), (1, 1)]
    assert got["edited"] is True


def test_an_authorization_is_no_money_until_captured(stage: Stage) -> None:
    order = stage.place(payments=[{"gateway": "Klarna", "kind": "authorization"}])
    assert order["financial_status"] == "authorized"
    assert money(as_graphql(stage, order), "netPaymentSet") == 0
    assert stage.act(order, "capture", amount="100.00")["financial_status"] == "partially_paid"
    assert stage.act(order, "capture")["financial_status"] == "paid"
    rows = stage.rest(order)["transactions"]
    assert [row["kind"] for row in rows] == ["authorization", "capture", "capture"]
    assert {row["payment_id"] for row in rows} == {rows[0]["payment_id"]}
    assert rows[1]["parent_id"] == rows[0]["id"]


def test_cancelling_before_capture_voids_and_leaves_nothing_to_pay(stage: Stage) -> None:
    order = stage.place(payments=[{"gateway": "Klarna", "kind": "authorization"}])
    assert stage.act(order, "cancel")["financial_status"] == "voided"
    got = as_graphql(stage, order)
    assert [t["kind"] for t in got["transactions"]] == ["AUTHORIZATION", "VOID"]
    assert money(got, "currentTotalPriceSet") == 0
    assert money(got, "totalOutstandingSet") == 0


def test_cancelling_a_paid_order_refunds_only_when_asked(stage: Stage) -> None:
    kept = stage.place(payments=[{"gateway": "shopify_payments"}])
    assert stage.act(kept, "cancel")["financial_status"] == "paid"
    returned = stage.place(payments=[{"gateway": "shopify_payments"}])
    assert stage.act(returned, "cancel", refund=True)["financial_status"] == "refunded"


def test_what_cannot_be_is_refused_with_a_sentence(stage: Stage) -> None:
    order = stage.place()
    for action, details in (("capture", {}), ("refund", {"lines": [{"line": 7}]}), ("juggle", {}), ("pay", {"x": 1})):
        answer = stage.http.post(f"/_sandbox/shops/{DOMAIN}/orders/{order['id']}/{action}", json=details)
        assert answer.status_code == 422, action


def test_a_buyer_in_another_currency_sees_amounts_rounded_on_their_own(stage: Stage) -> None:
    order = stage.place(presentment={"currency": "NOK", "rate": "1.0213"}, payments=[{"gateway": "shopify_payments"}])
    rest = stage.rest(order)["rest"]
    assert rest["presentment_currency"] == "NOK"
    assert rest["total_price_set"]["presentment_money"] == {"amount": "458.56", "currency_code": "NOK"}
    check_rest(rest, [], "presentment")


def test_special_lines_gift_card_tip_and_cash_rounding(stage: Stage) -> None:
    order = stage.place(
        lines=[
            {"title": "Presentkort", "price": "500.00", "gift_card": True, "tax": None},
            {"title": "Ljus", "price": "179.60"},
        ],
        tip="40.00",
        payments=[{"gateway": "cash", "rounding": "0.40"}],
    )
    rest = stage.rest(order)["rest"]
    assert order["total_price"] == "719.60"
    assert rest["total_tip_received"] == "40.00"
    assert [(line["gift_card"], line["product_id"] is None, len(line["tax_lines"])) for line in rest["line_items"]] == [
        (True, False, 0),
        (False, False, 1),
        (False, True, 0),
    ]
    assert rest["total_cash_rounding_payment_adjustment_set"]["shop_money"]["amount"] == "0.40"
    assert stage.rest(order)["transactions"][0]["amount"] == "719.60"


@pytest.mark.parametrize(
    ("what", "details", "to_send"),
    [
        ("refund", {"lines": [{"line": 0, "quantity": 1}], "restock_type": "cancel"}, 1),
        ("refund", {"lines": [{"line": 0, "quantity": 1}]}, 2),
        ("refund", {"lines": [{"line": 0, "quantity": 2}]}, 1),
        ("edit", {"remove": [{"line": 0, "quantity": 1}]}, 1),
    ],
)
def test_what_came_back_or_was_taken_away_is_not_to_be_sent_any_more(
    stage: Stage, what: str, details: dict[str, Any], to_send: int
) -> None:
    order = stage.place(
        lines=[{"title": "A", "price": "100.00", "quantity": 3}], payments=[{"gateway": "shopify_payments"}]
    )
    stage.act(order, "fulfil", lines=[{"line": 0, "quantity": 1}])
    stage.act(order, what, **details)
    (line,) = stage.rest(order)["rest"]["line_items"]
    assert line["fulfillable_quantity"] == to_send
