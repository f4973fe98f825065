"""Remedies of what a shop withholds or Shopify refuses: granted in the shop, connected again on our page, looked at."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.schema import Finding
from app.shops.base import Shop
from app.shops.shopify.scopes import PAYOUT_SCOPES, SCOPES
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import Person, remedied

HAMBURG = {"first_name": "Jan", "last_name": "Meer", "city": "Hamburg", "zip": "20095", "country_code": "DE"}
AT_HAMBURG: dict[str, Any] = {"id": 7201, "email": "jan@example.de", "billing": HAMBURG}
FIRM = {"id": 9, "name": "Handel GmbH", "location_id": 10, "vat_number": "DE136695976"}


class Scopes:
    """A scope is added to the shop's app and the shop is connected again: what waited goes on by itself."""

    @staticmethod
    def without(bench: Bench, *missing: str) -> None:
        bench.emulators.emulator.merchant.regrant(
            bench.shop, ",".join(scope for scope in SCOPES if scope not in missing)
        )

    @staticmethod
    def add(bench: Bench, person: Person) -> None:
        bench.emulators.emulator.merchant.regrant(bench.shop, ",".join(SCOPES))
        person.connect_shop()


class TestScopes(Scopes):
    """Each finding of a missing scope."""

    def test_way_of_delivery(self, bench: Bench, person: Person) -> None:
        self.without(bench, "read_merchant_managed_fulfillment_orders")
        order = bench.place(hear=False, buyer=AT_HAMBURG)
        order.body.update(_delivery_method="PICK_UP", _location_country="SE", shipping_address=None)
        is_stopped(bench, order)
        with remedied(bench, "SHOPIFY_DELIVERY_REFUSED"):
            self.add(bench, person)
        is_booked(bench, order)

    def test_returns_and_their_fees(self, bench: Bench, person: Person) -> None:
        self.without(bench, "read_returns")
        order = bench.place(lines=[VASE | {"quantity": 2}])
        bench.rest()
        bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}], amount="449.00")
        order.body["refunds"][0]["order_adjustments"] = []
        fee = {side: {"amount": "50.00", "currency_code": "SEK"} for side in ("shop_money", "presentment_money")}
        item = order.body["line_items"][0]["id"]
        lines = [{"id": 51, "line_item_id": item, "quantity": 1, "restocking_fee_set": fee}]
        at = order.body["updated_at"]
        order.body["_returns"] = [{"id": 5, "created_at": at, "status": "CLOSED", "lines": lines}]
        is_stopped(bench, order)
        with remedied(bench, "SHOPIFY_RETURNS_REFUSED"):
            self.add(bench, person)
        assert (bench.state(order), bench.balance(1510), bench.balance(1581)) == ("booked", 0, 998 - 449)

    def test_company_that_buys(self, bench: Bench, person: Person) -> None:
        bench.rules(eu_businesses="reverse_charge")
        self.without(bench, "read_customers")
        order = bench.place(hear=False, buyer=AT_HAMBURG | {"business": FIRM}, lines=[VASE | {"tax": "0"}])
        is_stopped(bench, order)
        with remedied(bench, "SHOPIFY_COMPANY_REFUSED", *_also(bench, "SHOPIFY_COMPANY_REFUSED")):
            self.add(bench, person)
        assert bench.balance(3108) == -499
        is_booked(bench, order)

    def test_terms_of_payment(self, bench: Bench, person: Person) -> None:
        bench.rules(trigger="created", terms={"Net 20": "20"}, terms_of_payment="30")
        self.without(bench, "read_payment_terms")
        order = bench.place(payments=[], payment_terms_days=20)
        bench.rest()
        with remedied(bench, "SHOPIFY_TERMS_REFUSED"):
            self.add(bench, person)
        assert bench.state(order) == "booked"
        bench.place(payments=[], payment_terms_days=20)
        bench.rest()
        assert [invoice["TermsOfPayment"] for invoice in bench.invoices()] == ["30", "20"]

    def test_customers_of_the_shop(self, bench: Bench, person: Person) -> None:
        self.without(bench, "read_customers")
        order = bench.place()
        bench.rest()
        with remedied(bench, "SHOPIFY_CUSTOMER_DATA_HIDDEN"):
            self.add(bench, person)
        is_booked(bench, order)

    def test_orders_of_the_shop(self, bench: Bench, person: Person) -> None:
        bench.emulators.emulator.merchant.regrant(bench.shop, "read_products")
        order = bench.place(hear=False)
        is_stopped(bench, order)
        with remedied(bench, "SHOPIFY_ACCESS_DENIED"):
            self.add(bench, person)
        is_booked(bench, order)

    def test_payouts_of_the_shop(self, bench: Bench, person: Person) -> None:
        self.without(bench, *PAYOUT_SCOPES)
        bench.look_at_scopes()
        with remedied(bench, "SHOPIFY_PAYOUT_SCOPE_MISSING"):
            self.add(bench, person)


