"""Refunds of orders that were sold and booked before Bokbro: their invoice is found and credited, never made again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.jobs.notifier import SilentNotifier
from app.model.order import books_day
from app.orders.given_answers import Answering
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.earlier_orders import booked_by_others, our_documents, refunded, sold_before


def test_invoice_of_others_is_found_though_our_own_references_have_a_prefix(bench: Bench) -> None:
    order = sold_before(bench)
    bench.rules(cut_over=books_day(datetime.now(UTC) - timedelta(days=2)).isoformat(), reference_prefix="SE-")
    number = booked_by_others(bench, order, ExternalInvoiceReference1=order.name)
    refunded(bench, order)
    assert [our["Total"] for our in our_documents(bench, number)] == [-200]


@pytest.mark.parametrize("place", ["YourOrderNumber", "ExternalInvoiceReference1", "ExternalInvoiceReference2"])
def test_refund_is_credited_on_the_account_and_to_the_customer_of_the_invoice_that_others_made(
    bench: Bench, place: str
) -> None:
    order = sold_before(bench)
    number = booked_by_others(bench, order, **{"YourOrderNumber": "", place: order.name})
    refunded(bench, order)
    (credit,) = our_documents(bench, number)
    original = next(invoice for invoice in bench.invoices() if str(invoice["DocumentNumber"]) == number)
    assert (credit["Total"], credit["Booked"], credit["Balance"]) == (-200, True, 0)
    assert [row["AccountNumber"] for row in credit["InvoiceRows"]] == [3041]
    assert credit["CustomerNumber"] == original["CustomerNumber"]
    assert original["CreditInvoiceReference"] == credit["DocumentNumber"]
    assert (bench.balance(1510), bench.balance(1581)) == (0, Decimal(-200))
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_second_refund_is_a_credit_note_of_its_own_and_the_sale_is_never_made(bench: Bench) -> None:
    order = sold_before(bench)
    number = booked_by_others(bench, order)
    refunded(bench, order)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert [our["Total"] for our in our_documents(bench, number)] == [-200, -499]
    assert bench.balance(3041) == 0
    assert len([invoice for invoice in bench.invoices() if invoice["Total"] > 0]) == 1
    assert bench.findings() == []


def test_refund_without_any_invoice_asks_and_books_nothing(bench: Bench) -> None:
    order = sold_before(bench)
    refunded(bench, order)
    assert (bench.state(order), bench.findings(), bench.invoices()) == ("stopped", ["REFUND_OF_EARLIER_ORDER"], [])


def _answer(bench: Bench, order: StoredOrder, answer: str, number: str = "") -> bool:
    finding = bench.finding("REFUND_OF_EARLIER_ORDER")
    answering = Answering(bench.program.store, SilentNotifier())
    kept = answering(bench.tenant_id, bench.order_id(order), finding.id, answer, "bo@example.se", number)
    bench.rest()
    return kept


def test_invoice_that_a_person_names_is_credited(bench: Bench) -> None:
    order = sold_before(bench)
    number = booked_by_others(bench, order, YourOrderNumber="")
    refunded(bench, order)
    assert bench.findings() == ["REFUND_OF_EARLIER_ORDER"]
    assert _answer(bench, order, "invoice", number)
    assert [our["Total"] for our in our_documents(bench, number)] == [-200]
    assert (bench.state(order), bench.findings()) == ("booked", [])


@pytest.mark.parametrize("number", ["", "999", "12; 13"])
def test_number_of_no_invoice_credits_nothing_and_asks_again(bench: Bench, number: str) -> None:
    order = sold_before(bench)
    refunded(bench, order)
    assert _answer(bench, order, "invoice", number) is (number == "999")
    assert (bench.findings(), bench.invoices()) == (["REFUND_OF_EARLIER_ORDER"], [])


def test_order_number_inside_another_one_is_not_taken_for_it(bench: Bench) -> None:
    order = sold_before(bench)
    number = booked_by_others(bench, order, YourOrderNumber=f"1{order.name.lstrip('#')}")
    refunded(bench, order)
    assert (bench.findings(), our_documents(bench, number)) == (["REFUND_OF_EARLIER_ORDER"], [])


def test_two_invoices_of_one_order_are_a_question(bench: Bench) -> None:
    order = sold_before(bench)
    both = [booked_by_others(bench, order) for _time in range(2)]
    refunded(bench, order)
    assert bench.finding("REFUND_OF_EARLIER_ORDER").data["documents"] == ", ".join(both)
    assert our_documents(bench, *both) == []


def test_invoice_that_was_credited_before_is_a_question(bench: Bench) -> None:
    order = sold_before(bench)
    number = booked_by_others(bench, order)
    bench.api("PUT", f"invoices/{number}/credit")
    before = len(bench.invoices())
    refunded(bench, order)
    assert (bench.findings(), len(bench.invoices())) == (["REFUND_OF_EARLIER_INVOICE"], before)


def test_person_who_credits_by_hand_says_so_and_is_not_asked_again(bench: Bench) -> None:
    order = sold_before(bench)
    refunded(bench, order)
    assert _answer(bench, order, "accept")
    assert (bench.state(order), bench.findings(), bench.invoices()) == ("booked", ["BOOKED_BY_OTHER_HANDS"], [])
