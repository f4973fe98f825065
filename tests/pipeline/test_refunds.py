"""Refunds: any number, any shape; each is one credit note with its own payment, and nothing is credited twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.model.order import books_day
from app.schema import CreditBalance, MoneyUse
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

PLATE: dict[str, Any] = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}
FREIGHT: dict[str, Any] = {"title": "PostNord Ombud", "price": "49.00"}


def _credits(bench: Bench) -> list[dict[str, Any]]:
    return [invoice for invoice in bench.invoices() if invoice["Credit"] == "true"]


def _refunded(bench: Bench, order: StoredOrder, **refund: Any) -> None:
    bench.act(order, "refund", **refund)
    bench.rest()


def _settled(bench: Bench, *, left: str = "0") -> None:
    """Every document is booked and settled, the claim is nothing, and the provider owes what it holds."""
    assert all((invoice["Booked"], invoice["Balance"]) == (True, 0) for invoice in bench.invoices())
    assert (bench.balance(1510), bench.balance(1581)) == (0, Decimal(left))
    assert all(not sum(posting.ore for posting in entry.postings) for entry in bench.vouchers())
    assert bench.findings() == []


def test_returned_line_is_credited_on_its_own_account_and_paid_from_the_clearing_account(bench: Bench) -> None:
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    _refunded(bench, order, lines=[{"line": 1}])
    (credit,) = _credits(bench)
    assert [(row["AccountNumber"], row["DeliveredQuantity"], row["Price"]) for row in credit["InvoiceRows"]] == [
        (3001, -1, 200)
    ]
    assert (credit["Total"], credit["ExternalInvoiceReference1"]) == (-200, order.name)
    assert bench.invoices()[0]["CreditInvoiceReference"] == credit["DocumentNumber"]
    _settled(bench, left="499")
    assert bench.state(order) == "booked"


def test_first_credit_note_takes_five_calls_and_a_later_one_four(bench: Bench) -> None:
    order = bench.place(lines=[PLATE | {"quantity": 3}])
    bench.rest()
    counted = []
    for _time in range(2):
        bench.emulators.kit.calls.clear()
        _refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
        counted.append([f"{call.split()[0]} {call.split()[1].rsplit('/', 1)[-1]}" for call in bench.sent()])
    assert counted == [
        ["PUT credit", "PUT 2", "PUT bookkeep", "POST invoicepayments", "PUT bookkeep"],
        ["POST invoices", "PUT bookkeep", "POST invoicepayments", "PUT bookkeep"],
    ]


def test_ten_refunds_of_one_order_are_ten_credit_notes_that_leave_nothing(bench: Bench) -> None:
    order = bench.place(lines=[PLATE | {"quantity": 10}])
    bench.rest()
    for _time in range(10):
        _refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
    assert [credit["Total"] for credit in _credits(bench)] == [-200] * 10
    assert [one["InvoiceReference"] != "0" for one in _credits(bench)] == [True] + [False] * 9
    assert all("Krediterar faktura 1." in one["Remarks"] for one in _credits(bench)), "the law wants the invoice named"
    _settled(bench)
    assert (bench.balance(3001), bench.balance(2611)) == (0, 0)


def test_shipping_alone_is_refunded_on_the_account_of_shipping(bench: Bench) -> None:
    order = bench.place(shipping=[FREIGHT])
    bench.rest()
    _refunded(bench, order, shipping="all")
    (credit,) = _credits(bench)
    assert [(row["AccountNumber"], row["Total"]) for row in credit["InvoiceRows"]] == [(3520, -49)]
    _settled(bench, left="499")


def test_money_without_goods_is_a_price_reduction_spread_over_the_rates(bench: Bench) -> None:
    book = VASE | {"title": "Bok", "sku": "BOK", "price": "171.63", "tax": "6"}
    order = bench.place(lines=[VASE | {"price": "455.37"}, book])
    bench.rest()
    _refunded(bench, order, amount="100.00")
    (credit,) = _credits(bench)
    assert [(row["AccountNumber"], row["VAT"], row["Total"]) for row in credit["InvoiceRows"]] == [
        (3001, 25, Decimal("-72.63")),
        (3003, 6, Decimal("-27.37")),
    ]
    _settled(bench, left="527")


def test_goods_of_which_the_shop_kept_a_fee_leave_the_fee_as_a_sale(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    _refunded(bench, order, lines=[{"line": 0}], amount="450.00")
    (credit,) = _credits(bench)
    assert [row["Total"] for row in credit["InvoiceRows"]] == [-499, 49]
    _settled(bench, left="49")
    assert (bench.balance(3001), bench.balance(2611)) == (Decimal("-39.20"), Decimal("-9.80"))


def test_goods_that_come_back_after_their_price_was_reduced_are_credited_for_what_is_left(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    _refunded(bench, order, amount="99.00")
    _refunded(bench, order, lines=[{"line": 0}], amount="400.00")
    assert [credit["Total"] for credit in _credits(bench)] == [-99, -400]
    _settled(bench)
    assert (bench.balance(3001), bench.balance(2611)) == (0, 0)


def test_goods_without_money_from_an_unpaid_order_reduce_the_claim(bench: Bench) -> None:
    bench.rules(trigger="created")
    order = bench.place(lines=[VASE, PLATE], payments=[])
    bench.rest()
    _refunded(bench, order, lines=[{"line": 1}], money=False)
    assert [(invoice["Total"], invoice["Balance"]) for invoice in bench.invoices()] == [(699, 499), (-200, 0)]
    assert (bench.balance(1510), bench.findings()) == (499, [])
    bench.act(order, "pay", gateway="shopify_payments", amount="499.00")
    bench.rest()
    _settled(bench, left="499")


def test_money_that_is_still_on_its_way_makes_no_credit_note_until_it_has_left(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    _refunded(bench, order, lines=[{"line": 0}], status="pending")
    assert (_credits(bench), bench.findings()) == ([], ["REFUND_MONEY_PENDING"])
    bench.act(order, "settle", status="success")
    bench.rest()
    assert [credit["Total"] for credit in _credits(bench)] == [-499]
    _settled(bench)


def test_money_that_failed_leaves_the_buyer_owed_and_later_money_pays_it(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    _refunded(bench, order, lines=[{"line": 0}], status="failure")
    assert [(invoice["Total"], invoice["Balance"]) for invoice in bench.invoices()] == [(499, 0), (-499, -499)]
    assert (bench.balance(1510), bench.findings()) == (-499, ["REFUND_MONEY_MISSING"])
    _refunded(bench, order, amount="499.00")
    assert len(_credits(bench)) == 1, "the money pays the credit note that stands there"
    _settled(bench)


def test_refund_that_came_before_the_invoice_is_booked_with_it(bench: Bench) -> None:
    order = bench.place(lines=[VASE, PLATE], hear=False)
    bench.act(order, "refund", lines=[{"line": 1}])
    bench.rest()
    assert [invoice["Total"] for invoice in bench.invoices()] == [699, -200]
    _settled(bench, left="499")


def test_cancelled_and_refunded_order_leaves_nothing(bench: Bench) -> None:
    order = bench.place(shipping=[FREIGHT])
    bench.rest()
    bench.act(order, "cancel", refund=True)
    bench.rest()
    assert [invoice["Total"] for invoice in bench.invoices()] == [548, -548]
    _settled(bench)
    assert (bench.balance(3001), bench.balance(3520), bench.balance(2611)) == (0, 0, 0)


def test_ore_that_fortnox_rounds_to_whole_kronor_are_settled_on_credit_notes_too(bench: Bench) -> None:
    order = bench.place(lines=[VASE | {"price": "99.50", "quantity": 3}])
    bench.rest()
    for _time in range(3):
        _refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
    _settled(bench)
    assert bench.balance(3740) == 0


def test_gift_card_gets_its_part_back_and_the_card_the_rest(bench: Bench) -> None:
    order = bench.place(
        payments=[{"gateway": "gift_card", "amount": "100.00"}, {"gateway": "shopify_payments", "amount": "399.00"}]
    )
    bench.rest()
    assert bench.balance(2421) == 100
    _refunded(bench, order, lines=[{"line": 0}])
    assert bench.balance(2421) == 0
    _settled(bench)


def test_refund_in_euro_takes_the_exchange_rate_of_the_sale(bench: Bench) -> None:
    bench.company_is(currencies={"SEK": "1", "EUR": "11.05"})
    order = bench.place(lines=[VASE | {"price": "550.00"}], presentment={"currency": "EUR", "rate": "0.09"})
    bench.rest()
    assert bench.state(order) == "booked", bench.findings()
    bench.company_is(currencies={"SEK": "1", "EUR": "12.00"})
    _refunded(bench, order, lines=[{"line": 0}])
    assert [invoice["CurrencyRate"] for invoice in bench.invoices()] == [Decimal("11.05")] * 2
    assert (bench.balance(1510), bench.balance(1582), bench.balance(3001)) == (0, 0, 0)


def test_locked_period_moves_the_credit_note_to_the_first_open_day_and_says_so(bench: Bench) -> None:
    today = books_day(datetime.now(UTC))
    order = bench.place()
    bench.rest()
    day = today.isoformat()
    bench.company_is(locked_until=day)
    bench.warm()
    _refunded(bench, order, lines=[{"line": 0}])
    (credit,) = _credits(bench)
    assert credit["InvoiceDate"] == (today + timedelta(days=1)).isoformat()
    assert f"Avser {day}" in credit["Remarks"]
    assert bench.findings() == ["CREDIT_MOVED_TO_OPEN_PERIOD"]


def test_locked_period_waits_where_the_rule_says_so_and_goes_on_when_it_is_opened(bench: Bench) -> None:
    bench.rules(locked_period="wait")
    order = bench.place()
    bench.rest()
    bench.company_is(locked_until=books_day(datetime.now(UTC)).isoformat())
    bench.warm()
    _refunded(bench, order, lines=[{"line": 0}])
    assert (_credits(bench), bench.findings()) == ([], ["FORTNOX_PERIOD_LOCKED"])
    bench.company_is(locked_until=None)
    bench.program.scheduler.recheck_registers()
    bench.rest()
    assert [credit["Total"] for credit in _credits(bench)] == [-499]
    _settled(bench)


def test_period_that_is_locked_before_the_credit_note_is_booked_moves_it_all_the_same(bench: Bench) -> None:
    today = books_day(datetime.now(UTC))
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    bench.company_is(locked_until=today.isoformat())
    _refunded(bench, order, lines=[{"line": 1}])
    (credit,) = _credits(bench)
    assert (credit["InvoiceDate"], credit["Booked"]) == ((today + timedelta(days=1)).isoformat(), True)
    assert bench.findings() == ["CREDIT_MOVED_TO_OPEN_PERIOD"]


FAULTS = ["close_before", "close_after", "status"]
STEPS = [
    "/3/invoices/*/credit",
    "/3/invoices/*",
    "/3/invoices/*/bookkeep",
    "/3/invoicepayments",
    "/3/invoicepayments/*/bookkeep",
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", STEPS)
def test_no_fault_in_the_middle_leaves_a_full_credit_or_adds_a_second_one(bench: Bench, fault: Any, path: str) -> None:
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    bench.emulators.kit.faults.order(fault, "*", path)
    _refunded(bench, order, lines=[{"line": 1}])
    assert [document["Total"] for document in bench.documents("invoices")] == [699, -200]
    _settled(bench, left="499")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", ["/3/invoices", "/3/invoices/*/bookkeep", "/3/invoicepayments"])
def test_no_fault_makes_a_second_stand_alone_credit_note(bench: Bench, fault: Any, path: str) -> None:
    order = bench.place(lines=[PLATE | {"quantity": 2}])
    bench.rest()
    _refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
    bench.emulators.kit.faults.order(fault, "*", path)
    _refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
    assert [document["Total"] for document in bench.documents("invoices")] == [400, -200, -200]
    _settled(bench)


def test_database_counts_what_is_invoiced_credited_and_used(bench: Bench) -> None:
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    _refunded(bench, order, lines=[{"line": 1}])
    with bench.program.store.read() as session:
        balances = session.execute(select(CreditBalance.invoiced, CreditBalance.credited)).all()
        uses = session.execute(select(MoneyUse.moved, MoneyUse.used).order_by(MoneyUse.moved)).all()
    assert sorted(map(tuple, balances)) == [(20000, 20000), (49900, 0), (69900, 20000)]
    assert [tuple(use) for use in uses] == [(-20000, -20000), (69900, 69900)]
