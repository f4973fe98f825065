"""What Shopify says beside an order: refusals that never pass, foreign addresses, versions, unused topics."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.connections.repository import Connected
from app.main import welcome
from app.schema import Connection, Counter, Finding, Job
from app.shops.base import Shop
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.endpoint import Endpoint


def switch(bench: Bench, **changes: Any) -> None:
    world = bench.emulators.emulator.world
    world.switches = type(world.switches).model_validate(world.switches.model_dump() | changes)


def platform_findings(bench: Bench) -> list[tuple[str, str]]:
    with bench.program.store.read() as session:
        rows = session.scalars(select(Finding).where(Finding.tenant_id.is_(None), Finding.resolved_at.is_(None)))
        return sorted((row.code, row.about) for row in rows)


@pytest.mark.parametrize("error", ["MAX_COST_EXCEEDED"])
def test_a_query_that_is_too_expensive_is_reported_at_once(bench: Bench, error: str) -> None:
    bench.emulators.emulator.endpoint.force(bench.domain, error, 1)
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("stopped", ["SHOPIFY_QUERY_REFUSED"])
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_a_field_that_is_gone_is_reported_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.shops.shopify.orders.pages.order_query", lambda _without: "{ shop { gone } }")
    bench.place()
    bench.run_jobs()
    assert "gone" in bench.finding("SHOPIFY_QUERY_REFUSED").data["field"]


@pytest.mark.parametrize("data", ["kept", "gone"])
def test_a_cut_list_of_refusals_is_asked_again_without_them(bench: Bench, data: str) -> None:
    switch(bench, error_limit=1, truncated_data=data)
    bench.emulators.emulator.merchant.regrant(bench.shop, "read_orders,read_all_orders")
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "booked"


@pytest.mark.parametrize("body", ["empty", "html", "json"])
def test_an_address_that_is_not_allowed_is_one_incident_of_the_host(bench: Bench, body: str) -> None:
    switch(bench, refused_address_body=body)
    bench.emulators.emulator.blocks_addresses = True
    orders = [bench.place() for _ in range(3)]
    bench.run_jobs()
    assert platform_findings(bench) == [("SHOPIFY_HOST_REFUSED", "")]
    assert {bench.job(order).due_at is not None for order in orders} == {True}, "nothing stops for good"
    with bench.program.store.write() as session:
        long_ago = datetime.now(UTC) - timedelta(days=30)
        session.execute(update(Job).values(first_failure_at=long_ago, attempts=99, due_at=datetime.now(UTC)))
    bench.run_jobs()
    assert {bench.job(one).due_at is not None for one in orders} == {True}, "not after three days either"
    bench.emulators.emulator.blocks_addresses = False
    bench.rest()
    assert {bench.state(one) for one in orders} == {"booked"}
    assert (platform_findings(bench), bench.findings()) == ([], [])


def test_an_address_that_is_not_allowed_is_noticed_by_polling_too(bench: Bench) -> None:
    bench.emulators.emulator.blocks_addresses = True
    bench.program.scheduler.backfill()
    assert platform_findings(bench) == [("SHOPIFY_HOST_REFUSED", "")]
    bench.emulators.emulator.blocks_addresses = False
    bench.program.scheduler.backfill()
    assert platform_findings(bench) == []


def test_a_version_that_has_lapsed_is_told_to_operators(bench: Bench) -> None:
    client = dataclasses.replace(bench.program.source.client, api_version="2025-01")
    program = dataclasses.replace(bench.program, source=dataclasses.replace(bench.program.source, client=client))
    list(program.source.changed_since(_shop(bench), datetime.now(UTC) - timedelta(hours=1)))
    assert platform_findings(bench) == [("SHOPIFY_API_VERSION_SERVED", "2026-01")]
    assert bench.findings() == ["SHOPIFY_API_VERSION_SERVED"]


def test_a_deprecated_field_is_told_to_operators_until_it_is_long_gone(bench: Bench) -> None:
    bench.emulators.emulator.deprecated.add("Order.poNumber")
    for _ in range(2):
        bench.place()
        bench.rest()
    assert platform_findings(bench) == [("SHOPIFY_API_DEPRECATED", "Order.poNumber")]
    bench.emulators.emulator.deprecated.clear()
    with bench.program.store.write() as session:
        session.execute(update(Finding).values(last_seen_at=datetime.now(UTC) - timedelta(days=3)))
    bench.program.scheduler.forget_old_notices()
    assert platform_findings(bench) == []


def _shop(bench: Bench) -> Any:
    return Shop(bench.shop_id, bench.domain)


# --- topics that nobody uses


def test_unused_topics_are_counted_and_told_once(bench: Bench, endpoint: Endpoint) -> None:
    for number in range(5):
        assert endpoint.deliver({"id": number}, topic="carts/update") == 200
    assert endpoint.deliver({"id": 1}, topic="shop/update") == 200
    assert bench.inbox() == []
    assert [job.subject for job in bench.jobs()] == []
    with bench.program.store.read() as session:
        rows = session.scalars(select(Counter).where(Counter.name == "topic_unused")).all()
        told = session.scalars(select(Finding).where(Finding.resolved_at.is_(None)).order_by(Finding.about)).all()
    assert sorted((row.label, row.value) for row in rows) == [("carts/update", 5), ("shop/update", 1)]
    assert {row.day for row in rows} == {datetime.now(UTC).date()}
    assert [(one.code, one.about, one.connection_id) for one in told] == [
        ("SHOPIFY_TOPIC_NOT_HANDLED", "carts/update", bench.shop_id),
        ("SHOPIFY_TOPIC_NOT_HANDLED", "shop/update", bench.shop_id),
    ]


def test_scopes_that_the_shop_tells_of_are_read_from_the_shop(bench: Bench, endpoint: Endpoint) -> None:
    bench.emulators.emulator.merchant.regrant(bench.shop, "read_orders,read_returns")
    assert endpoint.deliver({"current": ["read_everything"]}, topic="app/scopes_update") == 200
    bench.run_jobs()
    assert bench.connection(bench.shop_id).scopes == ["read_orders", "read_returns"], "not what the body claims"


# --- small plans


def test_polling_alone_books_where_the_shop_sends_no_messages(bench: Bench) -> None:
    with bench.program.store.write() as session:
        row = session.get_one(Connection, bench.shop_id)
        row.refused_topics = ["orders/create", "orders/updated"]
    welcome(bench.program, Connected(bench.shop_id, bench.domain, renewed=True))
    assert bench.findings() == ["SHOPIFY_ORDER_MESSAGES_REFUSED"]
    order = bench.place(hear=False)
    assert bench.program.scheduler.backfill() == 1
    bench.rest()
    assert bench.state(order) == "booked"
    clock = bench.emulators.emulator.world.clock
    bench.emulators.emulator.world.clock = lambda: clock() + timedelta(seconds=5)
    bench.emulators.emulator.merchant.act(bench.shop, order, "refund", {"lines": [{"line": 0}]})
    assert bench.program.scheduler.backfill() == 1
    bench.rest()
    assert bench.balance(1581) == 0
    bench.emulators.emulator.world.clock = clock


def test_token_that_never_expires_and_is_no_longer_accepted_asks_for_a_new_consent(bench: Bench) -> None:
    """Recorded answer (public reports of 2026); waiting never helps, connecting again gives a token that expires."""
    refused = "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring tokens."
    faults = bench.emulators.shopify.app.state.kit.faults
    faults.order("status", "POST", "*graphql.json", times=None, status=403, body={"errors": refused})
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("stopped", ["SHOPIFY_TOKEN_REVOKED"])
