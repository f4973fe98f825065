"""What a shop does not let us read: consumers are booked all the same, what hangs on it stops and names the scope."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from app.connections.repository import Connected
from app.main import welcome
from app.schema import Connection
from app.shops.shopify.scopes import SCOPES
from sandbox.kit.calls import CallFilter
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

HAMBURG = {"first_name": "Jan", "last_name": "Meer", "city": "Hamburg", "zip": "20095", "country_code": "DE"}
AT_HAMBURG = {"id": 7201, "email": "jan@example.de", "billing": HAMBURG}
FIRM = {"id": 9, "name": "Handel GmbH", "location_id": 10, "vat_number": "DE136695976"}


def grant(bench: Bench, *scopes: str, known: bool = False) -> None:
    """Let the shop's app have these scopes and no others; `known`: as connecting it again would tell us."""
    bench.emulators.emulator.merchant.regrant(bench.shop, ",".join(scopes))
    if known:
        with bench.program.store.write() as session:
            session.execute(update(Connection).where(Connection.id == bench.shop_id).values(scopes=list(scopes)))


def without(*missing: str) -> list[str]:
    return [scope for scope in SCOPES if scope not in missing]


def pick_up(order: StoredOrder, country: str = "SE") -> None:
    """The order has no shipping address and is fetched at a location."""
    order.body.update(_delivery_method="PICK_UP", _location_country=country, shipping_address=None)


@pytest.mark.parametrize("how", ["error", "null"])
@pytest.mark.parametrize("known", [False, True])
def test_a_consumer_is_booked_with_read_orders_alone(bench: Bench, how: str, *, known: bool) -> None:
    switch(bench, refused_scope=how)
    grant(bench, "read_orders", known=known)
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "booked"
    assert bench.invoices()[0]["CustomerName"] == "Anna Lindqvist", "the address tells the name"


def test_what_is_known_to_be_refused_is_not_asked_for(bench: Bench) -> None:
    grant(bench, "read_orders", known=True)
    bench.place()
    bench.rest()
    asked = [str(call.body) for call in bench.emulators.shopify.app.state.kit.calls.select(CallFilter())]
    assert not any("customer {" in text or "returns(" in text for text in asked)
    assert bench.findings() == ["SHOPIFY_CUSTOMER_DATA_HIDDEN"]


def test_the_lack_of_customers_is_told_once_per_shop(bench: Bench) -> None:
    grant(bench, *without("read_customers"))
    orders = [bench.place() for _ in range(3)]
    bench.rest()
    assert {bench.state(order) for order in orders} == {"booked"}
    assert bench.findings() == ["SHOPIFY_CUSTOMER_DATA_HIDDEN"]
    assert bench.finding("SHOPIFY_CUSTOMER_DATA_HIDDEN").connection_id == bench.shop_id
    grant(bench, *SCOPES)
    bench.hear(orders[0])
    bench.rest()
    assert bench.findings() == []


def test_without_read_orders_the_order_stops_and_names_the_scope(bench: Bench) -> None:
    grant(bench, "read_products")
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "stopped"
    data = bench.finding("SHOPIFY_ACCESS_DENIED").data
    assert (data["field"], data["scope"]) == ("order", "read_orders")


def test_an_order_that_may_be_picked_up_stops_and_goes_on_when_the_scope_is_given(bench: Bench) -> None:
    grant(bench, *without("read_merchant_managed_fulfillment_orders"), known=True)
    order = bench.place(hear=False, buyer=AT_HAMBURG)
    pick_up(order)
    bench.hear(order)
    bench.rest()
    assert bench.state(order) == "stopped"
    assert bench.findings() == ["SHOPIFY_DELIVERY_REFUSED"]
    assert bench.finding("SHOPIFY_DELIVERY_REFUSED").data["scope"] == "read_merchant_managed_fulfillment_orders"
    assert bench.sent() == [], "nothing was sent, neither customer nor article"
    grant(bench, *SCOPES, known=True)
    welcome(bench.program, Connected(bench.shop_id, bench.domain, renewed=True))
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_an_order_that_is_sent_needs_no_delivery_method(bench: Bench) -> None:
    grant(bench, *without("read_merchant_managed_fulfillment_orders", "read_locations"))
    order = bench.place()
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_a_sale_at_the_till_needs_to_know_where(bench: Bench) -> None:
    grant(bench, *without("read_merchant_managed_fulfillment_orders", "read_locations"))
    order = bench.place(hear=False, source_name="pos")
    order.body.update(shipping_address=None)
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["SHOPIFY_DELIVERY_REFUSED"])
    grant(bench, *without("read_merchant_managed_fulfillment_orders"))
    order.body["location_id"] = 77
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_a_refund_smaller_than_its_goods_needs_the_return(bench: Bench) -> None:
    grant(bench, *without("read_returns"))
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "booked"
    bench.act(order, "refund", lines=[{"line": 0}], amount="449.00")
    refund = order.body["refunds"][0]
    refund["order_adjustments"] = []
    order.body["_returns"] = [{"id": 5, "created_at": order.body["updated_at"], "status": "CLOSED"}]
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["SHOPIFY_RETURNS_REFUSED"])


