"""Whose card an invoice stands on: a company's one, a card that Fortnox has already, or one that we number."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.master_data.entries import request_refresh
from app.schema import MasterRecord
from tests.support.pipeline.bench import ANNA, VASE, Bench

LIND: dict[str, Any] = {"id": 9401, "location_id": 9402, "name": "Lind AB", "vat_number": "SE556016068001"}
ERIK = ANNA | {"id": 7400, "email": "erik@lind.example"}


def customers_of_invoices(bench: Bench) -> list[str]:
    return [invoice["CustomerNumber"] for invoice in bench.invoices()]


def in_fortnox(bench: Bench, **card: Any) -> str:
    """A card that a person made."""
    answer = bench.api("POST", "customers", {"Customer": card})
    return str(answer["Customer"]["CustomerNumber"])


def read_customers(bench: Bench) -> None:
    with bench.program.store.write() as session:
        request_refresh(session, bench.fortnox_id, [("customers", "")])
    bench.rest()


def booked(bench: Bench, **spec: Any) -> None:
    bench.place(**spec)
    bench.rest()
    assert bench.findings() == []


def test_all_who_buy_for_a_company_share_its_card(bench: Bench) -> None:
    booked(bench, buyer=ANNA | {"business": LIND})
    booked(bench, buyer=ERIK | {"business": LIND})
    assert customers_of_invoices(bench) == ["O5560160680", "O5560160680"]
    (made,) = bench.calls("POST", "/3/customers")
    assert made.body["Customer"]["OrganisationNumber"] == "556016-0680"


def test_company_without_a_number_is_known_by_who_bought(bench: Bench) -> None:
    booked(bench, buyer=ANNA | {"business": LIND | {"vat_number": None}})
    assert customers_of_invoices(bench) == ["S7101"]


def test_card_that_fortnox_has_of_the_company_is_used(bench: Bench) -> None:
    theirs = in_fortnox(bench, Name="Lind", Type="COMPANY", OrganisationNumber="556016-0680")
    bench.rules(customer_policy="existing")
    read_customers(bench)
    booked(bench, buyer=ANNA | {"business": LIND})
    assert customers_of_invoices(bench) == [theirs]
    assert bench.invoices()[0]["CustomerName"] == "Lind AB"


def test_card_that_fortnox_has_of_the_address_is_used_however_it_is_written(bench: Bench) -> None:
    theirs = in_fortnox(bench, Name="Anna", Email="Anna@Example.se")
    bench.rules(customer_policy="existing")
    read_customers(bench)
    booked(bench, buyer=ANNA | {"email": " anna@example.SE"})
    assert customers_of_invoices(bench) == [theirs]
    with bench.program.store.read() as session:
        kept = session.scalars(select(MasterRecord.data).where(MasterRecord.kind == "customers")).one()
    assert "anna" not in str(kept).lower(), "what is kept of a card tells no address"


def test_two_cards_with_one_address_are_no_answer(bench: Bench) -> None:
    for name in ("Anna", "Anna igen"):
        in_fortnox(bench, Name=name, Email="anna@example.se")
    bench.rules(customer_policy="existing")
    read_customers(bench)
    booked(bench, buyer=ANNA | {"email": "anna@example.se"})
    assert customers_of_invoices(bench) == ["S7101"]


def test_card_that_we_made_of_a_guest_is_used_when_the_guest_signs_in(bench: Bench) -> None:
    bench.rules(customer_policy="existing")
    read_customers(bench)
    guest = {key: value for key, value in ANNA.items() if key != "id"} | {"email": "anna@example.se"}
    booked(bench, buyer=guest)
    booked(bench, buyer=guest | {"id": 7100})
    first, second = customers_of_invoices(bench)
    assert (first[0], second) == ("G", first)


def test_sale_of_another_vat_type_gets_a_card_of_its_own(bench: Bench) -> None:
    in_fortnox(bench, Name="Anna", Email="anna@example.se")
    bench.rules(customer_policy="existing", exports="book")
    read_customers(bench)
    oslo = {"first_name": "Anna", "city": "Oslo", "country_code": "NO"}
    vase = VASE | {"tax": None}
    booked(bench, buyer=ANNA | {"email": "anna@example.se", "billing": oslo}, lines=[vase])
    assert customers_of_invoices(bench)[0].endswith("X")


def test_until_the_customers_are_read_nobody_is_taken_for_new(bench: Bench) -> None:
    theirs = in_fortnox(bench, Name="Anna", Email="anna@example.se")
    bench.rules(customer_policy="existing")
    order = bench.place(buyer=ANNA | {"email": "anna@example.se"})
    bench.run_jobs()
    assert (bench.state(order), bench.invoices()) == ("working", [])
    read_customers(bench)
    assert customers_of_invoices(bench) == [theirs]
