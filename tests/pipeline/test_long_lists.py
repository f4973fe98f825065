"""Every list of an order is read to its end, and one that cannot be is a finding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.shops.base import Shop
from app.shops.shopify.orders import pages as order_pages
from app.shops.shopify.orders import queries
from sandbox.kit.calls import CallFilter
from sandbox.shopify.graphql.answering import Endpoint
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.endpoint import open_endpoint


def screws(count: int) -> dict[str, Any]:
    return {"lines": [], "generated_lines": {"count": count, "title": "Skruv {n}", "sku": "GF-SKRUV", "price": "10.00"}}


def credit_notes(bench: Bench) -> list[dict[str, Any]]:
    return [invoice for invoice in bench.invoices() if invoice["Total"] < 0]


def asked(bench: Bench) -> int:
    """Questions the shop was asked."""
    return len(bench.emulators.shopify.app.state.kit.calls.select(CallFilter(path="*graphql*")))


def test_120_of_150_lines_refunded_are_one_credit_note_with_its_reference(bench: Bench) -> None:
    order = bench.place(**screws(150))
    bench.rest()
    bench.act(order, "refund", lines=[{"line": n} for n in range(120)])
    bench.rest()
    [credit] = credit_notes(bench)
    assert (credit["Total"], len(credit["InvoiceRows"])) == (Decimal(-1200), 120)
    assert credit["ExternalInvoiceReference1"] == order.name
    assert credit["ExternalInvoiceReference2"].endswith(str(order.body["refunds"][0]["id"]))
    assert (bench.balance(1510), bench.balance(1581)) == (0, Decimal(300))
    assert bench.findings() == []


def test_an_order_of_120_lines_that_is_cancelled_is_followed(bench: Bench) -> None:
    order = bench.place(**screws(120))
    bench.rest()
    bench.act(order, "cancel", refund=True)
    bench.rest()
    [credit] = credit_notes(bench)
    assert (credit["Total"], len(credit["InvoiceRows"])) == (Decimal(-1200), 120)
    assert {account: bench.balance(account) for account in (1510, 1581, 3001, 2611)} == dict.fromkeys(
        (1510, 1581, 3001, 2611), 0
    )
    assert bench.findings() == []


def test_many_small_refunds_are_all_read(bench: Bench) -> None:
    order = bench.place(**screws(12))
    for n in range(12):
        bench.emulators.emulator.merchant.act(bench.shop, order, "refund", {"lines": [{"line": n}]})
    bench.hear(order)
    bench.rest()
    assert (bench.balance(1510), bench.balance(1581), bench.findings()) == (0, 0, [])


def test_ways_of_delivery_beyond_a_page_are_read(bench: Bench) -> None:
    order = bench.place(shipping=[{"title": f"Paket {n}", "price": "1.00"} for n in range(13)])
    bench.rest()
    assert (bench.balance(1581), bench.findings()) == (Decimal(512), [])
    assert bench.state(order) == "booked"


def test_fees_of_returns_beyond_a_page_are_read(bench: Bench) -> None:
    fee = {"shop_money": {"amount": "1.00", "currency_code": "SEK"}}
    bag = fee | {"presentment_money": fee["shop_money"]}

    def lines(of: int) -> list[dict[str, Any]]:
        return [{"id": of * 100 + n, "line_item_id": 1, "quantity": 1, "restocking_fee_set": bag} for n in range(25)]

    order = bench.place(hear=False)
    at = order.body["created_at"]
    order.body["_returns"] = [{"id": n, "created_at": at, "status": "OPEN", "lines": lines(n)} for n in range(1, 13)]
    found = read(bench, order)
    assert len(found.node["returns"]["nodes"]) == 12
    assert [len(one["returnLineItems"]["nodes"]) for one in found.node["returns"]["nodes"]] == [25] * 12


def read(bench: Bench, order: StoredOrder) -> order_pages.ReadOrder:
    pages = order_pages.OrderPages(bench.program.source.client)
    found = pages.read(Shop(bench.shop_id, bench.domain), str(order.id))
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["transactions", "fulfillments"])
def test_a_full_list_without_pages_stops(bench: Bench, name: str) -> None:
    order = bench.place(hear=False)
    if name == "fulfillments":
        order.body["fulfillments"] = [{"id": n, "created_at": order.body["created_at"]} for n in range(101)]
    else:
        sale = order.transactions[0]
        order.transactions[1:] = [sale | {"id": 10_000 + n, "status": "failure"} for n in range(100)]
    bench.hear(order)
    bench.rest()
    assert bench.state(order) == "stopped"
    assert bench.finding("SHOPIFY_LIST_TOO_LONG").data["field"] == name
    assert bench.sent() == []


def test_a_list_beyond_its_pages_stops(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    short = queries.PagedList("shippingLines", queries.SHIPPING.node, 2, 2, queries.SHIPPING.arguments, most_pages=2)
    monkeypatch.setattr(order_pages, "ORDER_LISTS", (short,))
    bench.place(shipping=[{"title": f"Paket {n}", "price": "1.00"} for n in range(31)])
    bench.rest()
    assert bench.finding("SHOPIFY_LIST_TOO_LONG").data["field"] == "shippingLines"


def test_an_order_that_changes_while_it_is_read_is_read_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    order = bench.place(hear=False, **screws(260))
    client = bench.program.source.client
    original = type(client).query

    def changing(self: Any, *given: Any) -> Any:
        monkeypatch.setattr(type(client), "query", original)
        bench.emulators.emulator.world.clock = later
        bench.emulators.emulator.merchant.act(bench.shop, order, "update", {"note": "ändrad"})
        return original(self, *given)

    clock = bench.emulators.emulator.world.clock

    def later() -> Any:
        return clock() + timedelta(seconds=5)

    monkeypatch.setattr(type(client), "query", changing)
    bench.hear(order)
    bench.run_jobs()
    assert bench.findings() == ["SHOPIFY_UNAVAILABLE"]
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    bench.emulators.emulator.world.clock = clock


def test_a_small_order_costs_one_question(bench: Bench) -> None:
    bench.emulators.shopify.app.state.kit.calls.clear()
    bench.place()
    bench.rest()
    assert asked(bench) == 1


def test_no_query_costs_more_than_one_may_by_either_way_to_count(bench: Bench) -> None:
    world = bench.emulators.emulator.world
    world.switches = world.switches.model_copy(update={"list_cost": "sized", "money_cost": "object"})
    order = bench.place(**screws(3))
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])


# --- Shopify's bucket


def named(bench: Bench, operation: str) -> int:
    """How many answers with data a query of this name got, or was refused: each question counts."""
    calls = bench.emulators.shopify.app.state.kit.calls.select(CallFilter(path="*graphql*"))
    return sum(operation in str(call.body) for call in calls)


@pytest.fixture
def bucket(bench: Bench) -> Iterator[Endpoint]:
    """The shop's bucket, which a test may make smaller."""
    endpoint = bench.emulators.emulator.endpoint
    before = endpoint.bucket_maximum, endpoint.bucket_restore
    bench.emulators.shopify.app.state.kit.calls.clear()
    yield endpoint
    endpoint.bucket_maximum, endpoint.bucket_restore = before
    endpoint.clear()


