"""A company with Fortnox's warehouse module: documents are marked ready before they are booked, and never twice.

Facts: fortnox-api.md 3.16; fortnox.se/developer, "Warehouse information" and "Warehouse resource specific fields".
"""

from __future__ import annotations

from typing import Any

import pytest

from app.main import Retries
from app.reconciliation.ledger_events import compare_again
from app.tenants.company_state import pause, resume
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import Person, remedied

READY = "/3/invoices/*/warehouseready"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.company_is(warehouse=True)
    return bench


def in_stock(bench: Bench, quantity: int, **fields: Any) -> None:
    """The vase as an article that the warehouse keeps."""
    article = {"ArticleNumber": "GF-VAS-01", "Description": "Vas", "StockGoods": True, "QuantityInStock": quantity}
    bench.api("POST", "articles", {"Article": article | fields})


def stock(bench: Bench) -> Any:
    return bench.api("GET", "articles/GF-VAS-01")["Article"]["QuantityInStock"]


def stock_is(bench: Bench, quantity: int) -> None:
    """A person corrects the balance."""
    bench.api("PUT", "articles/GF-VAS-01", {"Article": {"QuantityInStock": quantity}})


def booked(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**spec)
    bench.rest()
    assert (bench.findings(), bench.state(order)) == ([], "booked")
    return order


def test_an_invoice_is_marked_ready_and_then_booked_for_one_call_more(bench: Bench) -> None:
    order = bench.place()
    bench.run_jobs()
    bench.proves(order)
    assert bench.sent() == [
        "POST customers", "POST articles", "POST invoices", "PUT invoices/1/warehouseready", "PUT invoices/1/bookkeep",
        "POST invoicepayments", "PUT invoicepayments/1/bookkeep",
    ]  # fmt: skip
    steps = ["customer:S7101", "article:GF-VAS-01", "invoice", "invoice:ready", "invoice:book"]
    assert list(bench.steps())[:5] == steps


def test_without_the_module_there_is_no_mark(bench: Bench) -> None:
    bench.company_is(warehouse=False)
    order = bench.place()
    bench.run_jobs()
    bench.proves(order)
    assert not [one for one in bench.sent() if "warehouseready" in one]
    assert "invoice:ready" not in bench.steps()


@pytest.mark.parametrize("needs_ready", [True, False])
def test_a_credit_note_gets_the_mark_if_it_needs_it(
    bench: Bench,
    needs_ready: bool,  # noqa: FBT001 - a parameter
) -> None:
    bench.emulators.world.turn(credit_needs_ready=needs_ready)
    order = booked(bench, lines=[VASE | {"quantity": 2}])
    for line in range(2):  # the credit note that Fortnox makes, and one that we make
        bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
        bench.rest()
        assert (line, bench.findings(), bench.state(order)) == (line, [], "booked")
    marks = [one for one in bench.sent() if "warehouseready" in one]
    assert len(marks) == (3 if needs_ready else 1)
    assert [invoice["Booked"] for invoice in bench.invoices()] == [True, True, True]
    assert bench.balance(1510) == bench.balance(1581) == 0


def test_goods_leave_the_stock_once_and_come_back_with_the_credit_note(bench: Bench) -> None:
    in_stock(bench, 10)
    order = booked(bench, lines=[VASE | {"quantity": 3}])
    assert stock(bench) == 7
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert stock(bench) == 8


@pytest.mark.parametrize("again", ["accepted", "refused"])
@pytest.mark.parametrize("kind", ["close_after", "close_before", "status"])
def test_a_mark_whose_answer_was_lost_is_looked_for(bench: Bench, kind: Any, again: str) -> None:
    bench.emulators.world.turn(ready_again=again)
    bench.emulators.kit.faults.order(kind, "PUT", READY, **({"status": 502} if kind == "status" else {}))
    order = bench.place()
    bench.rest()
    bench.proves(order)


def test_the_module_is_turned_on_while_an_invoice_waits_for_its_booking(bench: Bench) -> None:
    """The answer to the invoice said that it needs no mark; the refusal says otherwise."""
    bench.company_is(warehouse=False)
    bench.emulators.kit.faults.order("close_before", "PUT", "/3/invoices/*/bookkeep")
    order = bench.place()
    bench.run_jobs()
    bench.company_is(warehouse=True)
    with bench.emulators.world.lock:
        invoice = bench.emulators.world.companies[bench.company].kind("invoices")["1"]
        invoice.fields["WarehouseReady"] = False
    bench.rest()
    bench.proves(order)
    assert len([one for one in bench.sent() if "warehouseready" in one]) == 1


