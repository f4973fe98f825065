"""A daily look at what other hands did to our documents: noticed without events, said, and never booked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from app.schema import Connection, Operation
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import Person, remedied


def _look(bench: Bench) -> list[str]:
    """A day has passed: the documents are looked at. Returns the calls to Fortnox."""
    bench.emulators.kit.calls.clear()
    with bench.program.store.write() as session:
        row = session.get_one(Connection, bench.fortnox_id)
        row.documents_checked_until = None
    assert bench.program.scheduler.look_at_documents() == 1
    bench.rest()
    return bench.sent()


def _booked(bench: Bench, *, days_ago: int = 3) -> StoredOrder:
    order = bench.place(lines=[VASE])
    bench.rest()
    with bench.program.store.write() as session:
        session.execute(update(Operation).values(sent_at=datetime.now(UTC) - timedelta(days=days_ago)))
    return order


def _payment_goes(bench: Bench, *, number: str = "1") -> None:
    """A person takes a booked payment back, which the API refuses: so in the emulator's own books."""
    world = bench.emulators.world
    with world.lock:
        invoice = world.companies[bench.company].kind("invoices")[number]
        invoice.fields["Balance"] = invoice.fields["Total"]


def test_credit_by_hand_is_found_and_said(bench: Bench) -> None:
    order = _booked(bench)
    bench.api("PUT", "invoices/1/credit")
    calls = _look(bench)
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    assert {call.split()[0] for call in calls} == {"GET"}, "nothing is repaired by booking"


@pytest.mark.parametrize("references", [True, False])
def test_credit_by_hand_on_the_day_of_the_sale_is_found_by_the_credit_note_itself(
    bench: Bench,
    references: bool,  # noqa: FBT001 - a parameter
) -> None:
    bench.emulators.world.turn(credit_copies_references=references)
    order = _booked(bench, days_ago=0)
    bench.api("PUT", "invoices/1/credit")
    _look(bench)
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])


def test_payment_that_was_taken_back_long_after_is_found_among_what_is_open(bench: Bench) -> None:
    order = _booked(bench)
    _payment_goes(bench)
    with bench.emulators.world.lock:
        record = bench.emulators.world.companies[bench.company].kind("invoices")["1"]
        record.changed = datetime.now(UTC) - timedelta(days=60)
    _look(bench)
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    assert len(bench.payments()) == 1


def test_invoice_that_others_paid_in_the_seconds_before_us_is_found(bench: Bench, person: Person) -> None:
    order = _booked(bench, days_ago=0)
    day = bench.invoices()[0]["InvoiceDate"]
    payment = {"InvoiceNumber": 1, "Amount": 499, "ModeOfPaymentAccount": 1930, "PaymentDate": day}
    bench.api("POST", "invoicepayments", {"InvoicePayment": payment})
    bench.api("PUT", "invoicepayments/2/bookkeep")
    assert bench.balance(1510) == -499
    _look(bench)
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    with remedied(bench, "DIFFERS_IN_BOOKS", "BOOKED_BY_OTHER_HANDS"):
        person.answer(order, "DIFFERS_IN_BOOKS", "accept")


def test_invoice_cancelled_by_hand_before_it_was_booked_is_found(bench: Bench) -> None:
    bench.emulators.kit.faults.order("status", "PUT", "/3/invoices/*/bookkeep", times=None)
    order = bench.place()
    bench.run_jobs()
    bench.api("PUT", "invoices/1/cancel")
    bench.emulators.kit.faults.clear()
    _look(bench)
    assert bench.state(order) == "stopped"
    assert "DIFFERS_IN_BOOKS" in bench.findings()
    assert bench.invoices() == [], "it is not made anew"


def test_ordinary_day_costs_two_calls_and_stops_nothing(bench: Bench) -> None:
    order = bench.place(lines=[VASE])
    bench.rest()
    assert [call.split("?")[0] for call in _look(bench)] == ["GET invoices", "GET invoices"]
    bench.proves(order)


def test_credit_notes_and_set_offs_of_our_own_are_no_news(bench: Bench) -> None:
    order = bench.place(lines=[VASE | {"quantity": 2}])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert len(_look(bench)) == 2
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_invoice_that_others_only_wrote_on_is_read_once_and_goes_on(bench: Bench) -> None:
    order = _booked(bench)
    world = bench.emulators.world
    with world.lock:
        company = world.companies[bench.company]
        company.touch(company.kind("invoices")["1"])
    calls = _look(bench)
    assert [call.split("?")[0] for call in calls] == ["GET invoices", "GET invoices", "GET invoices/1"]
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_credit_note_of_somebody_elses_invoice_stops_nothing(bench: Bench) -> None:
    order = bench.place(lines=[VASE])
    bench.rest()
    row = {"Description": "Annat", "DeliveredQuantity": -1, "Price": 100, "AccountNumber": 3001}
    customer = bench.documents("customers")[0]["CustomerNumber"]
    bench.api("POST", "invoices", {"Invoice": {"CustomerNumber": customer, "InvoiceRows": [row]}})
    _look(bench)
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_look_is_taken_once_a_day(bench: Bench) -> None:
    _booked(bench)
    _look(bench)
    assert bench.program.scheduler.look_at_documents() == 0
    with bench.program.store.read() as session:
        checked_until = session.get_one(Connection, bench.fortnox_id).documents_checked_until
    assert checked_until is not None
    assert checked_until <= datetime.now(UTC)
    assert bench.balance(1510) == Decimal(0)


def test_invoice_that_somebody_else_made_of_our_order_is_told_until_it_is_gone(bench: Bench, person: Person) -> None:
    order = _booked(bench, days_ago=0)
    row = {"Price": 499, "VAT": 25, "DeliveredQuantity": 1, "AccountNumber": 3001}
    twin = {"CustomerNumber": "S7101", "ExternalInvoiceReference1": order.name, "VATIncluded": True}
    bench.api("POST", "invoices", {"Invoice": twin | {"InvoiceRows": [row]}})
    _look(bench)
    assert dict(bench.finding("ORDER_INVOICED_TWICE").data) == {"order": order.name, "documents": "1, 2"}
    with remedied(bench, "ORDER_INVOICED_TWICE"):
        bench.api("PUT", "invoices/2/cancel")
        person.retry_all("ORDER_INVOICED_TWICE")
    bench.proves(order)
