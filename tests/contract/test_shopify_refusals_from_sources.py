"""What a real Shopify refuses and how its answer then looks, as public sources tell it; the emulator answers alike.

Written from the sources alone, before a look at the emulator and without one at the product. Each expectation has a
grade and a source:

- documented: a page of shopify.dev or help.shopify.com;
- recorded: an answer of the real API, copied into a public repository, forum or issue;
- reported: somebody's words about the real API, or the code of a client that runs against it;
- assumed: no source; from the GraphQL specification or by likeness.

Copied answers that the search index gives without a repository are named by its number of the stored file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.support.contract.shopify_stage import DOMAIN, Stage, received, staged

ADMIN = "shopify.dev/docs/api/admin-graphql/latest/objects/"
PROTECTED = "https://shopify.dev/docs/apps/launch/protected-customer-data"
SCOPES_PAGE = "https://shopify.dev/api/usage/access-scopes"
ANNA = {"id": 5, "email": "a@example.se", "billing": {"first_name": "Anna", "zip": "111 22", "country_code": "SE"}}
ORDER = "query O($id: ID!) { order(id: $id) { name %s } }"
ORDERS_ALONE = "read_orders,read_all_orders"
PAYOUTS = "read_shopify_payments_accounts,read_shopify_payments_payouts"


class Refusal(NamedTuple):
    """A field, what reads it, the words after "Required access: ", whether it may be null, and who says so."""

    field: str
    selection: str
    required: str
    nullable: bool
    source: str


BESIDE_READ_ORDERS = (
    Refusal(
        "customer",
        "customer { id }",
        "`read_customers` access scope.",
        nullable=True,
        source="recorded: stored file 58176016991 (live, orderCreate then `customer { id email }`), 61561823696",
    ),
    Refusal(
        "paymentTerms",
        "paymentTerms { dueInDays }",
        "`read_payment_terms` access scope.",
        nullable=True,
        source=f"documented: {ADMIN}PaymentTerms; recorded: PostHog/posthog, Shopify source; stored file 60776900414",
    ),
    Refusal(
        "product",
        "lineItems(first: 1) { nodes { title sku product { id } } }",
        "`read_products` access scope.",
        nullable=True,
        source=f"documented: {ADMIN}Product; recorded: stored files 60298355220 (order #1019), 67145115354 (path)",
    ),
    Refusal(
        "variant",
        "lineItems(first: 1) { nodes { title sku variant { id } } }",
        "`read_products` access scope.",
        nullable=True,
        source="recorded: stored file 67145115354, path customer.orders.nodes[12].lineItems.nodes[0].variant",
    ),
    Refusal(
        "returns",
        "returns(first: 1) { nodes { id } }",
        "",
        nullable=False,
        source="documented: .../queries/return (read_returns or read_marketplace_returns), Order.returns is non-null; "
        "recorded without a scope's name: stored files 62455525569 (25 August 2026), 70113699636",
    ),
)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def grant(stage: Stage, scopes: str, **shop: Any) -> None:
    stage.token = stage.control("POST", "/shops", domain=DOMAIN, scopes=scopes, install=True, **shop)["access_token"]


def asked(stage: Stage, selection: str, **order: Any) -> Any:
    placed = stage.place(**({"buyer": ANNA} | order))
    return stage.ask(ORDER % selection, {"id": placed["admin_graphql_api_id"]}).json()


@pytest.mark.parametrize("told", BESIDE_READ_ORDERS, ids=lambda told: told.field)
def test_an_order_s_field_is_refused_with_the_recorded_words(stage: Stage, told: Refusal) -> None:
    grant(stage, ORDERS_ALONE)
    answer = asked(stage, told.selection)
    [error] = answer["errors"]
    words = f"Access denied for {told.field} field." + (f" Required access: {told.required}" if told.required else "")
    assert error["message"] == words, told.source
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["extensions"]["documentation"] == SCOPES_PAGE
    assert error["extensions"].get("requiredAccess", "") == told.required
    assert (answer["data"]["order"] is not None) is told.nullable, told.source


@pytest.mark.parametrize("field", ["product", "variant"])
def test_an_order_line_keeps_its_own_words_where_its_product_is_refused(stage: Stage, field: str) -> None:
    """Recorded: stored file 67145115354: "SKU, TITLE AND VARIANT TITLE ... need no extra scope", real orders."""
    grant(stage, ORDERS_ALONE)
    answer = asked(stage, f"lineItems(first: 1) {{ nodes {{ title sku {field} {{ id }} }} }}")
    assert answer["data"]["order"]["lineItems"]["nodes"] == [{"title": "Vas", "sku": "V1", field: None}]
    assert answer["errors"][0]["path"] == ["order", "lineItems", "nodes", 0, field]


def test_an_error_tells_where_in_the_text_and_in_the_answer_the_field_stands(stage: Stage) -> None:
    """Recorded: github.com/Shopify/cli/issues/4288: locations line 1, column 3, path, then extensions.

    That a path names the alias is the GraphQL specification, 7.1.2.
    """
    grant(stage, "read_products")
    [error] = stage.ask('{ sold: order(id: "gid://shopify/Order/1") { name } }').json()["errors"]
    assert error["locations"] == [{"line": 1, "column": 3}]
    assert error["path"] == ["sold"]


def test_orders_without_their_scope_leave_no_data_at_all(stage: Stage) -> None:
    """Recorded: stored file 13291756302 (whole answer) and gist.github.com/ShayneP/acd62c30b2d2240292ce8e36c0ec166e.

    `orders` may not be null, so `data` is, also what else was asked for; the cost is told, no scope is named.
    """
    grant(stage, "read_products")
    answer = stage.ask("{ shop { name } orders(first: 1) { nodes { id } } }").json()
    [error] = answer["errors"]
    assert error["message"] == "Access denied for orders field."
    assert error["extensions"] == {"code": "ACCESS_DENIED", "documentation": SCOPES_PAGE}
    assert error["path"] == ["orders"]
    assert answer["data"] is None
    assert answer["extensions"]["cost"]["throttleStatus"]


def test_an_account_of_shopify_payments_needs_a_scope_of_its_own(stage: Stage) -> None:
    """Recorded 19 September 2026, bcn-services/bcns apps/connect/lib/shopify-oauth.ts: payouts alone opens no account.

    The same words in stored files 66539572443 and 67169565237, there with `shopifyPaymentsAccount: null`.
    """
    grant(stage, "read_orders,read_shopify_payments_payouts", payments={})
    answer = stage.ask("{ shop { name } shopifyPaymentsAccount { payouts(first: 1) { nodes { id } } } }").json()
    [error] = answer["errors"]
    required = "the `read_shopify_payments` or the `read_shopify_payments_accounts` access scope."
    assert error["message"] == f"Access denied for shopifyPaymentsAccount field. Required access: {required}"
    assert error["extensions"]["requiredAccess"] == required
    assert answer["data"] == {"shop": {"name": "Granström Form"}, "shopifyPaymentsAccount": None}


@pytest.mark.parametrize(
    ("field", "scopes", "scope"),
    [
        ("payouts", "read_shopify_payments_accounts", "read_shopify_payments_payouts"),
        ("balanceTransactions", "read_shopify_payments_accounts", "read_shopify_payments_payouts"),
        ("disputes", PAYOUTS, "read_shopify_payments_disputes"),
    ],
)
def test_a_list_of_the_account_that_is_refused_takes_the_account_along(
    stage: Stage, field: str, scopes: str, scope: str
) -> None:
    """Recorded for payouts: stored files 70965611391, 69451815267. The rest by likeness.

    Documented: the three connections are non-null (.../2026-07/objects/ShopifyPaymentsAccount), so the account is null.
    """
    grant(stage, scopes, payments={})
    answer = stage.ask(f"{{ shopifyPaymentsAccount {{ id {field}(first: 1) {{ nodes {{ id }} }} }} }}").json()
    [error] = answer["errors"]
    assert error["message"] == f"Access denied for {field} field. Required access: `{scope}` access scope."
    assert error["path"] == ["shopifyPaymentsAccount", field]
    assert error["locations"][0]["line"] == 1
    assert answer["data"] == {"shopifyPaymentsAccount": None}


@pytest.mark.parametrize(
    ("scopes", "order", "reads"),
    [
        (f"{PAYOUTS},read_shopify_payments_disputes", {}, False),
        (f"{PAYOUTS},read_shopify_payments_disputes,read_orders", {}, True),
        (
            f"{PAYOUTS},read_shopify_payments_disputes,read_orders",
            {"processed_at": "2024-03-01T12:00:00+01:00"},
            False,
        ),
    ],
)
def test_the_order_of_a_dispute_is_an_order_with_an_order_s_scope_and_age(
    stage: Stage, scopes: str, order: Any, *, reads: bool
) -> None:
    """Documented: Dispute.order is an Order; Order "requires read_orders", "only the last 60 days" by default.

    Assumed: the old one is null there, as `order(id:)` is.
    """
    grant(stage, ORDERS_ALONE, payments={})
    placed = stage.place(payments=[{"gateway": "shopify_payments"}], **order)
    disputed = stage.http.post(f"/_sandbox/shops/{DOMAIN}/disputes", json={"order": placed["name"]})
    assert disputed.is_success, disputed.text
    grant(stage, scopes)
    answer = stage.ask("{ shopifyPaymentsAccount { disputes(first: 1) { nodes { id order { name } } } } }").json()
    [dispute] = answer["data"]["shopifyPaymentsAccount"]["disputes"]["nodes"]
    assert (dispute["order"] is not None) is reads
    assert ("errors" in answer) is ("read_orders" not in scopes)


@pytest.mark.parametrize(
    ("scope", "refused"),
    [
        ("read_locations", None),
        ("read_markets_home", None),
        ("read_inventory", "`read_locations` access scope or `read_markets_home` access scope."),
        ("write_inventory", "`read_locations` access scope or `read_markets_home` access scope."),
    ],
)
def test_a_location_s_name_needs_more_than_the_location(stage: Stage, scope: str, refused: str | None) -> None:
    """Documented: the object opens with read_locations, read_inventory or read_markets_home (docs/api/.../Location).

    Recorded 28 September 2026, devshakilbd/cartovum-shopify-bulk-manager ACCESS_SCOPES.md, and stored file 68302164846:
    with write_inventory alone the id comes, the name is refused. Assumed: `name` is non-null, so the location goes.
    """
    grant(stage, f"{ORDERS_ALONE},{scope}")
    till = {"source_name": "pos"}
    assert "errors" not in asked(stage, "retailLocation { id }", **till)
    answer = asked(stage, "retailLocation { id name }", **till)
    if refused is None:
        assert answer["data"]["order"]["retailLocation"]["name"]
        return
    [error] = answer["errors"]
    assert error["message"] == f"Access denied for name field. Required access: {refused}"
    assert error["extensions"]["requiredAccess"] == refused
    assert answer["data"]["order"] == {"name": "#1002", "retailLocation": None}


def test_a_scope_to_write_is_a_scope_to_read(stage: Stage) -> None:
    """Documented: docs/api/usage/access-scopes: "Any scope that writes a resource also grants read access to it"."""
    grant(stage, "write_orders,write_customers,read_all_orders")
    assert "errors" not in asked(stage, "customer { id }")


def test_an_app_without_protected_data_gets_no_order_and_no_data(stage: Stage) -> None:
    """Recorded 21 August 2026, stored file 62236976360: code, documentation, path, `data: null`; also 70087345484."""
    stage.place()
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="none")
    answer = stage.ask("{ orders(first: 1) { nodes { id } } }").json()
    [error] = answer["errors"]
    assert error["message"] == (
        f"This app is not approved to access the Order object. See {PROTECTED} for more details."
    )
    assert error["extensions"] == {"code": "ACCESS_DENIED", "documentation": PROTECTED}
    assert error["path"] == ["orders"]
    assert answer["data"] is None


@pytest.mark.parametrize(
    ("selection", "path"),
    [("email", ["order", "email"]), ("billingAddress { zip }", ["order", "billingAddress", "zip"])],
)
def test_an_app_without_personal_fields_is_refused_field_by_field(
    stage: Stage, selection: str, path: list[str]
) -> None:
    """Recorded: stored files 71240611693 (email), 21140527766 (zip). Documented: the rest of the answer comes."""
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="no_fields")
    stage.control("PATCH", "/switches", hidden_address="personal")
    answer = asked(stage, selection)
    [error] = answer["errors"]
    said = f"This app is not approved to use the {path[-1]} field. See {PROTECTED} for more details."
    assert (error["message"], error["path"]) == (said, path)
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert answer["data"]["order"]["name"] == "#1001"


def test_a_small_plan_names_the_plans_that_show_personal_data(stage: Stage) -> None:
    """Recorded: stored files 59854274328 (whole text), 57850983427 (16 August 2026, Basic).

    Documented: help.shopify.com, custom apps: level 2 "varies by plan".
    """
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="plan")
    answer = asked(stage, "customer { id }")
    assert answer["errors"][0]["message"].startswith(
        "This app is not approved to access the Customer object. Access to personally identifiable information (PII) "
        "like customer names, addresses, emails, phone numbers is only available on Shopify, Advanced, and Plus plans."
    )
    assert answer["data"]["order"] == {"name": "#1001", "customer": None}


@pytest.mark.parametrize("lines", [20, 21])
def test_a_list_of_errors_is_cut_only_above_its_limit_and_ends_with_a_bare_message(stage: Stage, lines: int) -> None:
    """Recorded: stored file 67145115354 and znasllc-io/memql integrations/shopify/reconcile_refusal_test.go.

    The words, the order and the data beside them are those of gmac/graphql-breadth-exec lib/graphql/breadth/executor.rb
    (`build_result`); how many errors there are before is told nowhere.
    """
    grant(stage, ORDERS_ALONE)
    block = {"count": lines, "title": "Del {n}", "sku": "D-{n}", "price": "19.00"}
    answer = asked(stage, "lineItems(first: 50) { nodes { title product { id } } }", lines=[], generated_lines=block)
    assert len(answer["data"]["order"]["lineItems"]["nodes"]) == lines
    last = answer["errors"][-1]
    cut = {"message": "Too many execution errors, max error limit reached. Results truncated"}
    assert (len(answer["errors"]), last == cut) == ((20, False) if lines == 20 else (21, True))


SUBSCRIBE = """mutation S($topic: WebhookSubscriptionTopic!) { webhookSubscriptionCreate(topic: $topic,
  webhookSubscription: {uri: "https://example.org/h"}) { webhookSubscription { id } userErrors { field message } } }"""


@pytest.mark.parametrize("topic", ["ORDERS_CREATE", "ORDERS_UPDATED", "REFUNDS_CREATE", "FULFILLMENTS_CREATE"])
def test_an_app_without_protected_data_may_not_subscribe_to_orders(stage: Stage, topic: str) -> None:
    """Recorded: github.com/kinngh/shopify-node-express-mongodb-app/issues/84 (userErrors), statamic-rad-pack/shopify
    issue 333, Shopify/cli issue 6485, stored files 14410138659 (orders/updated, refunds/create), 58510360680
    (fulfillments/create)."""
    stage.control("POST", "/shops", domain=DOMAIN, customer_data="none")
    made = stage.data(SUBSCRIBE, {"topic": topic})["webhookSubscriptionCreate"]
    said = (
        "This app is not approved to subscribe to webhook topics containing protected customer data. "
        f"See {PROTECTED} for more details."
    )
    assert made == {
        "webhookSubscription": None,
        "userErrors": [{"field": ["webhookSubscription"], "message": said}],
    }
    kept = stage.data(SUBSCRIBE, {"topic": "APP_UNINSTALLED"})["webhookSubscriptionCreate"]
    assert kept["userErrors"] == []


@pytest.mark.parametrize("customer_data", ["no_fields", "plan"])
def test_a_webhook_tells_of_a_hidden_customer_the_number_and_the_country(stage: Stage, customer_data: str) -> None:
    """Documented: protected customer data: in "webhooks ... unapproved fields will be redacted". Reported: stored files
    408904576 and 441842470 (Basic: addresses with the country alone, the customer's names and e-mail null). Against it:
    vansoestliving-sys/shopify-tracker SHOPIFY_PII_WORKAROUND.md and stored file 70076349874, hence a switch."""
    stage.control("POST", "/shops", domain=DOMAIN, customer_data=customer_data)
    with received() as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE")
        stage.place(buyer=ANNA)
        stage.run_jobs()
        [body] = [json.loads(one.body) for one in receiver.got]
    assert (body["email"], body["contact_email"]) == (None, None)
    assert body["billing_address"] == {"country": "Sweden", "country_code": "SE"}
    customer = body["customer"]
    assert (customer["id"], customer["email"], customer["first_name"], customer["last_name"]) == (5, None, None, None)


def test_an_order_older_than_sixty_days_is_absent_and_not_refused(stage: Stage) -> None:
    """Documented: Order, "only the last 60 days' worth of orders". Recorded over REST: 404, github.com/Shopify/
    shopify-api-ruby/issues/596; so `order(id:)` null without an error, as for an id that does not exist (assumed)."""
    grant(stage, "read_orders")
    old = stage.place(processed_at="2024-03-01T12:00:00+01:00")
    new = stage.place()
    listed = stage.data("{ orders(first: 5) { nodes { name } } }")["orders"]["nodes"]
    assert [one["name"] for one in listed] == [new["name"]]
    assert stage.data(ORDER % "id", {"id": old["admin_graphql_api_id"]}) == {"order": None}


def test_a_query_above_a_thousand_points_is_refused_with_the_recorded_text(stage: Stage) -> None:
    """Recorded: github.com/Shopify/shopify-app-js/issues/577 (text), stored file 4592413491 (text and extensions)."""
    lists = " ".join(f"a{n}: lineItems(first: 250) {{ nodes {{ id }} }}" for n in range(9))
    answer = stage.ask(f"{{ orders(first: 250) {{ nodes {{ {lists} }} }} }}")
    assert answer.status_code == 200
    body = answer.json()
    [error] = body["errors"]
    cost = error["extensions"]["cost"]
    first, _, rest = error["message"].partition("\n\n")
    assert first == f"Query cost is {cost}, which exceeds the single query max cost limit (1000)."
    assert "bulk operations should be used instead." in rest
    assert error["extensions"] == {
        "code": "MAX_COST_EXCEEDED",
        "cost": cost,
        "maxCost": 1000,
        "documentation": "https://shopify.dev/api/usage/limits#rate-limits",
    }
    assert "data" not in body


def test_a_throttled_answer_has_no_data_and_no_actual_cost() -> None:
    """Recorded: community.shopify.com/t/throttled/254776 (whole answer), .../t/.../8456: no `data`, status 200."""
    with staged(bucket_maximum=20, bucket_restore=1) as stage:
        answer = stage.ask("{ orders(first: 50) { nodes { id lineItems(first: 2) { nodes { id } } } } }")
    body = answer.json()
    assert answer.status_code == 200
    documentation = "https://shopify.dev/api/usage/rate-limits"
    assert body["errors"] == [
        {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": documentation}}
    ]
    assert "data" not in body
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    assert set(body["extensions"]["cost"]["throttleStatus"]) == {
        "maximumAvailable",
        "currentlyAvailable",
        "restoreRate",
    }


def test_a_version_that_is_gone_is_answered_by_the_oldest_with_a_warning(stage: Stage) -> None:
    """Recorded: stored files 66274332578 (asked 2025-01, served 2025-10) and 54744250306 (both headers)."""
    gone = stage.ask("{ shop { name } }", version="2020-01")
    assert gone.status_code == 200
    assert gone.headers["x-shopify-api-version"] > "2020-01"
    assert gone.headers["x-shopify-api-version-warning"] == "https://shopify.dev/concepts/about-apis/versioning"
    now = stage.ask("{ shop { name } }")
    assert now.headers["x-shopify-api-version"] == "2026-10"
    assert "x-shopify-api-version-warning" not in now.headers


def test_deprecated_fields_are_listed_in_one_header(stage: Stage) -> None:
    """Documented: shopify.dev/changelog/graphql-return-actual-deprecation-reasons, since 2025-04."""
    stage.control("PUT", "/platform", deprecated=["Shop.name", "Shop.currencyCode"])
    answer = stage.ask("{ shop { name currencyCode } }")
    assert answer.headers["x-shopify-api-deprecated-reason"] == "Shop.currencyCode, Shop.name"


@pytest.mark.parametrize(("state", "status"), [("frozen", 402), ("locked", 423), ("forbidden", 403)])
def test_a_shop_that_is_not_open_answers_by_status(stage: Stage, state: str, status: int) -> None:
    """Documented: shopify.dev/docs/api/usage/response-codes; 423 also in the changelog of 30 August 2018."""
    stage.control("POST", "/shops", domain=DOMAIN, state=state)
    assert stage.ask("{ shop { name } }").status_code == status


def test_an_address_outside_the_allowlist_is_refused_before_the_token_is_looked_at(stage: Stage) -> None:
    """Documented: shopify.dev/docs/apps/build/dev-dashboard/ip-allowlist: a 403 status; the body is told nowhere."""
    stage.control("PUT", "/platform", blocks_addresses=True)
    assert stage.ask("{ shop { name } }").status_code == 403


def test_a_token_that_is_not_known_is_a_401_with_the_recorded_words(stage: Stage) -> None:
    """Recorded: stored file 13291756302: status 401, `errors` is a text."""
    answer = stage.ask("{ shop { name } }", token="shpat_unknown")
    assert answer.status_code == 401
    said = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    assert answer.json() == {"errors": said}


def test_an_internal_error_tells_the_number_of_the_request(stage: Stage) -> None:
    """Recorded: stored file 4592413491 and github.com/ThinkSimple/flutter_simple_shopify/issues/24."""
    stage.control("POST", f"/shops/{DOMAIN}/graphql-errors", error="INTERNAL_SERVER_ERROR")
    body = stage.ask("{ shop { name } }").json()
    [error] = body["errors"]
    number = error["extensions"]["requestId"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["message"] == (
        "Internal error. Looks like something went wrong on our end.\n"
        f"Request ID: {number} (include this in support requests)."
    )
