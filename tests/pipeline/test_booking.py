from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.pipeline.bench import CARD, VASE, Bench

STEADY = ["POST invoices", "PUT invoices/2/bookkeep", "POST invoicepayments", "PUT invoicepayments/2/bookkeep"]


def test_an_order_becomes_customer_article_invoice_and_payment_in_exactly_these_calls(bench: Bench) -> None:
    order = bench.place()
    bench.run_jobs()
    assert bench.sent() == [
        "POST customers",
        "POST articles",
        "POST invoices",
        "PUT invoices/1/bookkeep",
        "POST invoicepayments",
        "PUT invoicepayments/1/bookkeep",
    ]
    assert bench.job(order).calls == 6
    bench.proves(order)


def test_the_second_order_of_a_known_buyer_with_known_articles_costs_four_calls(bench: Bench) -> None:
    first = bench.place()
    bench.run_jobs()
    bench.emulators.kit.calls.clear()
    second = bench.place()
    bench.run_jobs()
    assert bench.sent() == STEADY
    bench.proves(first, second)


def test_a_booked_order_that_is_announced_again_costs_no_call(bench: Bench) -> None:
    order = bench.place()
    bench.run_jobs()
    bench.emulators.kit.calls.clear()
    bench.hear(order)
    bench.run_jobs()
    assert bench.sent() == []
    bench.proves(order)


@pytest.mark.parametrize("price", ["99.49", "99.50", "100.01", "0.51", "1234.56"])
def test_whole_krona_rounding_ends_with_nothing_open(bench: Bench, price: str) -> None:
    order = bench.place(lines=[VASE | {"price": price}])
    bench.run_jobs()
    [invoice] = bench.invoices()
    assert invoice["Total"] == invoice["Total"].to_integral_value()
    bench.proves(order)
    assert bench.balance(3740) == 0


def test_without_rounding_in_fortnox_the_ore_stand_as_they_are(bench: Bench) -> None:
    bench.company_is(whole_krona_rounding=False)
    order = bench.place(lines=[VASE | {"price": "99.49"}])
    bench.run_jobs()
    assert bench.invoices()[0]["Total"] == Decimal("99.49")
    bench.proves(order)


def test_a_manual_order_marked_as_paid_is_an_unpaid_invoice_and_says_so(bench: Bench) -> None:
    order = bench.place(payments=[{"gateway": "manual"}])
    bench.run_jobs()
    [invoice] = bench.invoices()
    assert (invoice["Booked"], invoice["Balance"]) == (True, 499)
    assert bench.payments() == []
    assert bench.findings() == ["SHOPIFY_MANUAL_ORDER_MARKED_PAID"]
    assert bench.state(order) == "booked"


def test_an_unpaid_order_waits_and_is_booked_when_it_is_paid(bench: Bench) -> None:
    order = bench.place(payments=[])
    bench.run_jobs()
    assert (bench.state(order), bench.job(order).due_at, bench.sent()) == ("waiting", None, [])
    bench.act(order, "pay", **CARD)
    bench.run_jobs()
    bench.proves(order)


def test_a_test_order_is_skipped(bench: Bench) -> None:
    order = bench.place(test=True)
    bench.run_jobs()
    assert (bench.state(order), bench.sent(), bench.findings()) == ("skipped", [], [])


def test_an_order_paid_by_two_gateways_has_a_payment_on_each_clearing_account(bench: Bench) -> None:
    order = bench.place(payments=[{"gateway": "klarna", "amount": "199.00"}, CARD])
    bench.run_jobs()
    assert (bench.balance(1586), bench.balance(1581), bench.balance(1510)) == (199, 300, 0)
    assert [payment["Booked"] for payment in bench.payments()] == [True, True]
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_a_gift_card_pays_from_the_liability(bench: Bench) -> None:
    order = bench.place(payments=[{"gateway": "gift_card", "amount": "100.00"}, CARD])
    bench.run_jobs()
    assert (bench.balance(2421), bench.balance(1581), bench.balance(1510)) == (100, 399, 0)
    assert bench.state(order) == "booked"


def test_a_sold_gift_card_is_a_liability_and_no_sale(bench: Bench) -> None:
    order = bench.place(lines=[{"title": "Presentkort", "price": "500.00", "gift_card": True, "tax": None}])
    bench.run_jobs()
    assert (bench.balance(2421), bench.balance(3001), bench.balance(2611)) == (-500, 0, 0)
    bench.proves(order)


def test_a_cash_method_company_gets_its_voucher_from_the_payment(bench: Bench) -> None:
    bench.company_is(cash_method=True)
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert [payment["Booked"] for payment in bench.payments()] == [True]
    assert (bench.balance(1581), bench.balance(1510)) == (499, 0)


def test_lines_that_do_not_divide_are_still_right_to_the_ore(bench: Bench) -> None:
    order = bench.place(lines=[VASE | {"price": "33.33", "quantity": 3, "discount": "0.01"}])
    bench.run_jobs()
    bench.proves(order)


def test_many_orders_of_many_buyers_stand_once_each(bench: Bench) -> None:
    bench.company_is(whole_krona_rounding=False)
    orders = [
        bench.place(
            lines=[VASE | {"sku": f"GF-{number % 3}", "price": f"{100 + number}.{number:02}"}],
            buyer={"id": 9000 + number % 4, "billing": {"first_name": "Bo", "last_name": f"Ek {number % 4}"}},
        )
        for number in range(12)
    ]
    bench.run_jobs()
    bench.proves(*orders)
    assert (len(bench.documents("customers")), len(bench.documents("articles"))) == (4, 3)
