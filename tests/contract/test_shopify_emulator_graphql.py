"""The GraphQL endpoint over real HTTP: selection, paging, cost, errors."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.contract.shopify_stage import DOMAIN, Stage, staged

LINES = """query L($id: ID!, $after: String) { order(id: $id) { lineItems(first: 250, after: $after) {
  pageInfo { hasNextPage endCursor } nodes { id sku } } } }"""
WINDOW = """query W($q: String, $after: String) { orders(first: 2, after: $after, query: $q, sortKey: UPDATED_AT) {
  pageInfo { hasNextPage endCursor } nodes { name updatedAt } } }"""
SUBSCRIBE = """mutation S($topic: WebhookSubscriptionTopic!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: "https://example.org/hooks"}) {
    webhookSubscription { id topic uri } userErrors { field message } } }"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def codes(answer: Any) -> list[str]:
    return [error.get("extensions", {}).get("code") for error in answer.json()["errors"]]


def test_line_items_are_paged(stage: Stage) -> None:
    block = {"count": 520, "title": "Del {n}", "sku": "D-{n}", "price": "19.00"}
    order = stage.place(lines=[], generated_lines=block)
    skus: list[str] = []
    sizes: list[int] = []
    after = None
    while True:
        page = stage.data(LINES, {"id": order["admin_graphql_api_id"], "after": after})["order"]["lineItems"]
        skus += [node["sku"] for node in page["nodes"]]
        sizes.append(len(page["nodes"]))
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert sizes == [250, 250, 20]
    assert skus == [f"D-{n}" for n in range(1, 521)]


def test_a_page_above_250_is_refused(stage: Stage) -> None:
    assert "first must be" in stage.ask("{ orders(first: 251) { nodes { id } } }").json()["errors"][0]["message"]


