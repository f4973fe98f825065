"""Preview decides by the functions that book, from either shape, and never crashes on what was pasted."""

import json
from typing import Any

import pytest

from app.cli.preview_text import lines_of
from app.orders.preview import preview
from app.shops.shopify import pasted
from app.tenants.rules import Trigger
from tests.support.builders import rules
from tests.support.unit.shopify_bodies import bag, graphql_order, rest_order


def shown(body: Any) -> dict[str, Any]:
    return preview(json.dumps(body).encode(), rules(), pasted)


@pytest.mark.parametrize(
    "body",
    [rest_order(), {"order": rest_order()}, graphql_order(), {"data": {"order": graphql_order()}}],
    ids=["webhook", "REST answer", "bare GraphQL", "GraphQL answer"],
)
def test_pasted_order_is_planned_in_any_shape(body: dict[str, Any]) -> None:
    seen = shown(body)
    assert (seen["outcome"], seen["order"], seen["total"]) == ("plan", "#1001", "533.00 SEK")
    assert seen["documents"][0]["total_vat"] == "106.60"
    assert [row["amount"] for row in seen["documents"][0]["rows"]] == ["484.00", "49.00"]


def test_webhook_body_shows_no_payment_because_it_carries_none() -> None:
    assert shown(rest_order())["documents"][0]["payments"] == []
    assert len(shown(graphql_order())["documents"][0]["payments"]) == 1


def test_rate_pasted_as_a_number_passes_through_no_float() -> None:
    text = json.dumps(rest_order()).replace('"0.25"', "0.25")
    assert preview(text.encode(), rules(), pasted)["documents"][0]["rows"][0]["vat_percent"] == "25"


def test_amount_pasted_as_a_number_keeps_its_last_ore() -> None:
    text = json.dumps(graphql_order(test=True)).replace('"533.00"', "90071992547409.93")
    assert preview(text.encode(), rules(), pasted)["total"] == "90071992547409.93 SEK"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"7",
        b"null",
        b"{}",
        b'{"order": [1]}',
        b'{"data": {"order": null}}',
        b"\xff\xfe",
        json.dumps(rest_order(line_items="x")).encode(),
        json.dumps(graphql_order(totalPriceSet={})).encode(),
    ],
)
def test_anything_else_is_a_finding_a_person_understands(content: bytes) -> None:
    seen = preview(content, rules(), pasted)
    assert seen["outcome"] == "stopped"
    assert [one["code"] for one in seen["findings"]] == ["SHOPIFY_BODY_NOT_UNDERSTOOD"]


DRAFT = {"id": 9, "status": "open", "line_items": [], "invoice_sent_at": None}
REFUND = {"id": 5, "order_id": 1, "refund_line_items": [], "transactions": []}
PAYOUT = {"id": 3, "status": "paid", "date": "2026-11-12", "currency": "SEK", "amount": "9.00", "summary": {}}
BALANCE = {"id": 4, "type": "charge", "payout_id": 3, "amount": "9.00", "fee": "1.00", "net": "8.00"}
PAID = {"id": 6, "kind": "sale", "gateway": "bogus", "amount": "1.00"}


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (DRAFT, "draft"),
        ({"draft_order": {"id": 9}}, "draft"),
        ({"id": 9, "admin_graphql_api_id": "gid://shopify/DraftOrder/9", "line_items": []}, "draft"),
        ({"data": {"draftOrder": {"id": "gid://shopify/DraftOrder/9"}}}, "draft"),
        ({"order": DRAFT}, "draft"),
        (REFUND, "refund"),
        ({"refunds": [REFUND]}, "refund"),
        ({"data": {"refund": {"id": "gid://shopify/Refund/5"}}, "extensions": {}}, "refund"),
        ({"payouts": [PAYOUT]}, "payout"),
        (PAYOUT, "payout"),
        ({"transactions": [BALANCE]}, "balance_transaction"),
        ({"transactions": [PAID]}, "transaction"),
        ([PAID, PAID], "transaction"),
        ({"data": {"shopifyPaymentsAccount": {"payouts": {"nodes": []}}}}, "payout"),
        ({"order_edit": {"id": 1, "line_items": {}}}, "order_edit"),
        ({"id": 1, "admin_graphql_api_id": "gid://shopify/Return/1", "return_line_items": []}, "return"),
        ({"OrderId": 1, "MerchantReference": "A", "Currency": "SEK", "OrderItemActions": []}, "qliro_order"),
    ],
)
def test_what_holds_no_order_is_named_and_nothing_is_booked_of_it(body: Any, given: str) -> None:
    assert shown(body) == {"given": given, "outcome": "not_an_order"}
    assert "Nothing is booked of it alone" in "\n".join(lines_of(shown(body)))


@pytest.mark.parametrize(
    "body",
    [
        [rest_order(), rest_order(name="#1002")],
        {"orders": [rest_order(), rest_order(name="#1002")]},
        {"data": {"orders": {"nodes": [graphql_order(), graphql_order(name="#1002")]}}},
        {"data": {"orders": {"edges": [{"node": graphql_order()}, {"node": graphql_order(name="#1002")}]}}},
    ],
)
def test_list_of_orders_is_planned_one_by_one(body: Any) -> None:
    seen = shown(body)
    assert seen["given"] == "orders"
    assert [(one["order"], one["outcome"]) for one in seen["orders"]] == [("#1001", "plan"), ("#1002", "plan")]
    text = list(lines_of(seen))
    assert text[0] == "This is a list of orders."
    assert [line for line in text if line.startswith("Order ")] == [
        "Order #1001, 533.00 SEK", "Order #1002, 533.00 SEK",
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["pending", "authorized", "partially_paid"])
def test_unpaid_order_waits_unless_orders_are_booked_when_they_are_made(status: str) -> None:
    unpaid = rest_order(financial_status=status, total_outstanding="533.00")
    seen = shown(unpaid)
    assert (seen["outcome"], seen["reason"], seen["outstanding"]) == ("waiting", "not_paid", "533.00")
    assert "it waits for payment, 533.00 is outstanding" in "\n".join(lines_of(seen))
    made = preview(json.dumps(unpaid).encode(), rules(trigger=Trigger.CREATED), pasted)
    assert made["outcome"] == "plan"


@pytest.mark.parametrize("status", ["paid", "partially_refunded", "refunded"])
def test_paid_order_is_planned(status: str) -> None:
    assert shown(rest_order(financial_status=status))["outcome"] == "plan"


def test_plan_and_stop_are_told_in_words() -> None:
    plan = "\n".join(lines_of(shown(graphql_order())))
    assert "Invoice of 2026-11-03 to Maja Gran: 533.00 SEK, VAT 106.60" in plan
    assert "paid 2026-11-03: 533.00 SEK on 1581" in plan
    stop = "\n".join(lines_of(shown(graphql_order(totalPriceSet=bag("47.80", "532.00")))))
    assert "Stopped before anything is sent:" in stop
    assert "SHOPIFY_TOTALS_DISAGREE" in stop