def _also(bench: Bench, code: str) -> list[str]:
    return [finding for finding in bench.findings() if finding not in (code, "SHOPIFY_CUSTOMER_DATA_HIDDEN")]


def test_addresses_that_are_hidden(bench: Bench, person: Person) -> None:
    bench.rules(eu_consumers="oss", oss_from="2021-07-01")
    bench.emulators.emulator.put_shop(bench.domain, {"customer_data": "plan"})
    order = bench.place(hear=False)
    is_stopped(bench, order)
    with remedied(bench, "SHOPIFY_ADDRESS_HIDDEN"):
        bench.emulators.emulator.put_shop(bench.domain, {"customer_data": "all"})
        person.connect_shop()
    is_booked(bench, order)


def test_messages_that_a_small_plan_does_not_send(bench: Bench, person: Person) -> None:
    switch(bench, order_webhooks="refused")
    person.connect_shop()
    with remedied(bench, "SHOPIFY_ORDER_MESSAGES_REFUSED"):
        switch(bench, order_webhooks="allowed")  # the shop changes its plan
        person.connect_shop()
    assert "orders/create" in {subscription.topic for subscription in bench.shop.subscriptions.values()}


class TestPlatform:
    """What operators do: an address is allowed, a program renewed."""

    def test_address_that_is_not_allowed(self, bench: Bench) -> None:
        bench.emulators.emulator.blocks_addresses = True
        order = bench.place()
        bench.run_jobs()
        with remedied(bench, "SHOPIFY_HOST_REFUSED"):
            bench.emulators.emulator.blocks_addresses = False
        is_booked(bench, order)

    def test_version_that_shopify_serves_no_more(self, bench: Bench) -> None:
        client = dataclasses.replace(bench.program.source.client, api_version="2025-01")
        old = dataclasses.replace(bench.program.source, client=client)
        list(old.changed_since(Shop(bench.shop_id, bench.domain), datetime.now(UTC) - timedelta(hours=1)))
        with remedied(bench, "SHOPIFY_API_VERSION_SERVED"):
            order = bench.place()  # SHOPIFY_API_VERSION is set to one that is served
            bench.rest()
            two_days_pass(bench)
        is_booked(bench, order)

    def test_field_that_shopify_is_going_to_remove(self, bench: Bench) -> None:
        bench.emulators.emulator.deprecated.add("Order.poNumber")
        order = bench.place()
        bench.rest()
        with remedied(bench, "SHOPIFY_API_DEPRECATED"):
            bench.emulators.emulator.deprecated.clear()  # a new version of Bokbro does not read the field
            two_days_pass(bench)
        is_booked(bench, order)

    def test_question_that_shopify_refuses(self, bench: Bench, person: Person) -> None:
        bench.emulators.emulator.endpoint.force(bench.domain, "MAX_COST_EXCEEDED", 1)
        order = bench.place(hear=False)
        is_stopped(bench, order)
        with remedied(bench, "SHOPIFY_QUERY_REFUSED"):
            person.retry_all("SHOPIFY_QUERY_REFUSED")  # the forced refusal was the old program's
        is_booked(bench, order)


