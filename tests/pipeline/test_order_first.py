"""A tenant who works with orders in Fortnox: the order stands there first, and the invoice is made of it, once."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

ORDERS = "/3/orders"
INVOICED = "/3/orders/*/createinvoice"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.rules(document_flow="order_first")
    return bench


def booked(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**spec)
    bench.rest()
    assert (bench.findings(), bench.state(order)) == ([], "booked")
    return order


def test_invoice_comes_of_an_order_with_the_same_rows_day_and_references(bench: Bench) -> None:
    order = booked(bench)

    (standing,), (invoice,) = bench.documents("orders"), bench.invoices()
    assert invoice["OrderReference"] == standing["DocumentNumber"]
    assert standing["InvoiceReference"] == invoice["DocumentNumber"]
    assert (standing["OrderDate"], standing["ExternalInvoiceReference1"]) == (invoice["InvoiceDate"], order.name)
    assert invoice["ExternalInvoiceReference1"] == order.name
    assert standing["Total"] == invoice["Total"]
    assert bench.balance(1510) == 0


def test_an_order_of_last_month_gives_an_invoice_of_its_own_day(bench: Bench) -> None:
    booked(bench, processed_at="2026-10-20T12:00:00+02:00")

    assert bench.invoices()[0]["InvoiceDate"] == "2026-10-20"


def test_foreign_currency_is_invoiced_at_the_rate_of_the_sale(bench: Bench) -> None:
    booked(bench, presentment={"currency": "EUR", "rate": "0.09"})

    (invoice,) = bench.invoices()
    assert invoice["Currency"] == "EUR"
    assert bench.balance(1510) == 0


@pytest.mark.parametrize(("method", "path"), [("POST", ORDERS), ("PUT", INVOICED), ("PUT", "/3/invoices/*")])
def test_a_lost_answer_doubles_neither_order_nor_invoice(bench: Bench, method: str, path: str) -> None:
    bench.emulators.kit.faults.order("close_after", method, path)

    booked(bench)

    assert (len(bench.documents("orders")), len(bench.documents("invoices"))) == (1, 1)
    assert bench.balance(1510) == 0


@pytest.mark.parametrize(("method", "path"), [("POST", ORDERS), ("PUT", INVOICED), ("PUT", "/3/invoices/*")])
def test_a_request_that_never_arrived_is_sent_again(bench: Bench, method: str, path: str) -> None:
    bench.emulators.kit.faults.order("close_before", method, path)

    booked(bench)

    assert (len(bench.documents("orders")), len(bench.documents("invoices"))) == (1, 1)


def test_a_shop_order_that_changes_between_order_and_invoice_ends_right(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_before", "PUT", INVOICED)
    order = bench.place(lines=[VASE | {"quantity": 2}])
    bench.run_jobs()
    assert len(bench.documents("orders")) == 1
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()

    assert (bench.findings(), bench.state(order)) == ([], "booked")
    assert sum(invoice["Total"] for invoice in bench.invoices()) == 499
    assert bench.balance(1510) == 0
    assert len(bench.documents("orders")) == 1


def test_credit_notes_are_made_of_the_invoice_and_have_no_order(bench: Bench) -> None:
    order = booked(bench)
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()

    assert bench.findings() == []
    assert [invoice["Total"] for invoice in bench.invoices()] == [499, -499]
    assert len(bench.documents("orders")) == 1


def test_an_order_of_many_rows_becomes_parts_with_an_order_each(bench: Bench) -> None:
    bench.rules(document_flow="order_first", max_rows=2)
    lines = [VASE | {"sku": f"GF-{number}", "title": f"Vas {number}"} for number in range(5)]
    booked(bench, lines=lines)

    assert len(bench.documents("orders")) == len(bench.invoices()) == 3
    assert sum(invoice["Total"] for invoice in bench.invoices()) == 5 * 499


def test_order_restored_from_nothing_is_found_and_not_made_again(bench: Bench) -> None:
    """The database was lost after booking: order and invoice are found by the shop's name for them."""
    order = booked(bench)
    bench.forget()
    bench.hear(order)
    bench.rest()

    assert (bench.findings(), bench.state(order)) == ([], "booked")
    assert (len(bench.documents("orders")), len(bench.documents("invoices"))) == (1, 1)
    assert len(bench.payments()) == 1
