"""Remedies of findings about money and amounts, performed as a person would; then the order is booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.model.order import books_day
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import CARD, Bench
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.remedies_money import compare

NOW = datetime.now(UTC)


class TestWaitingForPayment:
    """The money comes, the buyer rounded, or the order is cancelled."""

    @pytest.fixture
    def order(self, bench: Bench) -> StoredOrder:
        then = (NOW - timedelta(days=3)).isoformat()
        order = bench.place(
            processed_at=then, payments=[CARD | {"amount": "498.50", "at": then}],
        )  # fmt: skip
        bench.rest()
        assert bench.state(order) == "waiting"
        return order

    def test_money_comes(self, bench: Bench, order: StoredOrder) -> None:
        with remedied(bench, "ORDER_WAITS_FOR_PAYMENT"):
            bench.act(order, "pay", gateway="shopify_payments", amount="0.50")
        assert (bench.state(order), bench.balance(1510)) == ("booked", 0)

    def test_buyer_rounded(self, bench: Bench, person: Person, order: StoredOrder) -> None:
        with remedied(bench, "ORDER_WAITS_FOR_PAYMENT"):
            person.set(payment_tolerance="1,00")
        assert (bench.state(order), bench.balance(1510), bench.balance(3740)) == ("booked", 0, Decimal("0.50"))

    def test_no_money_comes(self, bench: Bench, order: StoredOrder) -> None:
        with remedied(bench, "ORDER_WAITS_FOR_PAYMENT"):
            bench.act(order, "cancel", refund=True)


def test_net_that_differs_from_the_shops(bench: Bench) -> None:
    bench.rules(trigger="created")
    order = bench.place(hear=False, payments=[])
    order.body["current_total_price_set"] = both("400.00")
    bench.hear(order)
    bench.rest()
    with remedied(bench, "BOOKED_NET_DIFFERS"):
        order.body["current_total_price_set"] = both("499.00")
        bench.act(order, "update", note="rättad")
    assert bench.state(order) == "booked"


def both(amount: str) -> dict[str, Any]:
    return {side: {"amount": amount, "currency_code": "SEK"} for side in ("shop_money", "presentment_money")}


def test_gift_cards_that_were_given_away(bench: Bench) -> None:
    order = bench.place(payments=[{"gateway": "gift_card"}])
    bench.rest()
    assert bench.state(order) == "booked"
    compare(bench)
    with remedied(bench, "GIFT_CARDS_OVERDRAWN"):
        rows = [{"Account": 2421, "Credit": 499}, {"Account": 3001, "Debit": 499}]
        voucher = {"VoucherSeries": "A", "TransactionDate": str(books_day(NOW)), "Description": "Gåva"}
        bench.api("POST", "vouchers", {"Voucher": voucher | {"VoucherRows": rows}})
        compare(bench)


def test_amount_with_three_decimals(bench: Bench, person: Person) -> None:
    bench.api("POST", "currencies", {"Currency": {"Code": "KWD", "Description": "Dinar", "BuyRate": 34, "Unit": 1}})
    bench.warm()
    order = bench.place(hear=False, presentment={"currency": "KWD", "rate": "0.0289"})
    bench.hear(order)
    bench.rest()
    with remedied(bench, "FORTNOX_AMOUNT_DECIMALS"):
        person.set(document_currency="shop")
    assert (bench.state(order), bench.balance(1510)) == ("booked", 0)