def test_a_window_of_orders_is_read_to_its_end_in_order_of_change(stage: Stage) -> None:
    names = [stage.place()["name"] for _ in range(5)]
    seen: list[str] = []
    after = None
    while True:
        page = stage.data(WINDOW, {"q": "updated_at:>='2020-01-01T00:00:00Z'", "after": after})["orders"]
        seen += [node["name"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == names


def test_orders_are_found_by_name_and_left_out_by_time(stage: Stage) -> None:
    stage.place(name="#2001")
    stage.place(name="#2002")
    found = stage.data(WINDOW, {"q": "name:'#2002'"})["orders"]["nodes"]
    assert [node["name"] for node in found] == ["#2002"]
    assert stage.data(WINDOW, {"q": "updated_at:>='2100-01-01T00:00:00Z'"})["orders"]["nodes"] == []


def test_an_unknown_search_term_is_ignored_with_a_warning(stage: Stage) -> None:
    stage.place()
    answer = stage.ask(WINDOW, {"q": "colour:red"}).json()
    assert len(answer["data"]["orders"]["nodes"]) == 1
    assert answer["extensions"]["search"][0]["warnings"][0]["field"] == "colour"


def test_an_answer_holds_what_was_selected_under_its_alias_and_nothing_else(stage: Stage) -> None:
    order = stage.place()
    query = """query One($id: ID!) { sold: order(id: $id) { ...Head totalPriceSet { shopMoney { amount } } } }
      fragment Head on Order { name }"""
    got = stage.data(query, {"id": order["admin_graphql_api_id"]})
    assert got == {"sold": {"name": "#1001", "totalPriceSet": {"shopMoney": {"amount": "449.0"}}}}


def test_a_misspelt_field_is_an_error_and_not_a_null(stage: Stage) -> None:
    order = stage.place()
    answer = stage.ask("query O($id: ID!) { order(id: $id) { nmae } }", {"id": order["admin_graphql_api_id"]})
    assert answer.status_code == 200
    assert codes(answer) == ["undefinedField"]
    assert "data" not in answer.json()


def test_an_unknown_root_field_and_bad_syntax_are_errors(stage: Stage) -> None:
    assert codes(stage.ask("{ products(first: 1) { nodes { id } } }")) == ["undefinedField"]
    assert "Expected" in stage.ask("{ shop { name }").json()["errors"][0]["message"]


def test_a_missing_required_variable_is_an_error(stage: Stage) -> None:
    assert codes(stage.ask("query O($id: ID!) { order(id: $id) { name } }")) == ["INVALID_VARIABLE"]


def test_a_wrong_order_id_gives_null_without_an_error(stage: Stage) -> None:
    assert stage.data('{ order(id: "gid://shopify/Order/1") { name } }') == {"order": None}


@pytest.mark.parametrize("topic", ["CUSTOMERS_DATA_REQUEST", "CUSTOMERS_REDACT", "SHOP_REDACT"])
def test_compliance_topics_cannot_be_subscribed_by_api(stage: Stage, topic: str) -> None:
    answer = stage.ask(SUBSCRIBE, {"topic": topic})
    assert codes(answer) == ["INVALID_VARIABLE"]
    assert stage.control("GET", f"/shops/{DOMAIN}")["subscriptions"] == []


def test_a_subscription_is_made_listed_and_deleted(stage: Stage) -> None:
    made = stage.data(SUBSCRIBE, {"topic": "ORDERS_PAID"})["webhookSubscriptionCreate"]["webhookSubscription"]
    listing = "{ webhookSubscriptions(first: 10) { nodes { id topic uri } } }"
    assert stage.data(listing)["webhookSubscriptions"]["nodes"] == [made]
    mutation = """mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) {
      deletedWebhookSubscriptionId userErrors { message } } }"""
    assert stage.data(mutation, {"id": made["id"]})["webhookSubscriptionDelete"]["userErrors"] == []
    assert stage.data(listing)["webhookSubscriptions"]["nodes"] == []


def test_the_same_address_is_not_taken_twice_for_a_topic(stage: Stage) -> None:
    stage.data(SUBSCRIBE, {"topic": "ORDERS_PAID"})
    again = stage.data(SUBSCRIBE, {"topic": "ORDERS_PAID"})["webhookSubscriptionCreate"]
    assert again["webhookSubscription"] is None
    assert again["userErrors"][0]["message"] == "Address for this topic has already been taken"


def test_an_empty_bucket_throttles_and_refills() -> None:
    with staged(bucket_maximum=20, bucket_restore=200) as stage:
        query = "{ orders(first: 50) { nodes { id lineItems(first: 2) { nodes { id } } } } }"
        answer = stage.ask(query)
        assert answer.status_code == 200
        assert codes(answer) == ["THROTTLED"]
        cost = answer.json()["extensions"]["cost"]
        assert cost["requestedQueryCost"] > cost["throttleStatus"]["currentlyAvailable"]
        assert cost["throttleStatus"]["restoreRate"] == 200
        assert "data" in stage.ask("{ shop { name } }").json()


def test_throttling_and_protected_data_come_on_command(stage: Stage) -> None:
    buyer = {"id": 5, "email": "a@example.se", "billing": {"first_name": "Anna"}}
    order = stage.place(buyer=buyer)
    query = "query O($id: ID!) { order(id: $id) { name customer { id } billingAddress { name } } }"
    stage.control("POST", f"/shops/{DOMAIN}/graphql-errors", error="THROTTLED")
    stage.control("POST", f"/shops/{DOMAIN}/graphql-errors", error="PROTECTED_DATA")
    assert codes(stage.ask(query, {"id": order["admin_graphql_api_id"]})) == ["THROTTLED"]
    partial = stage.ask(query, {"id": order["admin_graphql_api_id"]})
    assert partial.status_code == 200
    assert codes(partial) == ["ACCESS_DENIED", "ACCESS_DENIED"]
    assert partial.json()["data"]["order"] == {"name": "#1001", "customer": None, "billingAddress": None}
    assert partial.json()["errors"][0]["path"] == ["order", "customer"]
    assert stage.data(query, {"id": order["admin_graphql_api_id"]})["order"]["billingAddress"] == {"name": "Anna"}


def test_a_missing_scope_denies_the_field(stage: Stage) -> None:
    made = stage.control("POST", "/shops", domain=DOMAIN, scopes="read_products", install=True)
    answer = stage.ask("{ orders(first: 1) { nodes { id } } }", token=made["access_token"])
    assert codes(answer) == ["ACCESS_DENIED"]
    assert answer.json()["data"] is None


def test_an_expired_version_is_served_by_the_oldest_and_says_so(stage: Stage) -> None:
    current = stage.ask("{ shop { name } }")
    assert current.headers["x-shopify-api-version"] == "2026-10"
    assert "x-shopify-api-version-warning" not in current.headers
    old = stage.ask("{ shop { name } }", version="2025-01")
    assert old.headers["x-shopify-api-version"] == "2026-01"
    assert "x-shopify-api-version-warning" in old.headers
    assert stage.ask("{ shop { name } }", version="2026-11").status_code == 404


def test_ids_may_exceed_what_a_json_float_holds() -> None:
    with staged(big_ids=True) as stage:
        order = stage.place()
        assert order["id"] > 2**53
        text = stage.http.get(f"/_sandbox/shops/{DOMAIN}/orders/{order['id']}").text
        assert f'"id":{order["id"]}' in text
        query = "query O($id: ID!) { order(id: $id) { legacyResourceId } }"
        assert stage.data(query, {"id": order["admin_graphql_api_id"]})["order"]["legacyResourceId"] == str(order["id"])


def test_a_foreign_rest_body_is_kept_as_it_is_and_shown_as_graphql(stage: Stage) -> None:
    money = {
        "shop_money": {"amount": "15.20", "currency_code": "EUR"},
        "presentment_money": {"amount": "158.37", "currency_code": "SEK"},
    }
    body = {
        "id": 2704107995290,
        "name": "#1008",
        "created_at": "2020-09-16T02:32:46-04:00",
        "currency": "EUR",
        "presentment_currency": "SEK",
        "financial_status": "paid",
        "payment_gateway_names": ["bogus"],
        "total_price": "15.20",
        "total_price_set": money,
        "line_items": [{"id": 1, "title": "Widgets", "quantity": 1, "price": "15.20", "price_set": money}],
    }
    order = stage.control("POST", f"/shops/{DOMAIN}/orders", rest_order=body)
    assert stage.rest(order)["rest"] == body
    query = """query O($id: ID!) { order(id: $id) { createdAt customer { id }
      netPaymentSet { presentmentMoney { amount } } shippingLines(first: 5) { nodes { id } }
      lineItems(first: 5) { nodes { title currentQuantity taxLines { rate } } } } }"""
    got = stage.data(query, {"id": "gid://shopify/Order/2704107995290"})["order"]
    assert got["createdAt"] == "2020-09-16T06:32:46Z"
    assert got["netPaymentSet"]["presentmentMoney"]["amount"] == "158.37"
    assert got["lineItems"]["nodes"] == [{"title": "Widgets", "currentQuantity": 1, "taxLines": []}]
    assert got["customer"] is None


def test_a_foreign_order_is_found_by_the_global_id_it_states(stage: Stage) -> None:
    body = {
        "id": 820982911946154500,
        "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
        "line_items": [],
    }
    stage.control("POST", f"/shops/{DOMAIN}/orders", rest_order=body)
    query = "query O($id: ID!) { order(id: $id) { legacyResourceId } }"
    assert stage.data(query, {"id": body["admin_graphql_api_id"]})["order"] == {
        "legacyResourceId": "820982911946154500"
    }


def test_the_call_log_knows_the_shop(stage: Stage) -> None:
    stage.ask("{ shop { name } }")
    calls = stage.control("GET", "/calls")["calls"]
    assert calls[-1]["tenant"] == DOMAIN
    assert json.dumps(calls[-1]["body"]).startswith('{"query"')