def test_a_long_order_waits_as_shopify_says_and_is_read_once(bench: Bench, bucket: Endpoint) -> None:
    bucket.bucket_maximum, bucket.bucket_restore = 170, 40
    bucket.buckets.clear()
    order = bench.place(**screws(1203))
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert named(bench, "OneOrder") == 1
    assert named(bench, "OrderPage") > 5, "five pages of 250, and some of them were asked to wait"


def test_a_bucket_that_is_empty_for_long_costs_no_page_twice(bench: Bench, bucket: Endpoint) -> None:
    bucket.bucket_maximum, bucket.bucket_restore = 170, 0.1
    bucket.buckets.clear()
    order = bench.place(**screws(400))
    bench.run_jobs()
    assert bench.findings() == ["SHOPIFY_THROTTLED"]
    before = named(bench, "OrderPage")
    assert named(bench, "OneOrder") == 1
    assert before in (1, 2), "the last one was refused"
    bucket.bucket_maximum, bucket.bucket_restore = 2000, 100
    bucket.buckets.clear()
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert (named(bench, "OneOrder"), named(bench, "OrderAge")) == (1, 1), "it was asked whether it is the same"
    assert named(bench, "OrderPage") == 3, "each of the two pages once, and one that was refused"


def test_a_change_that_is_heard_of_is_read_from_the_first_page(bench: Bench, bucket: Endpoint) -> None:
    bucket.bucket_maximum, bucket.bucket_restore = 170, 0.1
    bucket.buckets.clear()
    order = bench.place(hear=False, **screws(400))
    with open_endpoint(bench) as endpoint:
        endpoint.announce(order)
        bench.run_jobs()
        bucket.bucket_maximum, bucket.bucket_restore = 2000, 100
        bucket.buckets.clear()
        endpoint.announce(order)
    bench.rest()
    assert bench.state(order) == "booked"
    assert named(bench, "OneOrder") == 2
