"""What the emulator's Admin API refuses, and how: scopes by object, protected customer data, cost, addresses.

Each switch of docs/shopify-unknowns.md that is about an answer changes here what it says it changes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.contract.shopify_stage import DOMAIN, Stage, received, staged

ANNA = {"id": 5, "email": "a@example.se", "billing": {"first_name": "Anna", "country_code": "SE"}}
FIRM = ANNA | {"business": {"id": 1, "name": "Handel AB", "location_id": 2, "vat_number": "SE556677889901"}}
WHOLE = """query O($id: ID!) { order(id: $id) { name %s } }"""
SCOPES = "read_orders,read_all_orders"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def granted(stage: Stage, scopes: str) -> None:
    stage.token = stage.control("POST", "/shops", domain=DOMAIN, scopes=scopes, install=True)["access_token"]


def ask(stage: Stage, selection: str, **order: Any) -> Any:
    placed = stage.place(**({"buyer": ANNA} | order))
    return stage.ask(WHOLE % selection, {"id": placed["admin_graphql_api_id"]}).json()


@pytest.mark.parametrize(
    ("selection", "field", "scope"),
    [
        ("customer { id }", "customer", "read_customers"),
        ("paymentTerms { dueInDays }", "paymentTerms", "read_payment_terms"),
        ("lineItems(first: 1) { nodes { product { id } } }", "product", "read_products"),
        ("retailLocation { id }", "retailLocation", ""),
        ("fulfillmentOrders(first: 1) { nodes { id } }", "fulfillmentOrders", ""),
        ("returns(first: 1) { nodes { id } }", "returns", ""),
    ],
)
def test_a_field_whose_scope_is_missing_is_refused_as_recorded(
    stage: Stage, selection: str, field: str, scope: str
) -> None:
    granted(stage, SCOPES)
    [error] = ask(stage, selection)["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    required = f" Required access: `{scope}` access scope." if scope else ""
    assert error["message"] == f"Access denied for {field} field.{required}"
    assert error["extensions"].get("requiredAccess", "") == required.removeprefix(" Required access: ")
    assert error["path"][-1] == field
    assert error["locations"][0]["line"] == 1


@pytest.mark.parametrize("field", ["fulfillmentOrders", "returns"])
def test_a_refused_field_that_may_not_be_null_takes_the_order_along(stage: Stage, field: str) -> None:
    granted(stage, SCOPES)
    assert ask(stage, f"{field}(first: 1) {{ nodes {{ id }} }}")["data"] == {"order": None}


def test_one_error_for_each_node(stage: Stage) -> None:
    granted(stage, SCOPES)
    lines = [{"title": f"Vas {n}", "price": "10.00"} for n in range(3)]
    answer = ask(stage, "lineItems(first: 3) { nodes { product { id } } }", lines=lines)
    assert [error["path"][3] for error in answer["errors"]] == [0, 1, 2]


@pytest.mark.parametrize(("kept", "data"), [("kept", True), ("gone", False)])
def test_a_long_list_of_errors_is_cut(stage: Stage, kept: str, *, data: bool) -> None:
    granted(stage, SCOPES)
    stage.control("PATCH", "/switches", error_limit=2, truncated_data=kept)
    lines = [{"title": f"Vas {n}", "price": "10.00"} for n in range(3)]
    answer = ask(stage, "lineItems(first: 3) { nodes { product { id } } }", lines=lines)
    assert len(answer["errors"]) == 3
    assert answer["errors"][-1] == {"message": "Too many execution errors, max error limit reached. Results truncated"}
    assert (answer["data"] is not None) is data


def test_a_company_needs_read_customers_and_a_consumer_by_switch(stage: Stage) -> None:
    granted(stage, SCOPES)
    selection = "purchasingEntity { __typename ... on PurchasingCompany { company { name } } }"
    firm = ask(stage, selection, buyer=FIRM)
    assert (firm["data"]["order"]["purchasingEntity"], firm["errors"][0]["path"][-1]) == (None, "company")
    assert ask(stage, selection)["errors"][0]["path"] == ["order", "purchasingEntity"]
    stage.control("PATCH", "/switches", refused_union="never")
    assert ask(stage, selection)["data"]["order"]["purchasingEntity"] == {"__typename": "Customer"}


def test_an_empty_field_is_refused_by_switch(stage: Stage) -> None:
    granted(stage, SCOPES)
    assert "errors" in ask(stage, "customer { id }", buyer={})
    stage.control("PATCH", "/switches", refused_when_empty=False)
    assert ask(stage, "customer { id }", buyer={})["data"]["order"] == {"name": "#1002", "customer": None}


def test_a_missing_scope_may_be_a_silent_null(stage: Stage) -> None:
    granted(stage, SCOPES)
    stage.control("PATCH", "/switches", refused_scope="null")
    answer = ask(stage, "customer { id } returns(first: 1) { nodes { id } }")
    assert answer["data"]["order"] == {"name": "#1001", "customer": None, "returns": {"nodes": []}}
    assert "errors" not in answer


PEOPLE = "email customer { id displayName } billingAddress { name countryCodeV2 }"


def test_an_app_without_approval_for_fields_is_refused_each_of_them(stage: Stage) -> None:
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="no_fields")
    answer = ask(stage, PEOPLE)
    assert answer["data"]["order"] == {"name": "#1001", "email": None, "customer": None, "billingAddress": None}
    assert answer["errors"][0]["message"].startswith("This app is not approved to use the email field.")
    assert [one["path"][-1] for one in answer["errors"]] == ["email", "displayName", "billingAddress"]


def test_a_small_plan_gives_no_personal_data(stage: Stage) -> None:
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="plan")
    answer = ask(stage, PEOPLE)
    assert answer["data"]["order"] == {"name": "#1001", "email": None, "customer": None, "billingAddress": None}
    assert "only available on Shopify, Advanced, and Plus plans" in answer["errors"][1]["message"]


def test_hidden_data_may_be_a_silent_null_and_leave_the_country(stage: Stage) -> None:
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="plan")
    stage.control("PATCH", "/switches", hidden_data="null", hidden_address="personal")
    answer = ask(stage, PEOPLE)
    address = {"name": None, "countryCodeV2": "SE"}
    assert answer["data"]["order"] == {"name": "#1001", "email": None, "customer": None, "billingAddress": address}
    assert "errors" not in answer


@pytest.mark.parametrize(("told", "email"), [("redacted", None), ("whole", "a@example.se")])
def test_hidden_data_is_left_out_of_webhooks_by_switch(stage: Stage, told: str, email: str | None) -> None:
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="no_fields")
    stage.control("PATCH", "/switches", hidden_in_webhooks=told)
    with received() as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE")
        stage.place(buyer=ANNA)
        stage.run_jobs()
        [body] = [json.loads(one.body) for one in receiver.got]
    assert (body["name"], body["email"]) == ("#1001", email)
    assert body["billing_address"]["country_code"] == "SE"
    assert ("zip" in body["billing_address"]) is (email is not None)


def test_an_app_without_any_approval_gets_no_order(stage: Stage) -> None:
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="none")
    answer = ask(stage, "id")
    assert answer["data"] == {"order": None}
    assert answer["errors"][0]["message"].startswith("This app is not approved to access the Order object.")


@pytest.mark.parametrize(("scopes", "seen"), [("read_orders", False), (SCOPES, True)])
def test_orders_older_than_sixty_days_need_a_scope_of_their_own(stage: Stage, scopes: str, *, seen: bool) -> None:
    granted(stage, scopes)
    answer = ask(stage, "id", processed_at="2024-03-01T12:00:00+01:00")
    assert (answer["data"]["order"] is not None) is seen
    assert "errors" not in answer


@pytest.mark.parametrize("size", [1, 2, 10, 100, 250])
def test_a_connection_costs_two_and_its_nodes_by_the_logarithm_of_its_size(stage: Stage, size: int) -> None:
    answer = stage.ask(f"{{ orders(first: {size}) {{ nodes {{ id }} }} }}").json()
    node = 1
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 2 + math.floor(2 * math.log(max(2, size))) * node


def cost(stage: Stage, selection: str) -> int:
    found: int = ask(stage, selection)["extensions"]["cost"]["requestedQueryCost"]
    return found


def test_plain_lists_and_money_cost_by_switch(stage: Stage) -> None:
    refunds, money = "refunds(first: 100) { id }", "totalPriceSet { shopMoney { amount } }"
    assert (cost(stage, refunds), cost(stage, money)) == (2, 1)
    stage.control("PATCH", "/switches", list_cost="sized", money_cost="object")
    assert (cost(stage, refunds), cost(stage, money)) == (1 + 9, 3)


@pytest.mark.parametrize("body", ["empty", "html", "json"])
def test_an_address_outside_the_allowlist_gets_a_403_that_is_not_graphql(stage: Stage, body: str) -> None:
    stage.control("PATCH", "/switches", refused_address_body=body)
    stage.control("PUT", "/platform", blocks_addresses=True)
    answer = stage.ask("{ shop { name } }")
    assert answer.status_code == 403
    assert '"errors"' not in answer.text
    assert bool(answer.text) is (body != "empty")
    stage.control("PUT", "/platform", blocks_addresses=False)
    assert stage.ask("{ shop { name } }").status_code == 200


def test_reading_a_deprecated_field_is_told_in_a_header(stage: Stage) -> None:
    header = "x-shopify-api-deprecated-reason"
    assert stage.ask("{ shop { plan { displayName } } }").headers[header] == "ShopPlan.displayName"
    assert header not in stage.ask("{ shop { name } }").headers
    stage.control("PUT", "/platform", deprecated=["Shop.name"])
    assert stage.ask("{ shop { name } }").headers[header] == "Shop.name"


def test_a_small_plan_may_refuse_messages_about_orders(stage: Stage) -> None:
    stage.control("PATCH", "/switches", order_webhooks="refused")
    mutation = """mutation S($topic: WebhookSubscriptionTopic!) { webhookSubscriptionCreate(topic: $topic,
      webhookSubscription: {uri: "https://example.org/h"}) { webhookSubscription { id } userErrors { message } } }"""
    refused = stage.data(mutation, {"topic": "ORDERS_PAID"})["webhookSubscriptionCreate"]
    assert "protected customer data" in refused["userErrors"][0]["message"]
    assert stage.data(mutation, {"topic": "APP_UNINSTALLED"})["webhookSubscriptionCreate"]["userErrors"] == []


@pytest.mark.parametrize("moves", [True, False])
def test_money_that_settles_moves_the_order_by_switch(stage: Stage, *, moves: bool) -> None:
    stage.control("PATCH", "/switches", money_moves_update=moves)
    order = stage.place(payments=[{"gateway": "klarna"}], processed_at="2026-11-02T12:00:00+01:00")
    stage.act(order, "refund", amount="10.00", status="pending")
    kept = stage.emulator.world.shops[DOMAIN].orders[order["id"]].body
    kept["updated_at"] = "2026-11-02T12:00:00+01:00"
    stage.act(order, "settle")
    assert (kept["updated_at"] != "2026-11-02T12:00:00+01:00") is moves


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("whole", {"gift_card_id", "gift_card_last_characters"}),
        ("last", {"gift_card_last_characters"}),
        ("none", set()),
    ],
)
def test_what_the_receipt_of_a_gift_card_tells_is_a_switch(stage: Stage, told: str, names: set[str]) -> None:
    stage.control("PATCH", "/switches", card_receipt=told)
    order = stage.place(payments=[{"gateway": "gift_card", "card": 539685323008}])
    stage.act(order, "refund", amount="10.00")
    shown = stage.data(WHOLE % "transactions(first: 5) { receiptJson }", {"id": order["admin_graphql_api_id"]})
    receipts = [json.loads(one["receiptJson"]) for one in shown["order"]["transactions"]]
    assert [set(receipt) for receipt in receipts] == [names, names]
    assert {one.get("gift_card_id", 539685323008) for one in receipts} == {539685323008}


def test_receipts_may_be_gone_from_the_schema(stage: Stage) -> None:
    stage.control("PATCH", "/switches", card_receipt="gone")
    order = stage.place(payments=[{"gateway": "gift_card"}])
    asked = WHOLE % "transactions(first: 5) { receiptJson }"
    refused = stage.ask(asked, {"id": order["admin_graphql_api_id"]}).json()
    assert refused["errors"][0]["extensions"]["code"] == "undefinedField"


def test_a_refund_is_read_by_its_id_page_by_page(stage: Stage) -> None:
    block = {"count": 5, "title": "Del {n}", "sku": "D-{n}", "price": "19.00"}
    order = stage.place(lines=[], generated_lines=block, payments=[{"gateway": "card"}])
    stage.act(order, "refund", lines=[{"line": n} for n in range(5)])
    refund = stage.data(WHOLE % "refunds(first: 1) { id }", {"id": order["admin_graphql_api_id"]})
    query = """query R($id: ID!, $after: String) { refund(id: $id) { refundLineItems(first: 3, after: $after) {
      pageInfo { hasNextPage endCursor } nodes { quantity } } } }"""
    which = {"id": refund["order"]["refunds"][0]["id"]}
    first = stage.data(query, which)["refund"]["refundLineItems"]
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (3, True)
    rest = stage.data(query, which | {"after": first["pageInfo"]["endCursor"]})["refund"]["refundLineItems"]
    assert (len(rest["nodes"]), rest["pageInfo"]["hasNextPage"]) == (2, False)
