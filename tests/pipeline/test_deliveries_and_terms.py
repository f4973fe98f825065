"""Orders invoiced as they are delivered, and orders of companies that pay later."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.pipeline.bench import CARD, Bench

LINES = [
    {"title": "Vas Björk", "sku": "GF-VAS-01", "price": "100.00", "quantity": 3},
    {"title": "Mugg", "sku": "GF-MUGG-01", "price": "50.00"},
]
COMPANY: dict[str, Any] = {
    "id": 7201,
    "email": "inkop@example.dk",
    "billing": {"first_name": "Ida", "last_name": "Holm", "country_code": "DK", "city": "Aarhus"},
    "business": {"id": 9301, "name": "Holm Handel ApS", "location_id": 9302, "vat_number": "DK12345674"},
}


def test_each_delivery_becomes_an_invoice_and_the_order_is_booked_once_in_all(bench: Bench) -> None:
    bench.rules(trigger="fulfilled")
    order = bench.place(lines=LINES, payments=[CARD])
    bench.run_jobs()
    assert (bench.state(order), bench.invoices()) == ("waiting", [])
    bench.act(order, "fulfil", lines=[{"line": 0, "quantity": 1}])
    bench.run_jobs()
    assert [invoice["Total"] for invoice in bench.invoices()] == [100]
    assert (bench.findings(), bench.balance(1510), bench.balance(1581)) == ([], 0, 100)
    bench.act(order, "fulfil")
    bench.run_jobs()
    assert [(one["Total"], one["Booked"], one["Balance"]) for one in bench.invoices()] == [
        (100, True, 0),
        (250, True, 0),
    ]
    assert (bench.findings(), bench.balance(1510), bench.balance(1581)) == ([], 0, 350)
    bench.hear(order)
    bench.run_jobs()
    assert len(bench.invoices()) == 2


def test_company_on_terms_gets_an_unpaid_invoice_with_its_name_number_and_terms(bench: Bench) -> None:
    bench.rules(terms_trigger="created", terms={"Net 30": "30"}, terms_of_payment="10", eu_businesses="reverse_charge")
    order = bench.place(
        buyer=COMPANY,
        payments=[],
        payment_terms_days=30,
        lines=[{"title": "Vas Björk", "sku": "GF-VAS-01", "price": "100.00", "tax": None}],
    )
    bench.run_jobs()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    [invoice] = bench.invoices()
    [customer] = bench.documents("customers")
    assert (invoice["Balance"], invoice["TermsOfPayment"], invoice["CustomerName"]) == (100, "30", "Holm Handel ApS")
    assert (customer["VATNumber"], customer["VATType"], customer["Type"]) == ("DK12345674", "EUREVERSEDVAT", "COMPANY")
    assert bench.balance(3108) == Decimal(-100)


def test_order_on_terms_waits_like_every_other_without_a_rule(bench: Bench) -> None:
    order = bench.place(payments=[], payment_terms_days=30)
    bench.run_jobs()
    assert (bench.state(order), bench.invoices()) == ("waiting", [])