class TestUnreadable:
    """An order that cannot be read is booked by hand, and is asked about again when it changes."""

    @pytest.fixture
    def order(self, bench: Bench) -> StoredOrder:
        """More fulfilments than Shopify hands out in one list."""
        order = bench.place(hear=False)
        self.fulfilled(order, 101)
        is_stopped(bench, order)
        return order

    @staticmethod
    def fulfilled(order: StoredOrder, count: int) -> None:
        order.body["fulfillments"] = [{"id": n, "created_at": order.body["created_at"]} for n in range(count)]

    def test_list_that_is_too_long(self, bench: Bench, person: Person, order: StoredOrder) -> None:
        with remedied(bench, "SHOPIFY_LIST_TOO_LONG", "HANDLED_BY_HAND"):
            person.answer(order, "SHOPIFY_LIST_TOO_LONG", "by_hand", number="Verifikation A 19")
        assert (bench.state(order), bench.sent()) == ("booked", [])
        bench.hear(order)
        bench.rest()
        assert bench.findings() == ["HANDLED_BY_HAND"], "nothing has changed"

    def test_change_asks_again(self, bench: Bench, person: Person, order: StoredOrder) -> None:
        person.answer(order, "SHOPIFY_LIST_TOO_LONG", "by_hand", number="A 19")
        bench.rest()
        order.body["updated_at"] = (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="seconds")
        is_stopped(bench, order)
        assert bench.findings() == ["SHOPIFY_LIST_TOO_LONG"]

    def test_order_that_can_be_read_later_is_not_booked_twice(
        self, bench: Bench, person: Person, order: StoredOrder
    ) -> None:
        person.answer(order, "SHOPIFY_LIST_TOO_LONG", "by_hand", number="A 19")
        bench.rest()
        self.fulfilled(order, 1)
        bench.hear(order)
        bench.rest()
        assert (bench.state(order), bench.sent(), bench.findings()) == ("booked", [], ["HANDLED_BY_HAND"])

    def test_order_that_is_not_found_is_booked_by_hand_too(self, bench: Bench, person: Person) -> None:
        """Nobody can see whether it changes; when it can be read, what happened since then asks."""
        order = bench.place(hear=False)
        del bench.shop.orders[order.id]
        is_stopped(bench, order)
        with remedied(bench, "SHOPIFY_ORDER_NOT_FOUND", "HANDLED_BY_HAND"):
            person.answer(order, "SHOPIFY_ORDER_NOT_FOUND", "by_hand", number="A 20")
        bench.shop.orders[order.id] = order
        bench.hear(order)
        bench.rest()
        assert (bench.state(order), bench.sent(), bench.findings()) == ("booked", [], ["HANDLED_BY_HAND"])


def is_stopped(bench: Bench, order: StoredOrder) -> None:
    bench.hear(order)
    bench.rest()
    assert bench.state(order) == "stopped", (bench.state(order), bench.findings())


def is_booked(bench: Bench, order: StoredOrder) -> None:
    """The order stands booked and paid, and a later refund of it is credited."""
    assert (bench.state(order), bench.balance(1510)) == ("booked", 0)
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert (bench.state(order), bench.balance(1510)) == ("booked", 0)


def two_days_pass(bench: Bench) -> None:
    """Time goes by, and the clock looks."""
    with bench.program.store.write() as session:
        session.execute(update(Finding).values(last_seen_at=datetime.now(UTC) - timedelta(days=3)))
    bench.program.scheduler.forget_old_notices()


def switch(bench: Bench, **changes: Any) -> None:
    world = bench.emulators.emulator.world
    world.switches = type(world.switches).model_validate(world.switches.model_dump() | changes)
