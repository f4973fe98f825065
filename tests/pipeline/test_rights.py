"""Scopes, licences and rights: tried when Fortnox is connected, found before anything is sent, and given later.

Numbers and texts: fortnox-api.md 1.3 and 5. Each is probed by reading one row.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from app.connections.repository import Connected
from app.main import welcome
from app.schema import Connection
from app.web.reading import StoredReading
from sandbox.fortnox.config import SCOPES
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import remedied

LACKING: dict[str, tuple[str, str]] = {
    "customers": ("customers", "2003275"),
    "invoices": ("invoices", "2001393"),
    "list_invoices": ("invoices", "2001339"),
    "list_payments": ("invoicepayments", "2003330"),
    "vouchers": ("vouchers", "2002455"),
}
"""Right that the user lacks → the area that is closed then, and the number that says so."""


def user_lacks(bench: Bench, *rights: str) -> None:
    bench.company_is(user={"lacks": rights})


def connected(bench: Bench) -> None:
    """A person connects; the registers and the rights are read."""
    welcome(bench.program, Connected(bench.fortnox_id, "Granström Form AB", renewed=True))
    bench.run_jobs()
    bench.emulators.kit.calls.clear()


def areas(bench: Bench) -> dict[str, bool]:
    views = StoredReading(bench.program.store).connections(bench.tenant_id)
    shown = next(view.areas for view in views if view.platform == "fortnox")
    return {area.name: area.is_open for area in shown}


def scopes_are(bench: Bench, *scopes: str) -> None:
    with bench.program.store.write() as session:
        here = update(Connection).where(Connection.id == bench.fortnox_id)
        session.execute(here.values(scopes=list(scopes)))


def test_every_area_is_tried_when_fortnox_is_connected(bench: Bench) -> None:
    welcome(bench.program, Connected(bench.fortnox_id, "Granström Form AB", renewed=True))
    bench.run_jobs()
    assert areas(bench) == {
        "customers": True, "articles": True, "invoices": True, "invoicepayments": True, "vouchers": True,
        "orders": True, "files": True, "warehouse": False,
    }  # fmt: skip
    probes = [call for call in bench.calls("GET", "/3/invoicepayments") if "limit=1" in call.query]
    assert len(probes) == 1
    assert bench.findings() == []


@pytest.mark.parametrize("status", [403, 400])
@pytest.mark.parametrize("right", LACKING)
def test_a_right_that_lacks_is_told_at_connection_and_stops_orders_before_anything_is_sent(
    bench: Bench, right: str, status: int
) -> None:
    area, number = LACKING[right]
    bench.emulators.world.turn(permission_status=status)
    user_lacks(bench, right)
    connected(bench)
    assert areas(bench)[area] is False
    assert set(bench.findings()) == {"FORTNOX_RIGHT_MISSING"}
    order = bench.place()
    bench.run_jobs()
    if area == "vouchers":
        assert bench.state(order) == "booked", "an order needs no voucher of its own"
        return
    assert bench.state(order) == "stopped"
    assert bench.sent() == [], "neither customer nor article was written"
    assert number not in bench.findings()


def test_a_right_that_is_given_later_releases_what_waited_by_itself(bench: Bench) -> None:
    user_lacks(bench, "invoices")
    connected(bench)
    order = bench.place()
    bench.run_jobs()
    assert bench.state(order) == "stopped"
    with remedied(bench, "FORTNOX_RIGHT_MISSING"):
        user_lacks(bench)
        assert bench.program.scheduler.recheck_registers() == 1
    bench.proves(order)


@pytest.mark.parametrize("kind", ["right", "licence"])
def test_a_right_that_is_taken_away_in_between_is_told_once_and_stops_the_next_before_sending(
    bench: Bench, kind: str
) -> None:
    connected(bench)
    first = bench.place()
    if kind == "right":
        user_lacks(bench, "invoices")
    else:
        bench.company_is(licences=[scope for scope in SCOPES if scope != "invoice"])
    bench.run_jobs()
    code = "FORTNOX_RIGHT_MISSING" if kind == "right" else "FORTNOX_LICENCE_MISSING"
    assert (bench.state(first), bench.findings()) == ("stopped", [code])
    bench.emulators.kit.calls.clear()
    second = bench.place(buyer={"id": 7102, "email": "bo@example.se", "billing": {"first_name": "Bo"}})
    bench.run_jobs()
    assert (bench.state(second), bench.sent()) == ("stopped", [])
    if kind == "licence":
        with remedied(bench, "FORTNOX_LICENCE_MISSING"):
            bench.company_is(licences=None)
            bench.program.scheduler.recheck_registers()
    else:
        user_lacks(bench)
        bench.program.scheduler.recheck_registers()
        bench.rest()
    assert {bench.state(first), bench.state(second)} == {"booked"}
    assert bench.findings() == []


def test_cost_centres_that_may_not_be_read_are_released_when_the_right_is_given(bench: Bench) -> None:
    """Today's dead end: the finding waited for a reconnection, and the register it needs was not read then."""
    bench.company_is(cost_centers={"BUTIK": "Butiken"}, licences=[scope for scope in SCOPES if scope != "costcenter"])
    bench.rules(cost_center="BUTIK")
    bench.warm()
    order = bench.place()
    bench.run_jobs()
    assert bench.findings() == ["FORTNOX_COST_CENTER_AUTH"]
    with remedied(bench, "FORTNOX_COST_CENTER_AUTH"):
        bench.company_is(licences=None)
        bench.program.scheduler.recheck_registers()
    bench.proves(order)


