"""Webhooks as they arrive: headers, signature, retries, removal, faults on command."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.contract.shopify_stage import (
    CLIENT_ID,
    DOMAIN,
    SECRET,
    Receiver,
    Stage,
    eventually,
    received,
    staged,
)

PAID = {"payments": [{"gateway": "shopify_payments"}]}
FAST = 60_000.0
"""Emulated seconds per real second: the four hours of retries pass in a quarter of a second."""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged(time_scale=FAST) as ready:
        yield ready


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with received() as ready:
        yield ready


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def deliveries(stage: Stage, **wanted: str) -> list[Any]:
    query = "&".join(f"{key}={value}" for key, value in wanted.items())
    found: list[Any] = stage.control("GET", f"/deliveries?{query}")["deliveries"]
    return found


def subscribed(stage: Stage) -> list[str]:
    return [entry["topic"] for entry in stage.control("GET", f"/shops/{DOMAIN}")["subscriptions"]]


def test_a_delivery_carries_all_headers_and_a_signature_of_its_raw_body(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE")
    order = stage.place(note="Hälsningar 🎂")
    stage.run_jobs()
    (one,) = receiver.got
    assert one.headers["x-shopify-topic"] == "orders/create"
    assert one.headers["x-shopify-shop-domain"] == DOMAIN
    assert one.headers["x-shopify-api-version"] == "2026-10"
    assert one.headers["x-shopify-order-id"] == str(order["id"])
    assert one.headers["x-shopify-test"] == "false"
    assert one.headers["content-type"] == "application/json"
    assert len(one.headers["x-shopify-triggered-at"].partition(".")[2]) == len("123456789Z")
    assert one.headers["x-shopify-hmac-sha256"] == signature(SECRET, one.body)
    assert json.loads(one.body)["note"] == "Hälsningar 🎂"


def test_one_action_has_one_event_id_and_a_webhook_id_per_delivery(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE", "ORDERS_PAID", "ORDER_TRANSACTIONS_CREATE")
    stage.place(**PAID)
    stage.run_jobs()
    assert sorted(receiver.topics()) == ["order_transactions/create", "orders/create", "orders/paid"]
    assert len({one.headers["x-shopify-event-id"] for one in receiver.got}) == 1
    assert len({one.headers["x-shopify-webhook-id"] for one in receiver.got}) == 3


def test_a_failed_delivery_is_retried_with_the_same_webhook_id_and_the_old_body(stage: Stage) -> None:
    with received(planned=[500, 302]) as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE")
        order = stage.place()
        stage.act(order, "update", note="changed meanwhile")
        stage.run_jobs()
        assert len(receiver.got) == 3
        assert len({one.headers["x-shopify-webhook-id"] for one in receiver.got}) == 1
        assert len({one.body for one in receiver.got}) == 1
        assert json.loads(receiver.got[0].body)["note"] is None
    (shown,) = deliveries(stage)
    assert shown["state"] == "delivered"
    assert [attempt["status"] for attempt in shown["attempts"]] == [500, 302, 200]


def test_retries_wait_longer_and_longer_on_the_compressed_clock() -> None:
    with staged(time_scale=600.0) as stage, received(planned=[500, 500]) as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE")
        stage.place()
        stage.run_jobs()
        from datetime import datetime

        times = [datetime.fromisoformat(a["at"]) for a in deliveries(stage)[0]["attempts"]]
        waits = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
        assert waits[0] >= 0.1  # one emulated minute
        assert waits[1] >= 0.2  # two emulated minutes


def test_a_subscription_is_deleted_after_all_eight_retries_failed(stage: Stage) -> None:
    with received(planned=[503] * 9) as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE", "ORDERS_PAID")
        stage.place()
        stage.run_jobs()
        assert len(receiver.got) == 9
    assert deliveries(stage)[0]["state"] == "failed"
    assert subscribed(stage) == ["orders/paid"]


def test_a_subscription_survives_seven_failed_retries(stage: Stage) -> None:
    with received(planned=[503] * 8) as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE")
        stage.place()
        stage.run_jobs()
        assert len(receiver.got) == 9
    assert subscribed(stage) == ["orders/create"]


def test_under_the_strict_switch_eight_failed_tries_in_a_row_delete_a_subscription() -> None:
    with staged(time_scale=FAST, removal="failed_attempts") as stage, received(planned=[503] * 8) as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE")
        stage.place()
        stage.run_jobs()
        assert subscribed(stage) == []


def test_a_receiver_that_is_not_there_counts_as_a_failure(stage: Stage) -> None:
    stage.subscribe("http://127.0.0.1:9/hooks", "ORDERS_CREATE")
    stage.place()
    stage.run_jobs()
    (shown,) = deliveries(stage)
    assert shown["state"] == "failed"
    assert {attempt["error"] for attempt in shown["attempts"]} == {"ConnectError"}


def test_after_a_rotation_webhooks_may_carry_the_old_signature(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE")
    stage.control("POST", f"/apps/{CLIENT_ID}/rotate", client_secret="secret-2", sign_with_old=True)
    stage.place()
    stage.run_jobs()
    stage.control("POST", f"/apps/{CLIENT_ID}/rotate", client_secret="secret-3")
    stage.place()
    stage.run_jobs()
    old, new = receiver.got
    assert old.headers["x-shopify-hmac-sha256"] == signature(SECRET, old.body)
    assert new.headers["x-shopify-hmac-sha256"] == signature("secret-3", new.body)


def test_uninstalling_sends_its_webhook_and_ends_the_subscriptions(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "APP_UNINSTALLED", "ORDERS_CREATE")
    stage.control("POST", f"/shops/{DOMAIN}/uninstall")
    stage.place()
    stage.run_jobs()
    assert receiver.topics() == ["app/uninstalled"]
    assert json.loads(receiver.got[0].body)["myshopify_domain"] == DOMAIN
    assert subscribed(stage) == []


def test_compliance_topics_go_to_the_address_of_the_app(stage: Stage, receiver: Receiver) -> None:
    path, body = f"/shops/{DOMAIN}/compliance", {"topic": "customers/redact", "details": {"orders_to_redact": [1]}}
    assert stage.control("POST", path, **body) == {"sent": False}
    stage.control("PUT", f"/apps/{CLIENT_ID}", compliance_uris={"customers/redact": receiver.url})
    assert stage.control("POST", path, **body) == {"sent": True}
    stage.run_jobs()
    (one,) = receiver.got
    assert one.headers["x-shopify-topic"] == "customers/redact"
    assert json.loads(one.body)["shop_domain"] == DOMAIN
    assert one.headers["x-shopify-hmac-sha256"] == signature(SECRET, one.body)


def test_a_duplicate_has_the_same_webhook_id(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE")
    stage.control("POST", "/delivery-faults", kind="duplicate", topic="orders/create")
    stage.place()
    stage.run_jobs()
    assert len(receiver.got) == 2
    assert len({one.headers["x-shopify-webhook-id"] for one in receiver.got}) == 1


def test_a_lost_delivery_never_arrives_and_is_shown_as_lost(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE")
    stage.control("POST", "/delivery-faults", kind="lost")
    first, second = stage.place(), stage.place()
    stage.run_jobs()
    assert [json.loads(one.body)["id"] for one in receiver.got] == [second["id"]]
    assert [shown["order_id"] for shown in deliveries(stage, state="lost")] == [first["id"]]


def test_reordered_deliveries_arrive_last_first(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE")
    stage.control("POST", "/delivery-faults", kind="reorder", times=3)
    placed = [stage.place()["id"] for _ in range(3)]
    stage.run_jobs()
    assert [json.loads(one.body)["id"] for one in receiver.got] == placed[::-1]


def test_a_delayed_delivery_comes_after_a_later_one() -> None:
    with staged(time_scale=3600.0) as stage, received() as receiver:
        stage.subscribe(receiver.url, "ORDERS_CREATE")
        stage.control("POST", "/delivery-faults", kind="delay", seconds=1800)
        late, early = stage.place()["id"], stage.place()["id"]
        stage.run_jobs()
        assert [json.loads(one.body)["id"] for one in receiver.got] == [early, late]


def test_an_answer_that_was_not_heard_leads_to_a_second_delivery(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE")
    stage.control("POST", "/delivery-faults", kind="unheard")
    stage.place()
    stage.run_jobs()
    assert len(receiver.got) == 2
    assert len({one.headers["x-shopify-webhook-id"] for one in receiver.got}) == 1


def test_only_chosen_fields_are_sent_when_the_subscription_says_so(stage: Stage, receiver: Receiver) -> None:
    mutation = """mutation S($uri: String!) { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription:
      {uri: $uri, includeFields: ["id", "updated_at"], name: "ledger"}) { userErrors { message } } }"""
    stage.data(mutation, {"uri": receiver.url})
    stage.place()
    stage.run_jobs()
    assert set(json.loads(receiver.got[0].body)) == {"id", "updated_at"}
    assert receiver.got[0].headers["x-shopify-name"] == "ledger"


def test_a_scenario_is_played_with_its_duplicates_and_reorderings(stage: Stage, receiver: Receiver) -> None:
    stage.subscribe(receiver.url, "ORDERS_CREATE", "ORDERS_PAID", "ORDERS_CANCELLED")
    run = stage.control("POST", "/play", scenario="shop_month", wait=True)
    assert run["state"] == "done", run
    assert run["orders"] == 64
    stage.run_jobs()
    paid = [json.loads(one.body)["name"] for one in receiver.got if one.headers["x-shopify-topic"] == "orders/paid"]
    assert paid.count("#1018") == 2  # duplicate
    assert paid.count("#1036") == 2  # Shopify did not hear the first answer
    assert paid.count("#1025") == 1  # captured a day later
    assert "#1040" not in paid
    sent = [entry["order_id"] for entry in deliveries(stage, topic="orders/paid")]
    orders = stage.control("GET", f"/shops/{DOMAIN}/orders")["orders"]
    ids = {order["name"]: order["id"] for order in orders}
    assert sent.index(ids["#1024"]) < sent.index(ids["#1025"]) < sent.index(ids["#1026"])  # in the order of time
    topics = [one.headers["x-shopify-topic"] for one in receiver.got if json.loads(one.body)["name"] == "#1019"]
    assert topics == ["orders/paid", "orders/create"]


def test_a_paced_scenario_can_be_watched_and_reset(stage: Stage) -> None:
    run = stage.control("POST", "/play", scenario="hello", events_per_second=20)
    assert run["state"] == "playing"
    eventually(lambda: stage.control("GET", "/play")["state"] == "done")
    assert stage.control("GET", "/state")["shops"][DOMAIN]["orders"] == 5
    stage.control("POST", "/reset")
    assert stage.control("GET", "/state")["shops"] == {}


def test_an_unknown_scenario_is_refused_by_name(stage: Stage) -> None:
    answer = stage.http.post("/_sandbox/play", json={"scenario": "nothing"})
    assert answer.status_code == 422
    assert "hello, shop_month" in answer.text
