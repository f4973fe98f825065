"""Nothing from before, nothing twice: orders older than the connection, and orders that others invoiced already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.jobs.notifier import SilentNotifier
from app.ledgers.base import BookEvent
from app.master_data.entries import request_refresh
from app.model.order import books_day
from app.orders.given_answers import Answering
from app.reconciliation.ledger_events import BookEvents
from app.schema import Connection, RefreshRequest
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench

AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


def connected_now(bench: Bench) -> None:
    with bench.program.store.write() as session:
        session.get_one(Connection, bench.shop_id).created_at = datetime.now(UTC)


def invoiced_by_others(
    bench: Bench, *, total: int = 499, paid: bool = True, name: str = "Webbkund", **head: Any
) -> str:
    day = books_day(AN_HOUR_AGO).isoformat()
    customer = bench.api("POST", "customers", {"Customer": {"Name": name}})["Customer"]["CustomerNumber"]
    row = {"Description": "Vas", "DeliveredQuantity": 1, "Price": total, "VAT": 25, "AccountNumber": 3001}
    body = {"CustomerNumber": customer, "InvoiceDate": day, "VATIncluded": True, "InvoiceRows": [row], **head}
    number = str(bench.api("POST", "invoices", {"Invoice": body})["Invoice"]["DocumentNumber"])
    if paid:
        bench.api("PUT", f"invoices/{number}/bookkeep")
        money = {"InvoiceNumber": int(number), "Amount": total, "PaymentDate": day, "ModeOfPaymentAccount": 1581}
        payment = bench.api("POST", "invoicepayments", {"InvoicePayment": money})["InvoicePayment"]["Number"]
        bench.api("PUT", f"invoicepayments/{payment}/bookkeep")
    return number


def index_is_read(bench: Bench) -> None:
    with bench.program.store.write() as session:
        request_refresh(session, bench.fortnox_id, [("invoices", "")])
    bench.run_jobs()
    bench.emulators.kit.calls.clear()


def sold(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(processed_at=AN_HOUR_AGO.isoformat(), hear=False, **spec)
    order.body["created_at"] = AN_HOUR_AGO.isoformat()
    return order


def answer(bench: Bench, order: StoredOrder, said: str, number: str = "") -> None:
    finding = bench.finding("DUPLICATE_INVOICE_FOR_ORDER")
    answering = Answering(bench.program.store, SilentNotifier())
    assert answering(bench.tenant_id, bench.order_id(order), finding.id, said, "bo@example.se", number)
    bench.rest()


def test_order_from_before_the_connection_is_left_alone_when_it_is_touched(bench: Bench) -> None:
    connected_now(bench)
    order = sold(bench)
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.documents("invoices"), bench.findings()) == ("skipped", [], [])
    bench.rules(cut_over=books_day(AN_HOUR_AGO).isoformat())
    bench.hear(order)
    bench.rest()
    assert bench.state(order) == "booked"


def test_refund_of_an_order_from_before_the_connection_is_a_finding_and_no_document(bench: Bench) -> None:
    connected_now(bench)
    order = sold(bench)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert (bench.findings(), bench.documents("invoices")) == (["REFUND_OF_EARLIER_ORDER"], [])


@pytest.mark.parametrize("place", ["YourOrderNumber", "ExternalInvoiceReference1", "ExternalInvoiceReference2"])
@pytest.mark.parametrize("written", ["#{name}", "{name}"])
def test_invoice_of_others_is_adopted_and_the_order_not_booked_twice(bench: Bench, place: str, written: str) -> None:
    order = sold(bench)
    head: dict[str, Any] = {place: written.format(name=order.name.lstrip("#"))}
    number = invoiced_by_others(bench, **head)
    index_is_read(bench)
    bench.hear(order)
    bench.rest()
    assert [str(invoice["DocumentNumber"]) for invoice in bench.invoices()] == [number]
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert (bench.balance(1581), len(bench.payments())) == (499, 1)


def test_order_that_is_older_than_the_index_is_asked_for_in_fortnox(bench: Bench) -> None:
    order = sold(bench)
    number = invoiced_by_others(bench, YourOrderNumber=order.name)
    bench.hear(order)
    bench.rest()
    assert [str(invoice["DocumentNumber"]) for invoice in bench.invoices()] == [number]


def test_number_that_only_contains_the_orders_is_another_ones(bench: Bench) -> None:
    order = sold(bench)
    invoiced_by_others(bench, total=499, YourOrderNumber=f"1{order.name.lstrip('#')}")
    index_is_read(bench)
    bench.hear(order)
    bench.rest()
    assert (len(bench.invoices()), bench.state(order), bench.findings()) == (2, "booked", [])


def test_invoice_that_is_not_paid_is_asked_about(bench: Bench) -> None:
    order = sold(bench)
    number = invoiced_by_others(bench, paid=False, ExternalInvoiceReference1=order.name)
    index_is_read(bench)
    bench.hear(order)
    bench.rest()
    assert (bench.findings(), len(bench.invoices())) == (["DUPLICATE_INVOICE_FOR_ORDER"], 1)
    assert bench.finding("DUPLICATE_INVOICE_FOR_ORDER").data["documents"] == number
    answer(bench, order, "other_sale")
    assert (bench.findings(), len(bench.invoices()), bench.state(order)) == ([], 2, "booked")


def test_word_on_one_invoice_holds_for_no_other_that_is_made_later(bench: Bench) -> None:
    order = sold(bench)
    first = invoiced_by_others(bench, paid=False, ExternalInvoiceReference1=order.name)
    index_is_read(bench)
    bench.hear(order)
    bench.rest()
    assert bench.finding("DUPLICATE_INVOICE_FOR_ORDER").data["documents"] == first
    number = invoiced_by_others(bench, paid=False, YourOrderNumber=order.name)
    index_is_read(bench)
    answer(bench, order, "other_sale")
    assert (bench.findings(), len(bench.invoices())) == (["DUPLICATE_INVOICE_FOR_ORDER"], 2)
    assert bench.finding("DUPLICATE_INVOICE_FOR_ORDER").data["documents"] == number
    answer(bench, order, "other_sale")
    assert (bench.findings(), len(bench.invoices()), bench.state(order)) == ([], 3, "booked")


def test_what_stands_may_be_accepted(bench: Bench) -> None:
    order = sold(bench)
    invoiced_by_others(bench, total=450, ExternalInvoiceReference1=order.name)
    index_is_read(bench)
    bench.hear(order)
    bench.rest()
    answer(bench, order, "accept")
    assert (bench.findings(), len(bench.invoices())) == (["BOOKED_BY_OTHER_HANDS"], 1)


def test_same_customer_amount_and_day_is_asked_about(bench: Bench) -> None:
    order = sold(bench)
    invoiced_by_others(bench, name="Anna Lindqvist")
    index_is_read(bench)
    bench.hear(order)
    bench.rest()
    assert bench.findings() == ["DUPLICATE_INVOICE_FOR_ORDER"]


def test_steady_order_costs_four_calls_though_others_make_invoices_too(bench: Bench) -> None:
    bench.warm()
    invoiced_by_others(bench, total=499)
    index_is_read(bench)
    first = bench.place()
    bench.run_jobs()
    bench.emulators.kit.calls.clear()
    second = bench.place()
    bench.run_jobs()
    assert {bench.state(first), bench.state(second)} == {"booked"}
    assert len(bench.sent()) == 4


def test_invoice_that_others_make_later_is_read_into_the_index(bench: Bench) -> None:
    number = invoiced_by_others(bench)
    events = BookEvents(bench.program.store, "fortnox")
    made = BookEvent("invoices", "1", "invoice", "created", str(bench.company), number, datetime.now(UTC))
    assert events.apply(made)
    with bench.program.store.read() as session:
        assert session.scalars(select(RefreshRequest.kind)).all() == ["invoices"]