def test_connecting_again_releases_what_waited_for_cost_centres(bench: Bench) -> None:
    bench.company_is(cost_centers={"BUTIK": "Butiken"}, licences=[scope for scope in SCOPES if scope != "costcenter"])
    bench.rules(cost_center="BUTIK")
    bench.warm()
    order = bench.place()
    bench.run_jobs()
    bench.company_is(licences=None)
    connected(bench)
    bench.rest()
    bench.proves(order)


@pytest.mark.parametrize("refused", ["licence", "right"])
def test_an_agency_that_may_book_but_not_send_is_told_so(bench: Bench, refused: str) -> None:
    """An agency's licence lets it make and book invoices of its clients, not send them (fortnox.se/developer)."""
    bench.emulators.world.turn(may_not_send=refused)
    bench.company_is(may_send=False)
    bench.rules(email_invoice="always")
    order = bench.place()
    bench.rest()
    finding = bench.finding("FORTNOX_MAY_NOT_SEND")
    assert (finding.data["document"], bench.findings()) == ("1", ["FORTNOX_MAY_NOT_SEND"])
    assert [invoice["Booked"] for invoice in bench.invoices()] == [True]
    with remedied(bench, "FORTNOX_MAY_NOT_SEND"):
        bench.company_is(may_send=True)
        bench.retry(order)
    bench.proves(order)


def test_a_consent_without_the_order_scope_stops_order_first_before_anything_is_sent(bench: Bench) -> None:
    scopes_are(bench, *(scope for scope in SCOPES if scope != "order"))
    bench.rules(document_flow="order_first")
    connected(bench)
    assert set(bench.findings()) == {"FORTNOX_SCOPE_MISSING"}
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.sent()) == ("stopped", [])
    with remedied(bench, "FORTNOX_SCOPE_MISSING"):
        scopes_are(bench, *SCOPES)
        connected(bench)
    bench.proves(order)


def test_without_the_right_to_customers_no_card_is_looked_at(bench: Bench) -> None:
    """Orders on cards that exist: the stop says which right lacks, and is no outage of Fortnox."""
    bench.api("POST", "customers", {"Customer": {"Name": "Anna", "Email": "anna.lindqvist@example.se"}})
    connected(bench)
    bench.rules(customer_policy="existing")
    user_lacks(bench, "customers")
    connected(bench)
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.sent()) == ("stopped", [])
    assert set(bench.findings()) == {"FORTNOX_RIGHT_MISSING"}


class TestStock:
    """The warehouse is asked only where the module is on and the consent shows it."""

    @pytest.fixture
    def bench(self, bench: Bench) -> Bench:
        bench.company_is(warehouse=True)
        scopes_are(bench, *SCOPES)
        article: dict[str, Any] = {"ArticleNumber": "GF-VAS-01", "Description": "Vas", "StockGoods": True}
        bench.api("POST", "articles", {"Article": article | {"QuantityInStock": 1}})
        connected(bench)
        return bench

    def test_what_is_not_there_stops_before_anything_is_sent(self, bench: Bench) -> None:
        order = bench.place(lines=[VASE | {"quantity": 2}])
        bench.run_jobs()
        assert bench.findings() == ["FORTNOX_STOCK_TOO_LOW"]
        assert dict(bench.finding("FORTNOX_STOCK_TOO_LOW").data) == {
            "article": "GF-VAS-01", "stock": "1", "quantity": "2"
        }  # fmt: skip
        assert bench.sent() == ["GET /api/warehouse/status-v1/stockbalance"]
        with remedied(bench, "FORTNOX_STOCK_TOO_LOW"):
            bench.api("PUT", "articles/GF-VAS-01", {"Article": {"QuantityInStock": 5}})
            bench.retry(order)
        bench.proves(order)

    def test_what_is_there_is_booked(self, bench: Bench) -> None:
        order = bench.place()
        bench.run_jobs()
        bench.proves(order)

    def test_those_who_allow_negative_stock_say_so_and_are_not_asked(self, bench: Bench) -> None:
        bench.company_is(negative_stock=True)
        bench.rules(warehouse_stock="send")
        order = bench.place(lines=[VASE | {"quantity": 3}])
        bench.run_jobs()
        bench.proves(order)
        assert bench.calls("GET", "/api/*") == []

    def test_without_the_scope_nothing_is_asked_and_the_draft_tells(self, bench: Bench) -> None:
        scopes_are(bench, *(scope for scope in SCOPES if scope != "warehouse"))
        connected(bench)
        bench.api("PUT", "articles/GF-VAS-01", {"Article": {"QuantityInStock": 0}})
        bench.emulators.kit.calls.clear()
        bench.place()
        bench.run_jobs()
        assert bench.calls("GET", "/api/*") == []
        assert bench.findings() == ["FORTNOX_WAREHOUSE_ZEROED"]
