"""A sale without VAT rests on the buyer's number: its digits, and what VIES says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.jobs.notifier import SilentNotifier
from app.wiring import build
from sandbox.kit.serving import ServerThread
from sandbox.vies.app import Register, create_app
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import Emulators, settings_for
from tests.support.pipeline.person import Person, remedied

GOOD, UNKNOWN_DIGITS, OTHER = "DK12345674", "DK12345678", "DK88146328"


@pytest.fixture(scope="module")
def vies() -> Iterator[ServerThread]:
    with ServerThread(create_app()) as server:
        yield server


@pytest.fixture
def register(vies: ServerThread) -> Register:
    register: Register = vies.app.state.register
    register.__init__()  # type: ignore[misc]
    return register


@pytest.fixture
def bench(emulators: Emulators, database_url: str, vies: ServerThread, register: Register) -> Iterator[Bench]:
    del register
    program = build(settings_for(emulators, database_url, vies_url=vies.url), notifier=SilentNotifier())
    bench = Bench(program, emulators)
    bench.connect()
    bench.warm()
    bench.rules(eu_businesses="reverse_charge")
    yield bench
    program.close()


def sold(bench: Bench, number: str = GOOD, *, taxed: bool = False) -> Any:
    line = {"title": "Vas Björk", "sku": "GF-VAS-01", "price": "100.00"} | ({} if taxed else {"tax": None})
    buyer = {
        "id": 7201, "email": "inkop@example.dk",
        "billing": {"first_name": "Ida", "last_name": "Holm", "country_code": "DK", "city": "Aarhus"},
        "business": {"id": 9301, "name": "Holm Handel ApS", "location_id": 9302, "vat_number": number},
    }  # fmt: skip
    order = bench.place(buyer=buyer, lines=[line])
    bench.run_jobs()
    return order


def answered(bench: Bench) -> None:
    bench.program.vat_numbers.run()
    bench.run_jobs()


def test_sale_is_booked_at_once_and_the_proof_is_kept_with_the_order(bench: Bench, register: Register) -> None:
    register.names[GOOD] = "HOLM HANDEL APS"
    order = sold(bench)
    assert (bench.state(order), register.asked) == ("booked", [])
    answered(bench)
    assert (bench.state(order), bench.findings()) == ("booked", [])
    check = bench.snapshot(order).order["vat_check"]
    assert (check["valid"], check["name"], check["consultation"]) == (True, "HOLM HANDEL APS", "WAPIAAAA0001")
    answered(bench)
    assert register.asked == [GOOD]


def test_number_that_is_not_registered_is_told_and_nothing_booked_is_changed(bench: Bench) -> None:
    order = sold(bench)
    answered(bench)
    assert (bench.state(order), bench.findings()) == ("stopped", ["VAT_NUMBER_NOT_REGISTERED"])
    assert [invoice["Total"] for invoice in bench.invoices()] == [100]


def test_refused_number_that_is_registered_later_is_asked_for_again_when_a_person_tries(
    bench: Bench, register: Register
) -> None:
    order = sold(bench)
    answered(bench)
    register.names[GOOD] = "HOLM HANDEL APS"
    with bench.program.store.write() as session:
        from sqlalchemy import text

        session.execute(text("update vat_number_check set answered_at = answered_at - interval '1 hour'"))
    bench.hear(order)
    bench.run_jobs()
    answered(bench)
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_by_rule_an_order_waits_until_vies_says_yes(bench: Bench, register: Register) -> None:
    bench.rules(eu_businesses="register")
    register.names[GOOD] = "HOLM HANDEL APS"
    register.down.add("DK")
    order = sold(bench)
    answered(bench)
    assert (bench.findings(), bench.invoices()) == (["VAT_NUMBER_UNCHECKED"], [])
    register.down.clear()
    answered(bench)
    assert (bench.state(order), bench.findings()) == ("booked", [])


def test_by_rule_a_no_of_vies_books_nothing(bench: Bench) -> None:
    bench.rules(eu_businesses="register")
    sold(bench)
    answered(bench)
    assert (bench.findings(), bench.invoices()) == (["VAT_NUMBER_NOT_REGISTERED"], [])


def test_word_of_vies_outranks_our_check_digits(bench: Bench, register: Register) -> None:
    register.names[UNKNOWN_DIGITS] = "HOLM HANDEL APS"
    order = sold(bench, UNKNOWN_DIGITS)
    assert bench.state(order) == "stopped", "its digits are wrong, so it is no business to us yet"
    answered(bench)
    assert (bench.state(order), bench.findings()) == ("booked", [])
    assert bench.balance(3108) == -100


def test_swedish_and_missing_numbers_are_not_asked_for(bench: Bench, register: Register) -> None:
    bench.place()
    bench.rest()
    bench.program.vat_numbers.run()
    assert register.asked == []


def test_right_number_that_is_given_to_the_company_in_shopify(bench: Bench, register: Register, person: Person) -> None:
    """Remedy: the number is corrected on the company in Shopify."""
    bench.rules(eu_businesses="register")
    register.names[GOOD] = "HOLM HANDEL APS"
    order = sold(bench, OTHER)
    answered(bench)
    with remedied(bench, "VAT_NUMBER_NOT_REGISTERED"):
        order.business |= {"vat_number": GOOD}
        person.retry(order)
        bench.run_jobs()
        answered(bench)
    assert (bench.state(order), bench.balance(3108)) == ("booked", -100)
