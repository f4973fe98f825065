"""A shop whose orders never get the status at which they are booked is told so: nothing would be booked in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import CARD, Bench
from tests.support.pipeline.person import Person, remedied

CODE = "ORDER_STATUS_FILTER_NOT_WORKING"


def sold(bench: Bench, count: int, *, days_ago: int, **spec: Any) -> list[StoredOrder]:
    then = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    orders = [bench.place(processed_at=then, payments=[CARD | {"at": then}], **spec) for _ in range(count)]
    bench.rest()
    return orders


def an_hour_passes(bench: Bench) -> None:
    bench.program.scheduler.look_at_waiting()
    bench.rest()


@pytest.fixture
def orders(bench: Bench) -> list[StoredOrder]:
    """Paid orders of a shop that registers no deliveries; they are booked when they are delivered."""
    bench.rules(trigger="fulfilled")
    orders = sold(bench, 3, days_ago=9)
    assert {bench.state(order) for order in orders} == {"waiting"}
    an_hour_passes(bench)
    return orders


def test_status_that_the_shop_uses_is_chosen(bench: Bench, person: Person, orders: list[StoredOrder]) -> None:
    data = bench.finding(CODE).data
    assert (data["count"], data["status"]) == ("3", "fulfilled")
    with remedied(bench, "ORDER_STATUS_FILTER_NOT_WORKING"):
        person.set(trigger="paid")
        bench.rest()
        an_hour_passes(bench)
    assert {bench.state(order) for order in orders} == {"booked"}
    assert bench.balance(1510) == 0


def test_delivery_is_registered_in_the_shop(bench: Bench, orders: list[StoredOrder]) -> None:
    with remedied(bench, "ORDER_STATUS_FILTER_NOT_WORKING"):
        bench.act(orders[0], "fulfil")
        bench.rest()
        an_hour_passes(bench)
    assert bench.state(orders[0]) == "booked"


@pytest.mark.parametrize(("count", "days_ago"), [(2, 9), (3, 5)])
def test_few_or_young_orders_tell_nothing(bench: Bench, count: int, days_ago: int) -> None:
    bench.rules(trigger="fulfilled")
    sold(bench, count, days_ago=days_ago)
    an_hour_passes(bench)
    assert bench.findings() == []


def test_orders_on_terms_that_have_not_ended_tell_nothing(bench: Bench) -> None:
    then = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    for _ in range(3):
        bench.place(processed_at=then, payments=[], payment_terms_days=30)
    bench.rest()
    an_hour_passes(bench)
    assert bench.findings() == []
