"""What stops an order, and what lets it go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from app.connections.repository import Connected
from app.kit.http.call_budget import RateLimitedError
from app.ledgers.base import Company, Ledger
from app.main import Retries, welcome
from app.master_data.cache import MasterData
from app.model.order import books_day
from tests.support.pipeline.bench import CARD, VASE, Bench, order_job, with_books, with_order_job
from tests.support.pipeline.stops import REFUSAL


def _inactive(bench: Bench, *accounts: int) -> None:
    """In Fortnox, and known to us."""
    for account in accounts:
        for year in (1, 2):
            bench.api("PUT", f"accounts/{account}?financialyear={year}", {"Account": {"Active": False}})
    bench.warm()


def _active(bench: Bench, account: int) -> None:
    for year in (1, 2):
        bench.api("PUT", f"accounts/{account}?financialyear={year}", {"Account": {"Active": True}})
    bench.emulators.kit.calls.clear()


def test_an_inactive_account_stops_the_order_before_anything_is_sent(bench: Bench) -> None:
    _inactive(bench, 3001)
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("stopped", ["FORTNOX_ACCOUNT_INACTIVE"])
    assert bench.calls("POST") == []
    assert bench.job(order).due_at is None


def test_it_is_released_when_the_register_has_changed(bench: Bench) -> None:
    _inactive(bench, 3001)
    order = bench.place()
    bench.run_jobs()
    _active(bench, 3001)
    assert bench.program.scheduler.recheck_registers() == 1
    bench.run_jobs()
    bench.proves(order)


def test_it_stays_where_it_is_when_nothing_has_changed(bench: Bench) -> None:
    _inactive(bench, 3001)
    order = bench.place()
    bench.run_jobs()
    assert bench.program.scheduler.recheck_registers() == 0
    assert bench.job(order).due_at is None


def test_it_is_released_by_a_person_at_once_however_fresh_the_register_is(bench: Bench) -> None:
    _inactive(bench, 3001)
    order = bench.place()
    bench.run_jobs()
    _active(bench, 3001)
    assert Retries(bench.program).order(bench.tenant_id, bench.order_id(order))
    bench.run_jobs()
    bench.proves(order)


def test_a_person_releases_all_with_one_code_for_one_reading_of_the_register(bench: Bench) -> None:
    _inactive(bench, 3001)
    orders = [bench.place() for _order in range(3)]
    bench.run_jobs()
    _active(bench, 3001)
    assert Retries(bench.program).code(bench.tenant_id, "FORTNOX_ACCOUNT_INACTIVE") == 3
    bench.run_jobs()
    assert len(bench.calls("GET", "/3/accounts")) == 1
    bench.proves(*orders)


def test_what_one_order_finds_mended_releases_the_others_too(bench: Bench) -> None:
    _inactive(bench, 3001)
    first = bench.place()
    bench.run_jobs()
    _active(bench, 3001)
    bench.pass_time()
    second = bench.place()
    bench.run_jobs()
    bench.proves(first, second)


def test_a_register_that_changed_releases_its_orders_though_the_next_one_could_not_be_read(bench: Bench) -> None:
    class SpentBudget:
        def read_records(self, company: Company, kind: str, days: Any) -> Any:
            if kind == "currencies":
                raise RateLimitedError(1.0)
            return bench.program.books.read_records(company, kind, days)

    _inactive(bench, 3001)
    order = bench.place()
    bench.run_jobs()
    _active(bench, 3001)
    register = MasterData(bench.program.store, cast("Ledger", SpentBudget()))
    with pytest.raises(RateLimitedError):
        register.refresh(bench.books, ["accounts", "currencies"], [books_day(bench.program.now())])
    bench.run_jobs()
    bench.proves(order)


def test_connecting_again_releases_what_the_registers_read_then_have_mended(bench: Bench) -> None:
    _inactive(bench, 3001)
    order = bench.place()
    bench.run_jobs()
    _active(bench, 3001)
    welcome(bench.program, Connected(bench.fortnox_id, "Granström Form AB", renewed=True))
    bench.run_jobs()
    bench.proves(order)


def test_a_person_of_another_tenant_releases_nothing(bench: Bench) -> None:
    order = bench.place(payments=[])
    bench.run_jobs()
    assert not Retries(bench.program).order(bench.tenant_id + 1, bench.order_id(order))
    assert bench.job(order).due_at is None


@pytest.mark.parametrize(
    ("method", "path", "stands"),
    [
        ("POST", "/3/customers", (0, 0)),
        ("POST", "/3/articles", (0, 0)),
        ("POST", "/3/invoices", (0, 0)),
        ("PUT", "/3/invoices/*/bookkeep", (1, 0)),
        ("POST", "/3/invoicepayments", (1, 0)),
        ("PUT", "/3/invoicepayments/*/bookkeep", (1, 1)),
    ],
)
def test_a_refusal_nobody_could_foresee_stops_with_fortnox_words_and_a_retry_finishes(
    bench: Bench, method: str, path: str, stands: tuple[int, int]
) -> None:
    order = bench.place()
    bench.emulators.kit.faults.order("status", method, path, status=400, body=REFUSAL)
    bench.run_jobs()
    assert (bench.state(order), bench.job(order).due_at) == ("stopped", None)
    assert (len(bench.invoices()), len(bench.payments())) == stands
    finding = bench.finding("FORTNOX_REFUSED_UNKNOWN")
    assert (finding.data["number"], finding.data["message"]) == ("2099999", "Ett fel vi aldrig sett.")
    Retries(bench.program).order(bench.tenant_id, bench.order_id(order))
    bench.run_jobs()
    bench.proves(order)


def test_a_refused_order_is_checked_anew_before_it_is_sent_again(bench: Bench) -> None:
    order = bench.place()
    bench.emulators.kit.faults.order("status", "POST", "/3/invoices", status=400, body=REFUSAL)
    bench.run_jobs()
    bench.company_is(locked_until=books_day(datetime.now(UTC)))
    bench.warm()
    bench.hear(order)
    bench.run_jobs()
    assert bench.findings() == ["FORTNOX_PERIOD_LOCKED"]
    assert bench.calls("POST", "/3/invoices") == []


@pytest.fixture
def zeroed(bench: Bench) -> Bench:
    """An invoice that the warehouse module emptied: the article is out of stock there."""
    bench.company_is(warehouse=True)
    bench.api("POST", "articles", {"Article": {"ArticleNumber": "GF-VAS-01", "Description": "Vas", "StockGoods": True}})
    bench.place()
    bench.run_jobs()
    return bench


def _resolved(bench: Bench) -> None:
    bench.api("PUT", "articles/GF-VAS-01", {"Article": {"StockGoods": False}})
    row = {"ArticleNumber": "GF-VAS-01", "DeliveredQuantity": "1", "Price": 499, "VAT": 25, "AccountNumber": 3001}
    bench.api("PUT", "invoices/1", {"Invoice": {"InvoiceRows": [row]}})
    bench.api("PUT", "invoices/1/warehouseready")


def test_an_invoice_that_the_warehouse_emptied_is_not_booked(zeroed: Bench) -> None:
    assert zeroed.findings() == ["FORTNOX_WAREHOUSE_ZEROED"]
    assert [(invoice["Booked"], invoice["Total"]) for invoice in zeroed.invoices()] == [(False, 0)]
    assert zeroed.payments() == []


def test_it_goes_on_when_the_warehouse_is_mended(zeroed: Bench) -> None:
    _resolved(zeroed)
    Retries(zeroed.program).code(zeroed.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
    zeroed.rest()
    zeroed.proves(*zeroed.orders.values())


@pytest.mark.parametrize("kind", ["close_before", "html_page", "status", "unauthorized", "malformed_json"])
def test_a_failed_second_look_at_it_does_not_make_a_second_invoice(zeroed: Bench, kind: Any) -> None:
    zeroed.emulators.kit.faults.order(kind, "GET", "/3/invoices/1", times=2)
    Retries(zeroed.program).code(zeroed.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
    zeroed.run_jobs()
    _resolved(zeroed)
    zeroed.rest()
    Retries(zeroed.program).order(zeroed.tenant_id, zeroed.order_id())
    zeroed.rest()
    zeroed.proves(*zeroed.orders.values())


def test_with_fortnox_out_of_reach_the_second_look_does_not_make_a_second_invoice(zeroed: Bench) -> None:
    client = zeroed.program.books.client
    away = replace(client, api_url="http://127.0.0.1:1")
    orders = order_job(zeroed.program.worker)
    books = replace(zeroed.program.books, client=away)
    lost = with_books(orders, books)
    Retries(zeroed.program).code(zeroed.tenant_id, "FORTNOX_WAREHOUSE_ZEROED")
    with_order_job(zeroed.program.worker, lost).run()
    assert zeroed.steps()["invoice"] == "done"
    _resolved(zeroed)
    zeroed.rest()
    zeroed.proves(*zeroed.orders.values())


class TestWhatStandsThereIsNotWhatWasAsked:
    """The company's invoices come back other than they were sent; a person mends them in Fortnox."""

    @pytest.fixture
    def differing(self, bench: Bench) -> Bench:
        """An invoice whose quantity somebody's rule in Fortnox changed before we could book it."""
        bench.emulators.kit.faults.order("close_after", "POST", "/3/invoices")
        bench.place(lines=[VASE | {"quantity": 2}])
        bench.run_jobs()
        self.changed(bench, 1)
        bench.rest()
        return bench

    def changed(self, bench: Bench, quantity: int) -> None:
        row = bench.invoices()[0]["InvoiceRows"][0]
        kept = {name: row[name] for name in ("ArticleNumber", "Price", "VAT", "AccountNumber", "Description")}
        plain = {name: int(value) if isinstance(value, Decimal) else value for name, value in kept.items()}
        rows = [plain | {"DeliveredQuantity": str(quantity)}]
        bench.api("PUT", "invoices/1", {"Invoice": {"InvoiceRows": rows}})

    def test_it_is_not_booked(self, differing: Bench) -> None:
        assert differing.findings() == ["DIFFERS_IN_BOOKS"]
        assert [invoice["Booked"] for invoice in differing.invoices()] == [False]

    def test_it_goes_on_when_it_is_mended(self, differing: Bench) -> None:
        self.changed(differing, 2)
        Retries(differing.program).code(differing.tenant_id, "DIFFERS_IN_BOOKS")
        differing.rest()
        differing.proves(*differing.orders.values())


def test_an_order_edited_while_its_invoice_was_uncertain_is_booked_as_it_is_now(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_before", "POST", "/3/invoices")
    order = bench.place(payments=[CARD | {"amount": "499.00"}])
    bench.run_jobs()
    bench.act(order, "edit", add=[VASE | {"title": "Fat", "sku": "GF-FAT", "price": "100.00"}])
    bench.act(order, "pay", **CARD)
    bench.rest()
    assert [invoice["Total"] for invoice in bench.invoices()] == [599]
    assert (bench.findings(), bench.state(order)) == ([], "booked")
    assert bench.balance(1581) == Decimal(599)
