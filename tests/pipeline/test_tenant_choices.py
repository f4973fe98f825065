"""What a tenant may choose about documents: registers filled with consent, dimensions, language, mail, rounding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import ANNA, VASE, Bench
from tests.support.pipeline.person import remedied

NOK: dict[str, Any] = {"presentment": {"currency": "NOK", "rate": "1.02"}}
COURIER: dict[str, Any] = {"title": "Bud på cykel", "price": "49.00"}


def booked(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**spec)
    bench.rest()
    assert bench.findings() == []
    assert bench.state(order) == "booked"
    return order


# --- currencies and ways of delivery


def test_missing_currency_stops_an_order_unless_the_tenant_lets_us_register_it(bench: Bench) -> None:
    order = bench.place(**NOK)
    bench.rest()
    assert bench.findings() == ["FORTNOX_CURRENCY_NOT_FOUND"]
    bench.rules(create_currencies=True)
    bench.hear(order)
    bench.rest()
    assert (bench.findings(), bench.state(order)) == ([], "booked")
    assert bench.invoices()[0]["Currency"] == "NOK"


def test_registered_currency_is_registered_once(bench: Bench) -> None:
    bench.rules(create_currencies=True)
    booked(bench, **NOK)
    booked(bench, **NOK)
    assert len(bench.calls("POST", "/3/currencies")) == 1


def test_currency_whose_registration_was_not_answered_is_looked_for_and_not_doubled(bench: Bench) -> None:
    bench.rules(create_currencies=True)
    bench.emulators.kit.faults.order("close_after", "POST", "/3/currencies")
    booked(bench, **NOK)
    assert len(bench.calls("POST", "/3/currencies")) == 1


def test_currency_without_a_rate_books_nothing(bench: Bench) -> None:
    bench.rules(create_currencies=True)
    bench.emulators.kit.faults.order(
        "status", "POST", "/3/currencies", status=201, body={"Currency": {"Code": "NOK", "BuyRate": 0}}
    )
    order = bench.place(**NOK)
    bench.rest()
    assert bench.findings() == ["FORTNOX_CURRENCY_NO_RATE"]
    assert bench.invoices() == []
    with remedied(bench, "FORTNOX_CURRENCY_NO_RATE"):
        rate = {"Code": "NOK", "Description": "Norska kronor", "BuyRate": 0.98, "SellRate": 0.98, "Unit": 1}
        bench.api("POST", "currencies", {"Currency": rate})
        bench.retry(order)
    assert bench.state(order) == "booked"


def test_way_of_delivery_is_registered_under_a_code_of_its_name(bench: Bench) -> None:
    bench.rules(create_ways_of_delivery=True, require_way_of_delivery=True)
    booked(bench, shipping=[COURIER])
    booked(bench, shipping=[COURIER])
    assert bench.invoices()[0]["WayOfDelivery"] == "BUDPACYKEL"
    assert len(bench.calls("POST", "/3/wayofdeliveries")) == 1


# --- cost centres and projects


def test_row_has_the_cost_centre_of_its_product_and_the_invoice_that_of_its_channel(bench: Bench) -> None:
    for code in ("GLAS", "WEBB"):
        bench.api("POST", "costcenters", {"CostCenter": {"Code": code, "Description": code}})
    bench.pass_time()
    bench.rules(cost_centers={"sku:GF-VAS": "GLAS", "channel:web": "WEBB"})
    booked(bench, lines=[VASE, VASE | {"title": "Bok", "sku": "BOK-1"}])
    (invoice,) = bench.invoices()
    assert (invoice["CostCenter"], [row["CostCenter"] for row in invoice["InvoiceRows"]]) == ("WEBB", ["GLAS", ""])


def test_credit_keeps_the_cost_centre_of_the_row_it_takes_back(bench: Bench) -> None:
    bench.api("POST", "costcenters", {"CostCenter": {"Code": "GLAS", "Description": "Glas"}})
    bench.pass_time()
    bench.rules(cost_centers={"sku:GF": "GLAS"})
    order = booked(bench, lines=[VASE, VASE | {"title": "Bok", "sku": "BOK-1"}])
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    (credit,) = [invoice for invoice in bench.invoices() if invoice["Credit"] == "true"]
    assert [row["CostCenter"] for row in credit["InvoiceRows"]] == ["GLAS"]


def test_cost_centre_of_a_rule_is_checked_before_anything_is_sent(bench: Bench) -> None:
    bench.rules(cost_centers={"country:SE": "NOWHERE"})
    bench.place()
    bench.rest()
    assert (bench.findings(), bench.invoices()) == (["FORTNOX_COST_CENTER_NOT_FOUND"], [])


def test_project_that_fortnox_does_not_have_is_a_finding_of_its_own_and_books_nothing(bench: Bench) -> None:
    bench.rules(project="77")
    bench.place()
    bench.rest()
    assert (bench.findings(), bench.invoices()) == (["FORTNOX_PROJECT_NOT_FOUND"], [])


def test_project_by_country_reaches_the_invoice(bench: Bench) -> None:
    bench.api("POST", "projects", {"Project": {"ProjectNumber": "7", "Description": "Norden"}})
    bench.rules(projects={"country:SE": "7"})
    booked(bench)
    assert bench.invoices()[0]["Project"] == "7"


# --- language


@pytest.mark.parametrize(
    ("rule", "country", "row", "language"),
    [
        ("sv", "DE", "Vas Björk (499.00 minus rabatt 99.00)", "SV"),
        ("en", "SE", "Vas Björk (499.00 less discount 99.00)", "EN"),
        ("buyer", "DE", "Vas Björk (499.00 abzüglich Rabatt 99.00)", "EN"),
        ("buyer", "SE", "Vas Björk (499.00 minus rabatt 99.00)", "SV"),
    ],
)
def test_our_own_words_are_in_the_language_of_the_rule(
    bench: Bench, rule: str, country: str, row: str, language: str
) -> None:
    bench.rules(text_language=rule)
    buyer = ANNA | {"billing": {"first_name": "Anna", "last_name": "Lindqvist", "country_code": country}}
    shipped = {"first_name": "Anna", "last_name": "Lindqvist", "country_code": "SE"}
    order = booked(bench, lines=[VASE | {"discount": "99.00"}], buyer=buyer | {"shipping": shipped})
    (invoice,) = bench.invoices()
    assert (invoice["InvoiceRows"][0]["Description"], invoice["Language"]) == (row, language)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    credit = bench.invoices()[1]["InvoiceRows"][0]["Description"]
    assert credit.startswith(
        {"sv": "Retur: ", "en": "Return: "}.get(rule, "Retur: " if country == "SE" else "Rückgabe: ")
    )


# --- mail


def mails(bench: Bench) -> list[Any]:
    return list(bench.emulators.world.companies[bench.company].mails)


def test_invoice_is_mailed_once_after_it_is_booked(bench: Bench) -> None:
    bench.rules(email_invoice="always")
    order = booked(bench)
    bench.hear(order)
    bench.rest()
    assert [mail["to"] for mail in mails(bench)] == ["anna.lindqvist@example.se"]


def test_mail_whose_answer_was_lost_is_not_sent_again(bench: Bench) -> None:
    bench.rules(email_invoice="always")
    bench.emulators.kit.faults.order("close_after", "GET", "/3/invoices/*/email")
    booked(bench)
    assert len(mails(bench)) == 1


def test_invoices_from_before_the_rule_are_never_mailed(bench: Bench) -> None:
    order = booked(bench)
    bench.rules(email_invoice="always")
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert mails(bench) == []


def test_paid_invoice_is_not_mailed_where_only_unpaid_ones_are(bench: Bench) -> None:
    bench.rules(email_invoice="unpaid")
    booked(bench)
    assert mails(bench) == []


def test_buyer_without_an_address_is_told_and_the_order_is_booked(bench: Bench) -> None:
    bench.rules(email_invoice="always")
    order = bench.place(buyer={"id": 7300, "billing": {"first_name": "Bo", "last_name": "Ek"}})
    bench.rest()
    assert (bench.findings(), bench.state(order)) == (["INVOICE_NOT_MAILED"], "booked")
    assert mails(bench) == []


# --- rounding


@pytest.mark.parametrize(("total", "most", "found"), [("499.03", 5, []), ("499.03", 2, ["SHOPIFY_TOTALS_DISAGREE"])])
def test_what_the_shops_parts_lack_is_a_row_as_far_as_the_tenant_lets_us(
    bench: Bench, total: str, most: int, found: list[str]
) -> None:
    bench.rules(rounding_row_max=most)
    order = bench.place(hear=False, payments=[{"gateway": "shopify_payments", "amount": total}])
    for name in ("total_price_set", "current_total_price_set"):
        for money in order.body[name].values():
            money["amount"] = total
    order.body["total_price"] = total
    bench.hear(order)
    bench.rest()
    assert bench.findings() == found
    if not found:
        (row,) = [invoice for invoice in bench.invoices()[0]["InvoiceRows"] if invoice["AccountNumber"] == 3740]
        assert row["Total"] == Decimal("0.03")


# --- modes of payment


def test_payment_has_the_mode_of_its_gateway_and_the_account_of_its_role(bench: Bench) -> None:
    bench.rules(modes_of_payment={"Shopify_Payments": "KONT"})
    booked(bench)
    (paid,) = bench.payments()
    assert (paid["ModeOfPayment"], paid["ModeOfPaymentAccount"]) == ("KONT", 1581)


def test_mode_that_fortnox_does_not_have_books_nothing_until_a_person_adds_it(bench: Bench) -> None:
    bench.rules(modes_of_payment={"shopify_payments": "KORT"})
    order = bench.place()
    bench.rest()
    assert (bench.findings(), bench.invoices()) == (["FORTNOX_MODE_OF_PAYMENT_NOT_FOUND"], [])
    bench.api("POST", "modesofpayments", {"ModeOfPayment": {"Code": "KORT", "AccountNumber": "1930"}})
    bench.pass_time()
    bench.hear(order)
    bench.rest()
    assert (bench.findings(), bench.payments()[0]["ModeOfPayment"]) == ([], "KORT")
