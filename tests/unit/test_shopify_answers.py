"""What a GraphQL answer says: what may pass, what never will, and which fields were refused for want of which scope."""

from __future__ import annotations

from typing import Any

import pytest

from app.shops.base import Shop, SourceError
from app.shops.shopify.answers import answer_of, throttled_for
from app.shops.shopify.orders.queries import order_query
from app.shops.shopify.scopes import ACCESS, OPTIONAL_OBJECTS, REQUIRED_SCOPES, SCOPES, missing_scopes, unread_objects

SHOP = Shop(1, "granstrom-form.myshopify.com")
CUT = {"message": "Too many execution errors, max error limit reached. Results truncated"}


def refusal(*path: Any, message: str = "Access denied for x field.", **extensions: str) -> dict[str, Any]:
    return {"message": message, "path": list(path), "extensions": {"code": "ACCESS_DENIED"} | extensions}


def answer(*errors: dict[str, Any], data: Any = None) -> dict[str, Any]:
    return {"data": data, "errors": list(errors)}


def test_a_refused_field_names_its_scope_in_shopifys_words_or_ours() -> None:
    told = refusal("order", "customer", requiredAccess="`read_customers` access scope.")
    found = answer_of(answer(told, refusal("order", "returns"), data={"order": None}), SHOP)
    assert [(denial.field, denial.scope) for denial in found.denials] == [
        ("order.customer", "read_customers"),
        ("order.returns", "read_returns"),
    ]


def test_places_in_lists_are_left_out_of_a_field() -> None:
    found = answer_of(answer(refusal("order", "lineItems", "nodes", 3, "product"), data={"order": {}}), SHOP)
    assert found.denials[0].field == "order.lineItems.nodes.product"


@pytest.mark.parametrize(
    "message",
    [
        "This app is not approved to access the Customer object. Access to personally identifiable information …",
        "This app is not approved to use the email field. See https://shopify.dev/docs/apps/launch/…",
    ],
)
def test_protected_data_is_refused_by_words_alone_too(message: str) -> None:
    found = answer_of(answer({"message": message, "path": ["order", "email"]}, data={"order": {"email": None}}), SHOP)
    assert found.denied_of(OPTIONAL_OBJECTS) == {"email"}
    assert found.denials[0].scope == "protected customer data"


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Query cost is 1649, which exceeds …", "extensions": {"code": "MAX_COST_EXCEEDED"}},
        {"message": "Field 'nmae' doesn't exist on type 'Order'", "extensions": {"code": "undefinedField"}},
        {"message": "Variable $id …", "extensions": {"code": "INVALID_VARIABLE"}},
        {"message": 'Expected NAME, actual: "}" at [3, 1]', "locations": [{"line": 3, "column": 1}]},
        CUT,
    ],
    ids=["too expensive", "unknown field", "bad variable", "unreadable", "cut without a field"],
)
def test_what_is_refused_tomorrow_as_well_does_not_pass(error: dict[str, Any]) -> None:
    with pytest.raises(SourceError) as raised:
        answer_of(answer(error), SHOP)
    assert (raised.value.code, raised.value.passes) == ("SHOPIFY_QUERY_REFUSED", False)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Internal error. Looks like …", "extensions": {"code": "INTERNAL_SERVER_ERROR"}},
        {"message": "Timeout"},
        {"message": "Shop is inactive", "extensions": {"code": "SHOP_INACTIVE"}},
    ],
)
def test_shopifys_own_trouble_passes(error: dict[str, Any]) -> None:
    with pytest.raises(SourceError) as raised:
        answer_of(answer(error), SHOP)
    assert (raised.value.code, raised.value.passes) == ("SHOPIFY_UNAVAILABLE", True)


def test_a_cut_list_of_refusals_is_known_as_cut() -> None:
    found = answer_of(answer(refusal("order", "customer"), CUT, data={"order": {}}), SHOP)
    assert found.is_cut
    assert found.denied_of(OPTIONAL_OBJECTS) == {"customer"}


@pytest.mark.parametrize(("available", "restore", "wait"), [(100, 100, 5.0), (600, 50, 0.01), (0, 2000, 0.3)])
def test_the_wait_is_what_shopify_says(available: int, restore: int, wait: float) -> None:
    cost = {
        "requestedQueryCost": 600,
        "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": restore},
    }
    throttled = {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": cost},
    }
    assert throttled_for(throttled) == pytest.approx(wait)
    assert throttled_for({"data": {}}) is None


# --- the table


def test_a_write_scope_implies_its_read_scope() -> None:
    assert missing_scopes(["read_orders", "read_returns"], ["write_orders"]) == ["read_returns"]


def test_what_was_not_granted_is_not_asked_for() -> None:
    unread = unread_objects(["read_orders", "read_companies"])
    assert {"customer", "returns", "fulfillmentOrders", "paymentTerms"} <= unread
    assert "purchasingEntity" not in unread, "one of its scopes is enough"
    assert "returns(" not in order_query(frozenset(unread))
    assert "purchasingEntity" in order_query(frozenset(unread))


def test_where_nobody_knows_what_was_granted_everything_is_asked_for() -> None:
    assert unread_objects([]) == frozenset()


def test_nothing_is_asked_for_that_the_table_does_not_name() -> None:
    assert "product" not in order_query()
    assert "read_products" not in SCOPES
    assert set(REQUIRED_SCOPES) == {"read_orders"}
    assert len({name for one in ACCESS for name in one.objects}) == sum(len(one.objects) for one in ACCESS)
