"""Orders that change while their documents are made, or after: the books follow, and what was started is finished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import CARD, VASE, Bench

SECOND_VASE: dict[str, Any] = VASE | {"title": "Vas Ek", "sku": "GF-VAS-02", "price": "150.00"}


def _add_a_line(bench: Bench, order: StoredOrder) -> None:
    bench.act(order, "edit", add=[SECOND_VASE])


def _stand(bench: Bench, *amounts: int) -> None:
    """Invoices of these amounts, each booked and paid once, nothing called rounding."""
    standing = [(invoice["Total"], invoice["Balance"], invoice["Booked"]) for invoice in bench.invoices()]
    assert standing == [(amount, 0, True) for amount in amounts]
    assert [(payment["Amount"], payment["Booked"]) for payment in bench.payments()] == [
        (amount, True) for amount in amounts
    ]
    assert (bench.balance(1510), bench.balance(1581), bench.balance(3740)) == (0, sum(amounts), 0)


def test_line_that_was_added_and_paid_after_booking_gets_an_invoice_of_its_own(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    _add_a_line(bench, order)
    bench.rest()
    _stand(bench, 499)  # nothing is owed before it is paid
    bench.act(order, "pay", gateway="shopify_payments")
    bench.rest()
    _stand(bench, 499, 150)
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert {invoice["ExternalInvoiceReference1"] for invoice in bench.invoices()} == {order.name}


def test_payment_whose_answer_was_lost_is_recognised_though_the_order_was_paid_again_on_another_day(
    bench: Bench,
) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    order = bench.place(processed_at=long_ago, payments=[CARD])
    bench.emulators.kit.faults.order("close_after", "POST", "/3/invoicepayments")
    bench.run_jobs()
    _add_a_line(bench, order)
    bench.act(order, "pay", gateway="shopify_payments", at=datetime.now(UTC).isoformat())
    bench.rest()
    _stand(bench, 499, 150)
    assert bench.findings() == []


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
@pytest.mark.parametrize("path", ["/3/invoices", "/3/invoices/*/bookkeep", "/3/invoicepayments"])
def test_chain_that_was_interrupted_is_finished_though_the_order_now_waits_for_money(
    bench: Bench, fault: Any, path: str
) -> None:
    order = bench.place()
    bench.emulators.kit.faults.order(fault, "*", path)
    bench.run_jobs()
    _add_a_line(bench, order)
    bench.rest()
    if bench.invoices():
        _stand(bench, 499)
        assert bench.findings() == []
    else:
        assert (bench.state(order), bench.findings()) == ("waiting", [])
    bench.act(order, "pay", gateway="shopify_payments")
    bench.rest()
    assert (sum(invoice["Total"] for invoice in bench.invoices()), bench.balance(1510)) == (649, 0)
    assert (bench.balance(1581), bench.state(order), bench.findings()) == (649, "booked", [])


def test_invoice_that_is_not_booked_yet_is_cancelled_and_made_anew_when_the_order_changes(bench: Bench) -> None:
    order = bench.place()
    bench.emulators.kit.faults.order("status", "PUT", "/3/invoices/*/bookkeep")
    bench.run_jobs()
    _add_a_line(bench, order)
    bench.act(order, "pay", gateway="shopify_payments")
    bench.rest()
    assert [(document["Total"], document["Cancelled"]) for document in bench.documents("invoices")] == [
        (499, True),
        (649, False),
    ]
    assert (bench.balance(1510), bench.balance(1581), bench.balance(3001)) == (0, 649, Decimal("-519.2"))
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_open_invoice_of_an_order_that_is_cancelled_is_credited_and_set_off(bench: Bench) -> None:
    bench.rules(trigger="created")
    order = bench.place(payments=[])
    bench.run_jobs()
    bench.act(order, "cancel")
    bench.rest()
    assert [(invoice["Total"], invoice["Balance"], invoice["Credit"]) for invoice in bench.invoices()] == [
        (499, 0, "false"),
        (-499, 0, "true"),
    ]
    assert (bench.balance(1510), bench.balance(3001), bench.balance(2611)) == (0, 0, 0)
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_order_of_a_restored_database_is_found_in_fortnox_and_not_booked_again(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    bench.forget()
    bench.hear(order)
    bench.rest()
    bench.proves(order)


def test_second_shop_with_the_same_order_name_does_not_take_over_the_first_ones_invoice(bench: Bench) -> None:
    bench.place(name="#1001")
    bench.rest()
    bench.shop_id = bench.connect_shop("andra-butiken.myshopify.com", "shpss_andra")
    bench.domain = "andra-butiken.myshopify.com"
    bench.emulators.kit.faults.order("close_before", "POST", "/3/invoices")
    bench.place(name="#1001")
    bench.rest()
    assert [invoice["ExternalInvoiceReference1"] for invoice in bench.invoices()] == ["#1001", "#1001"]
    assert [one["Balance"] for one in bench.invoices()] == [0, 0]
    assert bench.balance(1581) == 998


def test_line_that_an_edit_takes_away_after_booking_is_credited(bench: Bench) -> None:
    order = bench.place(lines=[VASE, SECOND_VASE])
    bench.rest()
    bench.act(order, "edit", remove=[{"line": 1}])
    bench.rest()
    assert [invoice["Total"] for invoice in bench.invoices()] == [649, -150], bench.findings()
    assert bench.findings() == ["REFUND_MONEY_MISSING"], "the buyer is owed what was taken away"
    bench.act(order, "refund", amount="150.00")
    bench.rest()
    assert [(one["Total"], one["Balance"]) for one in bench.invoices()] == [(649, 0), (-150, 0)]
    assert (bench.balance(1510), bench.balance(1581), bench.findings()) == (0, 499, [])


def test_order_lowered_before_its_invoice_and_paid_back_is_booked_as_it_is_without_a_question(bench: Bench) -> None:
    bench.rules(trigger="fulfilled")
    order = bench.place(lines=[VASE, VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}])
    bench.act(order, "edit", remove=[{"line": 1}])
    bench.act(order, "fulfil")
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["PAYMENT_EXCEEDS_TOTAL"])
    bench.act(order, "refund", amount="200.00")
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert [(invoice["Total"], invoice["Balance"], invoice["Credit"]) for invoice in bench.invoices()] == [
        (499, 0, "false")
    ]
    assert (bench.balance(1510), bench.balance(1581)) == (0, 499)


def test_order_paid_twice_and_paid_back_once_credits_nothing(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    bench.act(order, "pay", gateway="shopify_payments", amount="499.00")
    bench.rest()
    assert bench.findings() == ["PAYMENT_EXCEEDS_TOTAL"]
    bench.act(order, "refund", amount="499.00")
    bench.rest()
    assert (bench.state(order), bench.findings(), len(bench.invoices())) == ("booked", [], 1)
    assert (bench.balance(1510), bench.balance(1581)) == (0, 499)


def test_money_that_came_too_much_by_card_and_went_back_otherwise_is_still_told(bench: Bench) -> None:
    order = bench.place(payments=[{"gateway": "klarna", "amount": "499.00"}])
    bench.rest()
    bench.act(order, "pay", gateway="shopify_payments", amount="100.00")
    bench.act(order, "refund", amount="100.00")
    bench.rest()
    assert bench.findings() == ["PAYMENT_EXCEEDS_TOTAL", "REFUND_BEYOND_CREDIT"]


def test_edit_that_is_heard_of_late_is_booked_on_the_day_it_was_made(bench: Bench) -> None:
    five_days_ago = datetime.now(UTC) - timedelta(days=5)
    bought = five_days_ago - timedelta(days=2)
    paid = CARD | {"at": bought.isoformat()}
    order = bench.place(lines=[VASE, SECOND_VASE], processed_at=bought.isoformat(), payments=[paid])
    bench.rest()
    bench.act(order, "edit", remove=[{"line": 1}], at=five_days_ago.isoformat())
    bench.act(order, "update", note="Ring först")  # the shop's own day of the newest change is today
    bench.rest()
    credit = next(invoice for invoice in bench.invoices() if invoice["Credit"] == "true")
    assert credit["InvoiceDate"] == five_days_ago.astimezone(ZoneInfo("Europe/Stockholm")).date().isoformat()
