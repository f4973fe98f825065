"""Every list of an order is read to its end, and one that cannot be is a finding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.sources.shopify import order_pages, queries
from sandbox.kit.calls import CallFilter
from sandbox.shopify.model import StoredOrder
from tests.pipeline.bench import Bench


def screws(count: int) -> dict[str, Any]:
    return {"lines": [], "generated_lines": {"count": count, "title": "Skruv {n}", "sku": "GF-SKRUV", "price": "10.00"}}


def credit_notes(bench: Bench) -> list[dict[str, Any]]:
    return [one for one in bench.invoices() if one["Total"] < 0]


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
    from app.sources.base import Shop

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
    from datetime import timedelta

    def later() -> Any:
        return clock() + timedelta(seconds=5)

    monkeypatch.setattr(type(client), "query", changing)
    bench.hear(order)
    bench.drain()
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