class TestOutOfStock:
    """The warehouse lowers what is delivered to nothing; the draft is mended, and no second document is made."""

    @pytest.fixture
    def emptied(self, bench: Bench) -> Bench:
        in_stock(bench, 0)
        bench.place()
        bench.run_jobs()
        assert bench.findings() == ["FORTNOX_WAREHOUSE_ZEROED"]
        assert [(invoice["Booked"], invoice["Total"], invoice["WarehouseReady"]) for invoice in bench.invoices()] == [
            (False, 0, False)
        ]
        return bench

    @pytest.mark.parametrize("way", ["balance", "negative", "no_stock"])
    def test_each_remedy_ends_in_the_same_document_booked(self, emptied: Bench, person: Person, way: str) -> None:
        with remedied(emptied, "FORTNOX_WAREHOUSE_ZEROED"):
            match way:
                case "balance":
                    stock_is(emptied, 5)
                case "negative":
                    emptied.company_is(negative_stock=True)
                case _:
                    emptied.api("PUT", "articles/GF-VAS-01", {"Article": {"StockGoods": False}})
            person.retry_all("FORTNOX_WAREHOUSE_ZEROED")
        emptied.proves(*emptied.orders.values())
        assert len(emptied.documents("invoices")) == 1

    def test_it_stays_as_it_is_while_nothing_is_done(self, emptied: Bench) -> None:
        Retries(emptied.program).code(emptied.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
        emptied.rest()
        assert emptied.findings() == ["FORTNOX_WAREHOUSE_ZEROED"]
        assert len(emptied.documents("invoices")) == 1

    def test_it_is_not_written_again_while_the_company_is_paused(self, emptied: Bench) -> None:
        with emptied.program.store.write() as session:
            pause(session, emptied.tenant_id, by="anna@example.se")
        stock_is(emptied, 5)
        emptied.emulators.kit.calls.clear()
        Retries(emptied.program).code(emptied.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
        emptied.rest()
        assert [call for call in emptied.calls() if call.method != "GET"] == []
        with emptied.program.store.write() as session:
            resume(session, emptied.tenant_id, by="anna@example.se")
        Retries(emptied.program).code(emptied.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
        emptied.rest()
        emptied.proves(*emptied.orders.values())

    def test_a_draft_that_a_person_cancels_is_made_anew(self, emptied: Bench) -> None:
        stock_is(emptied, 5)
        emptied.api("PUT", "invoices/1/cancel")
        Retries(emptied.program).code(emptied.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
        emptied.rest()
        emptied.proves(*emptied.orders.values())
        assert [document["Cancelled"] for document in emptied.documents("invoices")] == [True, False]

    def test_a_draft_that_a_person_corrects_in_fortnox_is_booked(self, emptied: Bench) -> None:
        stock_is(emptied, 5)
        emptied.api("PUT", "invoices/1", {"Invoice": {"InvoiceRows": [{"DeliveredQuantity": 1}]}})
        Retries(emptied.program).order(emptied.tenant_id, emptied.order_id())
        emptied.rest()
        emptied.proves(*emptied.orders.values())

    def test_a_later_refund_of_it_is_credited(self, emptied: Bench) -> None:
        (order,) = emptied.orders.values()
        stock_is(emptied, 5)
        Retries(emptied.program).order(emptied.tenant_id, emptied.order_id())
        emptied.rest()
        emptied.act(order, "refund", lines=[{"line": 0}])
        emptied.rest()
        assert (emptied.findings(), emptied.state(order)) == ([], "booked")
        assert emptied.balance(1510) == emptied.balance(1581) == 0

    def test_found_after_a_lost_answer_it_is_ours_and_mended(self, bench: Bench) -> None:
        in_stock(bench, 0)
        bench.emulators.kit.faults.order("close_after", "POST", "/3/invoices")
        order = bench.place()
        bench.rest()
        assert bench.findings() == ["FORTNOX_WAREHOUSE_ZEROED"]
        stock_is(bench, 5)
        Retries(bench.program).order(bench.tenant_id, bench.order_id())
        bench.rest()
        bench.proves(order)

    @pytest.mark.parametrize("short", ["kept", "cut"])
    def test_less_than_is_wanted_is_booked_whole_or_told(self, bench: Bench, short: str) -> None:
        bench.emulators.world.turn(short_stock=short)
        in_stock(bench, 2)
        order = bench.place(lines=[VASE | {"quantity": 3}])
        bench.rest()
        if short == "cut":
            assert bench.findings() == ["FORTNOX_WAREHOUSE_ZEROED"]
            stock_is(bench, 5)
            Retries(bench.program).order(bench.tenant_id, bench.order_id())
            bench.rest()
        bench.proves(order)


class TestOrderFirst:
    """A Fortnox order delivers only in the state "delivery", is marked ready, and is invoiced then."""

    @pytest.fixture
    def bench(self, bench: Bench) -> Bench:
        bench.rules(document_flow="order_first")
        return bench

    @pytest.mark.parametrize(("invoice_of", "locks"), [("open", "all"), ("ready", "stock"), ("open", "stock")])
    def test_order_and_invoice_are_booked(self, bench: Bench, invoice_of: str, locks: str) -> None:
        bench.emulators.world.turn(invoice_of_ready_order=invoice_of, ready_locks=locks)
        in_stock(bench, 10)
        order = booked(bench)
        bench.proves(order)
        (standing,) = bench.documents("orders")
        assert (standing["DeliveryState"], standing["WarehouseReady"]) == ("delivery", True)
        marks = [one for one in bench.sent() if "warehouseready" in one]
        of_invoice = [] if invoice_of == "ready" else ["PUT invoices/1/warehouseready"]
        assert marks == ["PUT orders/1/warehouseready", *of_invoice]
        assert stock(bench) == 9

    def test_an_invoice_that_is_locked_before_it_has_its_day_is_told(self, bench: Bench, person: Person) -> None:
        """Were the invoice of a ready order locked whole, its day and references could not be written any more."""
        bench.emulators.world.turn(invoice_of_ready_order="ready", ready_locks="all")
        order = bench.place(processed_at="2026-10-20T12:00:00+02:00")
        bench.rest()
        assert (bench.state(order), bench.findings()) == ("stopped", ["FORTNOX_WAREHOUSE_REFUSED"])
        assert [invoice["Booked"] for invoice in bench.invoices()] == [False]
        with remedied(bench, "FORTNOX_WAREHOUSE_REFUSED", "HANDLED_BY_HAND"):
            person.answer(order, "FORTNOX_WAREHOUSE_REFUSED", "by_hand", number="A 3")

    def test_an_emptied_order_is_mended_before_it_is_marked(self, bench: Bench) -> None:
        in_stock(bench, 0)
        order = bench.place()
        bench.rest()
        assert bench.findings() == ["FORTNOX_WAREHOUSE_ZEROED"]
        assert (len(bench.documents("orders")), bench.invoices()) == (1, [])
        stock_is(bench, 5)
        Retries(bench.program).code(bench.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
        bench.rest()
        bench.proves(order)
        assert len(bench.documents("orders")) == 1

    def test_an_emptied_order_that_a_person_cancels_is_made_anew(self, bench: Bench) -> None:
        in_stock(bench, 0)
        order = bench.place()
        bench.rest()
        stock_is(bench, 5)
        bench.api("PUT", "orders/1/cancel")
        Retries(bench.program).code(bench.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
        bench.rest()
        bench.proves(order)
        assert [document["Cancelled"] for document in bench.documents("orders")] == [True, False]


def test_a_draft_that_other_hands_cancelled_is_made_anew_when_a_person_says_so(bench: Bench, person: Person) -> None:
    bench.emulators.kit.faults.order("status", "PUT", "/3/invoices/*/bookkeep", status=400)
    order = bench.place()
    bench.run_jobs()
    bench.api("PUT", "invoices/1/cancel")
    with bench.program.store.write() as session:
        compare_again(session, [bench.job().id], "invoice-cancelled")
    bench.rest()
    assert bench.findings() == ["DIFFERS_IN_BOOKS"]
    with remedied(bench, "DIFFERS_IN_BOOKS"):
        person.answer(order, "DIFFERS_IN_BOOKS", "anew")
    bench.proves(order)


def test_a_company_with_stock_points_names_the_one_that_goods_leave(bench: Bench, person: Person) -> None:
    bench.company_is(stock_points=True)
    in_stock(bench, 10)
    order = bench.place()
    bench.rest()
    with remedied(bench, "FORTNOX_REFUSED_UNKNOWN"):
        assert bench.finding("FORTNOX_REFUSED_UNKNOWN").data["message"] == "Lagerställe måste anges."
        person.set(stock_point="GBG")
    bench.proves(order)
    assert bench.invoices()[0]["InvoiceRows"][0]["StockPointCode"] == "GBG"
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert (bench.findings(), bench.balance(1510)) == ([], 0)