def test_a_whole_refund_needs_no_return(bench: Bench) -> None:
    grant(bench, *without("read_returns"))
    order = bench.place()
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_an_order_of_a_company_abroad_stops_without_read_customers(bench: Bench) -> None:
    grant(bench, *without("read_customers"))
    untaxed = [VASE | {"tax": "0"}]
    order = bench.place(buyer=AT_HAMBURG | {"business": FIRM}, lines=untaxed)
    bench.rest()
    assert bench.state(order) == "stopped"
    assert "SHOPIFY_COMPANY_REFUSED" in bench.findings()
    assert bench.sent() == []


def test_an_unpaid_order_without_its_terms_is_booked_with_a_notice(bench: Bench) -> None:
    bench.rules(trigger="created")
    grant(bench, *without("read_payment_terms"))
    order = bench.place(payments=[], payment_terms_days=30)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", ["SHOPIFY_TERMS_REFUSED"])
    paid = bench.place(payment_terms_days=30)
    bench.rest()
    assert bench.told().get(f"order:shopify:{paid.id}") is None


def test_an_order_older_than_sixty_days_names_the_scope(bench: Bench) -> None:
    grant(bench, *without("read_all_orders"))
    order = bench.place(processed_at="2026-06-01T12:00:00+02:00")
    bench.rest()
    assert bench.findings() == ["SHOPIFY_ORDER_NOT_FOUND"]
    grant(bench, *SCOPES)
    welcome(bench.program, Connected(bench.shop_id, bench.domain, renewed=True))
    bench.rest()
    assert "SHOPIFY_ORDER_NOT_FOUND" not in bench.findings()
    assert bench.job(order).state != "stopped" or bench.findings()


def test_scopes_that_the_merchant_adds_release_by_themselves(bench: Bench) -> None:
    grant(bench, *without("read_merchant_managed_fulfillment_orders"), known=True)
    order = bench.place(hear=False, buyer=AT_HAMBURG)
    pick_up(order)
    bench.hear(order)
    bench.rest()
    assert bench.findings() == ["SHOPIFY_DELIVERY_REFUSED"]
    grant(bench, *SCOPES)
    bench.look_at_scopes()
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert sorted(bench.connection(bench.shop_id).scopes) == sorted(SCOPES)


# --- protected customer data


@pytest.mark.parametrize("how", ["error", "null"])
@pytest.mark.parametrize("kept", ["whole", "personal"])
@pytest.mark.parametrize("level", ["no_fields", "plan"])
def test_hidden_consumers_stand_on_the_collective_customer(bench: Bench, level: str, kept: str, how: str) -> None:
    switch(bench, hidden_data=how, hidden_address=kept)
    bench.emulators.emulator.put_shop(bench.domain, {"customer_data": level})
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "booked"
    [invoice] = bench.invoices()
    assert (invoice["CustomerNumber"], invoice["EmailInformation"]["EmailAddressTo"] or "") == ("SHOPSE", "")
    assert bench.findings() == ["SHOPIFY_CUSTOMER_DATA_HIDDEN"]


@pytest.mark.parametrize("how", ["error", "null"])
def test_a_country_that_the_rates_do_not_tell_stops(bench: Bench, how: str) -> None:
    bench.rules(eu_consumers="oss", oss_from="2021-07-01")
    switch(bench, hidden_data=how)
    bench.emulators.emulator.put_shop(bench.domain, {"customer_data": "plan"})
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "stopped"
    assert bench.finding("SHOPIFY_ADDRESS_HIDDEN").data["rates"] == "25 %"
    assert bench.sent() == []
    bench.emulators.emulator.put_shop(bench.domain, {"customer_data": "all"})
    welcome(bench.program, Connected(bench.shop_id, bench.domain, renewed=True))
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_an_app_without_any_approval_stops_with_the_reason(bench: Bench) -> None:
    bench.emulators.emulator.put_shop(bench.domain, {"customer_data": "none"})
    bench.place()
    bench.rest()
    assert bench.finding("SHOPIFY_ACCESS_DENIED").data["field"] == "order"


def switch(bench: Bench, **changes: Any) -> None:
    world = bench.emulators.emulator.world
    world.switches = type(world.switches).model_validate(world.switches.model_dump() | changes)
