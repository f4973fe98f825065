"""A signature proves the app, not the shop: what a body may do under another shop's header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.connections.repository import Connected
from app.jobs.notifier import SilentNotifier
from app.main import Retries, welcome
from app.schema import Snapshot
from app.wiring import build
from sandbox.fortnox.config import CompanyConfig
from sandbox.shopify.merchant import shop_body
from tests.support.pipeline.bench import DOMAIN, Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.endpoint import Endpoint, open_endpoint

SHARED = "shpss_public_app"
OTHER = "bleck-och-bar.myshopify.com"


@pytest.fixture
def two(emulators: Emulators, database_url: str) -> Iterator[tuple[Bench, Bench]]:
    """Two tenants whose shops installed the same public app: one secret signs for both."""
    settings = settings_for(emulators, database_url, shopify_client_secret=SecretStr(SHARED))
    program = build(settings, notifier=SilentNotifier())
    emulators.world.put_company(CompanyConfig(database_number=7654321, name="Bleck & Bär AB"))
    one = Bench(program, emulators, secret=SHARED)
    other = Bench(program, emulators, domain=OTHER, company=7654321, secret=SHARED)
    one.connect()
    other.connect(name="Bleck & Bär AB")
    yield one, other
    program.close()


def test_an_order_of_shop_a_under_shop_b_books_nothing_at_b(two: tuple[Bench, Bench]) -> None:
    one, other = two
    order = one.place(hear=False)
    with open_endpoint(other) as endpoint:
        assert endpoint.announce(order) == 200
    one.rest()
    assert (one.invoices(), other.invoices()) == ([], [])
    assert one.findings() == ["SHOPIFY_ORDER_NOT_FOUND"]
    with one.program.store.read() as session:
        assert session.scalars(select(Snapshot)).all() == []


def test_the_same_order_under_its_own_shop_is_booked_there_and_only_there(two: tuple[Bench, Bench]) -> None:
    one, other = two
    order = one.place(hear=False)
    with open_endpoint(other) as endpoint:
        assert endpoint.announce(order) == 200
    with open_endpoint(one) as endpoint:
        assert endpoint.announce(order) == 200
    one.rest()
    assert (len(one.invoices()), other.invoices()) == (1, [])


def test_an_uninstall_of_shop_a_replayed_under_shop_b_disconnects_nobody(two: tuple[Bench, Bench]) -> None:
    one, other = two
    with open_endpoint(other) as endpoint:
        assert endpoint.deliver(shop_body(one.shop), topic="app/uninstalled") == 200
    one.rest()
    states = [one.connection(bench.shop_id).state for bench in two]
    assert states == ["active", "active"]
    assert one.findings() == ["SHOPIFY_BODY_OF_OTHER_SHOP"]


def test_an_uninstall_of_its_own_shop_disconnects_it_and_keeps_its_history(bench: Bench, endpoint: Endpoint) -> None:
    order = bench.place()
    bench.run_jobs()
    assert endpoint.deliver(shop_body(bench.shop), topic="app/uninstalled") == 200
    bench.rest()
    assert bench.connection(bench.shop_id).state == "disconnected"
    assert bench.findings() == ["SHOPIFY_TOKEN_REVOKED"]
    assert bench.state(order) == "booked"
    assert bench.snapshot(order).booked_total == 49900


def test_orders_of_a_disconnected_shop_stand_still_and_go_on_when_it_is_back(bench: Bench, endpoint: Endpoint) -> None:
    order = bench.place(hear=False)
    assert endpoint.deliver(shop_body(bench.shop), topic="app/uninstalled") == 200
    bench.rest()
    assert endpoint.announce(order) == 200
    assert bench.run_jobs() == 1, "one look: the job stops instead of turning round and round"
    assert (bench.state(order), bench.job(order).due_at) == ("stopped", None)
    assert bench.connect_shop(DOMAIN, bench.secret) == bench.shop_id
    welcome(bench.program, Connected(bench.shop_id, DOMAIN, renewed=True))
    bench.rest()
    bench.proves(order)


def test_a_late_uninstall_does_not_disconnect_a_shop_that_has_come_back(bench: Bench, endpoint: Endpoint) -> None:
    left = (datetime.now(UTC) - timedelta(minutes=30)).isoformat()
    headers = {"Triggered-At": left}
    assert endpoint.deliver(shop_body(bench.shop), topic="app/uninstalled", **headers) == 200
    bench.rest()
    assert bench.connection(bench.shop_id).state == "active"
    assert bench.findings() == []


def test_the_second_shop_of_a_tenant_can_be_uninstalled_too(bench: Bench, endpoint: Endpoint) -> None:
    second_id = bench.connect_shop(OTHER, "shpss_second")
    second = replace(bench, domain=OTHER, secret="shpss_second")
    assert (
        endpoint.deliver(shop_body(bench.shop) | {"myshopify_domain": "nobody.myshopify.com"}, "app/uninstalled") == 200
    )
    bench.rest()
    with open_endpoint(second) as other_endpoint:
        assert other_endpoint.deliver(shop_body(second.shop), topic="app/uninstalled") == 200
    bench.rest()
    assert bench.connection(second_id).state == "disconnected"
    assert bench.connection(bench.shop_id).state == "active"


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_a_privacy_request_is_stored_and_shown(bench: Bench, endpoint: Endpoint, topic: str) -> None:
    body = {"shop_id": bench.shop.id, "shop_domain": DOMAIN, "customer": {"id": 7101}}
    assert endpoint.deliver(body, topic=topic) == 200
    bench.run_jobs()
    assert bench.findings() == ["SHOPIFY_PRIVACY_REQUEST"]
    assert [row.topic for row in bench.inbox()] == [topic]


def test_a_privacy_request_stays_visible_whatever_comes_after_it(bench: Bench, endpoint: Endpoint) -> None:
    for domain in (DOMAIN, OTHER):
        assert endpoint.deliver({"shop_id": 1, "shop_domain": domain}, topic="customers/redact") == 200
        bench.run_jobs()
    assert bench.findings() == ["SHOPIFY_BODY_OF_OTHER_SHOP", "SHOPIFY_PRIVACY_REQUEST"]


def test_compliance_topics_have_a_door_of_their_own(bench: Bench, endpoint: Endpoint) -> None:
    body = b'{"shop_domain": "granstrom-form.myshopify.com"}'
    headers = endpoint.headers(body, "customers/redact")
    assert endpoint.http.post("/webhooks/shopify/compliance", content=body, headers=headers).status_code == 200
    assert len(bench.inbox()) == 1


@pytest.mark.parametrize(
    ("topic", "body", "code"),
    [
        ("orders/paid", {"ID": 1}, "SHOPIFY_BODY_NOT_UNDERSTOOD"),
        ("customers/redact", {"shop_domain": DOMAIN}, "SHOPIFY_PRIVACY_REQUEST"),
        ("customers/redact", {"shop_domain": OTHER}, "SHOPIFY_BODY_OF_OTHER_SHOP"),
    ],
)
def test_trying_again_raises_the_same_finding_while_the_delivery_is_the_same(
    bench: Bench, endpoint: Endpoint, topic: str, body: dict[str, Any], code: str
) -> None:
    assert endpoint.deliver(body, topic=topic) == 200
    bench.run_jobs()
    assert Retries(bench.program).code(bench.tenant_id, code) == 1
    bench.run_jobs()
    assert (bench.findings(), bench.finding(code).seen) == ([code], 2)
    assert [job.due_at for job in bench.jobs()] == [None]
