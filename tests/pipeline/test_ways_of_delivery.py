"""Ways of delivery: a deleted one on the customer's card, and a wrong code in our own settings.

A card keeps a way of delivery that was deleted, and every document for it is refused (fortnox-api.md 4, #19).
"""

from __future__ import annotations

from typing import Any

import pytest

from app.master_data.entries import request_refresh
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import ANNA, Bench
from tests.support.pipeline.person import Person, remedied

CODE = "KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.rules(customer_policy="existing")
    return bench


def card(bench: Bench, way: str, **fields: Any) -> str:
    """Anna's card in Fortnox, and a way of delivery on it."""
    customer = {"Name": "Anna Lindqvist", "Email": ANNA["email"], "WayOfDelivery": way} | fields
    number = bench.api("POST", "customers", {"Customer": customer})["Customer"]["CustomerNumber"]
    with bench.program.store.write() as session:
        request_refresh(session, bench.fortnox_id, [("customers", "")])
    bench.run_jobs()
    bench.emulators.kit.calls.clear()
    return str(number)


def deleted(bench: Bench, *codes: str) -> None:
    """A person takes ways of delivery away in Fortnox."""
    kept = {"P": "Post", "B": "Bud"}
    bench.company_is(ways_of_delivery={code: text for code, text in kept.items() if code not in codes})


def way_on_card(bench: Bench, number: str) -> str:
    return str(bench.api("GET", f"customers/{number}")["Customer"]["WayOfDelivery"] or "")


def booked_for(bench: Bench, order: StoredOrder, number: str) -> None:
    assert bench.state(order) == "booked"
    (invoice,) = bench.invoices()
    assert (invoice["CustomerNumber"], invoice["Booked"], invoice["Balance"]) == (number, True, 0)


def test_a_deleted_way_on_the_card_is_found_before_sending_and_cleared(bench: Bench, person: Person) -> None:
    number = card(bench, "B")
    deleted(bench, "B")
    bench.warm()
    order = bench.place()
    bench.run_jobs()
    booked_for(bench, order, number)
    assert [one for one in bench.sent() if "customers" in one] == [
        f"GET customers/{number}", f"GET customers/{number}", f"PUT customers/{number}",
    ]  # fmt: skip
    assert way_on_card(bench, number) == ""
    assert bench.findings() == ["FORTNOX_CUSTOMER_CARD_CLEARED"]
    told = dict(bench.finding("FORTNOX_CUSTOMER_CARD_CLEARED").data)
    assert told == {"customer": number, "way_of_delivery": "B"}
    with remedied(bench, "FORTNOX_CUSTOMER_CARD_CLEARED"):
        person.close(order, "FORTNOX_CUSTOMER_CARD_CLEARED", "kundkort rättat")


def test_a_way_that_was_deleted_while_nobody_heard_is_found_by_the_refusal_and_cleared(bench: Bench) -> None:
    number = card(bench, "B")
    deleted(bench, "B")
    order = bench.place()
    bench.rest()
    booked_for(bench, order, number)
    assert bench.findings() == ["FORTNOX_CUSTOMER_CARD_CLEARED"]


def test_a_card_is_looked_at_once_and_a_good_way_is_left_alone(bench: Bench) -> None:
    number = card(bench, "B")
    first = bench.place()
    bench.run_jobs()
    booked_for(bench, first, number)
    assert bench.invoices()[0]["WayOfDelivery"] == "B"
    bench.emulators.kit.calls.clear()
    bench.place()
    bench.run_jobs()
    assert not [one for one in bench.sent() if "customers" in one]
    assert bench.findings() == []


def test_a_card_that_fortnox_does_not_let_us_change_is_named(bench: Bench) -> None:
    number = card(bench, "B")
    deleted(bench, "B")
    bench.warm()
    body = {"ErrorInformation": {"error": 1, "message": "Ogiltig kundtyp", "code": 2001200}}
    bench.emulators.kit.faults.order("status", "PUT", "/3/customers/*", times=None, status=400, body=body)
    order = bench.place()
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("stopped", [CODE])
    assert (bench.finding(CODE).data["customer"], bench.finding(CODE).data["way_of_delivery"]) == (number, "B")
    assert bench.invoices() == []
    bench.emulators.kit.faults.clear()
    with remedied(bench, "KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT"):
        bench.api("PUT", f"customers/{number}", {"Customer": {"WayOfDelivery": "P"}})
        bench.retry(order)
    booked_for(bench, order, number)
    assert bench.findings() == []


@pytest.mark.parametrize("kind", ["close_after", "close_before"])
def test_a_lost_answer_to_the_clearing_is_looked_for(bench: Bench, kind: Any) -> None:
    number = card(bench, "B")
    deleted(bench, "B")
    bench.warm()
    bench.emulators.kit.faults.order(kind, "PUT", "/3/customers/*")
    order = bench.place()
    bench.rest()
    booked_for(bench, order, number)


def test_a_way_that_the_settings_name_goes_before_the_card(bench: Bench) -> None:
    number = card(bench, "B")
    deleted(bench, "B")
    bench.warm()
    bench.rules(customer_policy="existing", ways_of_delivery={"Paket": "P"})
    order = bench.place(shipping=[{"title": "Paket", "price": "0.00"}])
    bench.run_jobs()
    booked_for(bench, order, number)
    assert way_on_card(bench, number) == "B", "nothing asked for its change"


def test_a_wrong_code_in_the_settings_points_to_the_setting(bench: Bench) -> None:
    bench.rules(ways_of_delivery={"Paket": "PN"})
    order = bench.place(shipping=[{"title": "Paket", "price": "0.00"}])
    bench.run_jobs()
    assert bench.findings() == ["FORTNOX_WAY_OF_DELIVERY_NOT_FOUND"]
    assert bench.calls("POST") == []
    bench.company_is(ways_of_delivery={"P": "Post", "B": "Bud", "PN": "PostNord"})
    bench.program.scheduler.recheck_registers()
    bench.run_jobs()
    bench.proves(order)


def test_terms_of_payment_that_fortnox_does_not_have_stop_before_sending(bench: Bench) -> None:
    bench.rules(prepaid_terms_of_payment="45")
    order = bench.place()
    bench.run_jobs()
    assert (bench.findings(), bench.calls("POST")) == (["FORTNOX_TERMS_NOT_FOUND"], [])
    bench.company_is(terms_of_payment={"30": "30 dagar", "45": "45 dagar"})
    bench.program.scheduler.recheck_registers()
    bench.run_jobs()
    bench.proves(order)
