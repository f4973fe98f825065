"""Remedies of findings about where and how a sale is taxed, performed as a person would; then the order is booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.model.order import books_day
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.remedies_vat import GERMAN, OSS, RATES

OSLO: dict[str, Any] = {
    "first_name": "Nils", "last_name": "Berg", "zip": "0150", "city": "Oslo", "country_code": "NO",
}  # fmt: skip
COMPANY: dict[str, Any] = {"id": 31, "name": "Weber GmbH", "location_id": 3, "vat_number": "DE136695976"}


def stopped(bench: Bench, *, body: dict[str, Any] | None = None, **spec: Any) -> StoredOrder:
    """An order as the shop has it; `body`: what the spec has no word for."""
    order = bench.place(hear=False, **spec)
    order.body.update(body or {})
    bench.hear(order)
    bench.rest()
    assert bench.state(order) == "stopped", (bench.state(order), bench.findings())
    return order


def in_the_shop(bench: Bench, order: StoredOrder, **changed: Any) -> None:
    """Somebody changes the order in the shop, which tells of it."""
    order.body.update(changed)
    bench.act(order, "update", note="rättad")


def test_consumer_in_the_eu(bench: Bench, person: Person) -> None:
    order = stopped(bench, buyer=GERMAN)
    with remedied(bench, "EU_CONSUMERS_STOPPED"):
        person.set(eu_consumers="swedish_vat")
    assert bench.state(order) == "booked"


def test_company_in_the_eu(bench: Bench, person: Person) -> None:
    order = stopped(bench, buyer=GERMAN | {"business": COMPANY}, lines=[VASE | {"tax": "0"}])
    with remedied(bench, "EU_BUSINESSES_STOPPED"):
        person.set(eu_businesses="reverse_charge")
    assert (bench.state(order), bench.balance(3108)) == ("booked", -499)


def test_export(bench: Bench, person: Person) -> None:
    order = stopped(bench, buyer={"id": 9, "email": "n@example.no", "billing": OSLO}, lines=[VASE | {"tax": "0"}])
    with remedied(bench, "EXPORT_STOPPED"):
        person.set(exports="book")
    assert (bench.state(order), bench.balance(3105)) == ("booked", -499)


def test_location_abroad(bench: Bench) -> None:
    order = stopped(bench, body={"_delivery_method": "PICK_UP", "_location_country": "DK", "shipping_address": None})
    with remedied(bench, "HANDOVER_ABROAD"):
        in_the_shop(bench, order, _location_country="SE")
    assert bench.state(order) == "booked"


def test_stock_abroad(bench: Bench) -> None:
    order = stopped(bench, body={"_delivery_method": "SHIPPING", "_location_country": "DE"})
    with remedied(bench, "DISPATCH_ABROAD"):
        in_the_shop(bench, order, _location_country="SE")
    assert bench.state(order) == "booked"


def test_no_delivery_address(bench: Bench) -> None:
    bench.company_is(vat_rates=RATES)
    bench.rules(**OSS)
    order = stopped(bench, buyer=GERMAN, lines=[VASE | {"tax": "19"}], body={"shipping_address": None})
    with remedied(bench, "DELIVERY_COUNTRY_UNKNOWN"):
        in_the_shop(bench, order, shipping_address=order.body["billing_address"])
    assert bench.state(order) == "booked"


def test_address_without_a_country(bench: Bench) -> None:
    order = bench.place(hear=False)
    nowhere = {**order.body["shipping_address"], "country_code": None, "country": None}
    order.body.update(shipping_address=nowhere)
    bench.hear(order)
    bench.rest()
    with remedied(bench, "ADDRESS_COUNTRY_MISSING"):
        in_the_shop(bench, order, shipping_address={**nowhere, "country_code": "SE"})
    assert bench.state(order) == "booked"


def test_download_to_a_buyer_abroad(bench: Bench, person: Person) -> None:
    bench.company_is(vat_rates=RATES)
    bench.rules(**OSS)
    order = bench.place(hear=False, buyer=GERMAN, lines=[VASE | {"tax": "19", "sku": "EBOK-1"}])
    order.body["line_items"][0]["requires_shipping"] = False
    order.body["shipping_address"] = None
    bench.hear(order)
    bench.rest()
    with remedied(bench, "UNTRANSPORTED_SALE_ABROAD"):
        person.set(untransported_sales="ebok = electronic")
    assert bench.state(order) == "booked"


def test_parts_that_are_taxed_in_two_countries(bench: Bench, person: Person) -> None:
    bench.company_is(vat_rates=RATES)
    bench.rules(**OSS, untransported_sales={"ebok": "electronic"})
    lines = [VASE, VASE | {"tax": "19", "sku": "EBOK-1"}]
    order = bench.place(hear=False, buyer=GERMAN | {"shipping": {"first_name": "Anna"}}, lines=lines)
    order.body["line_items"][1]["requires_shipping"] = False
    order.body["line_items"][0]["requires_shipping"] = True
    bench.hear(order)
    bench.rest()
    with remedied(bench, "DELIVERY_PLACES_DIFFER", "HANDLED_BY_HAND"):
        person.answer(order, "DELIVERY_PLACES_DIFFER", "by_hand", "A12")


def test_company_that_collects_without_vat(bench: Bench, person: Person) -> None:
    bench.rules(eu_businesses="reverse_charge")
    picked = {"_delivery_method": "PICK_UP", "shipping_address": None}
    order = stopped(bench, buyer=GERMAN | {"business": COMPANY}, lines=[VASE | {"tax": "0"}], body=picked)
    with remedied(bench, "COLLECTED_WITHOUT_VAT"):
        person.answer(order, "COLLECTED_WITHOUT_VAT", "transport")
    assert (bench.state(order), bench.balance(3108)) == ("booked", -499)


def test_domestic_sale_without_vat_to_a_company(bench: Bench, person: Person) -> None:
    buyer = {"id": 12, "email": "inkop@example.se", "billing": {"first_name": "Bo", "company": "Telebutiken AB"}}
    order = stopped(bench, buyer=buyer, lines=[VASE | {"tax": "0"}])
    with remedied(bench, "DOMESTIC_REVERSE_CHARGE_STOPPED", "BOOKED_BY_OTHER_HANDS"):
        person.answer(order, "DOMESTIC_REVERSE_CHARGE_STOPPED", "accept")


def test_norwegian_vat_above_what_the_scheme_takes(bench: Bench, person: Person) -> None:
    bench.rules(collects_vat_for=["NO"], exports="book")
    dear = VASE | {"price": "6000.00", "tax": "25"}
    order = stopped(bench, buyer=GERMAN | {"billing": OSLO, "shipping": OSLO}, lines=[dear])
    with remedied(bench, "VAT_COLLECTED_ABOVE_LIMIT"):
        person.set(collects_above_limits="NO")
    assert bench.state(order) == "booked"


def test_margin_goods_that_a_rule_names(bench: Bench, person: Person) -> None:
    person.set(special_supplies="sku:beg- = margin")
    order = stopped(bench, lines=[VASE | {"sku": "BEG-1", "tax": "0"}, VASE])
    with remedied(bench, "MARGIN_GOODS_STOPPED", "BOOKED_BY_OTHER_HANDS"):
        person.answer(order, "MARGIN_GOODS_STOPPED", "accept")


def test_ordinary_goods_under_the_beginning_of_margin_goods(bench: Bench, person: Person) -> None:
    bench.rules(special_supplies={"sku:beg": "margin"})
    order = stopped(bench, lines=[VASE | {"sku": "Begonia-1"}])
    with remedied(bench, "MARGIN_GOODS_STOPPED"):
        person.set(special_supplies="sku:beg- = margin")
    assert bench.state(order) == "booked"


def test_tax_on_the_order_alone_at_two_rates(bench: Bench, person: Person) -> None:
    order = bench.place(hear=False)
    order.body["line_items"][0]["tax_lines"] = []
    order.body["tax_lines"] = [
        {"title": "Moms", "rate": rate, "price": price,
         "price_set": {side: {"amount": price, "currency_code": "SEK"} for side in ("shop_money", "presentment_money")}}
        for rate, price in ((0.25, "60.00"), (0.12, "39.80"))
    ]  # fmt: skip
    bench.hear(order)
    bench.rest()
    with remedied(bench, "ORDER_TAX_NOT_ON_LINES", "HANDLED_BY_HAND"):
        person.answer(order, "ORDER_TAX_NOT_ON_LINES", "by_hand", "A13")


def test_address_that_fortnox_may_refuse(bench: Bench) -> None:
    order = bench.place(buyer={"id": 8, "email": "a|b@example.se", "billing": {"first_name": "Anna"}})
    bench.rest()
    assert bench.state(order) == "booked"
    with remedied(bench, "EMAIL_NOT_USABLE"):
        in_the_shop(bench, order, email="ab@example.se")


def test_deposit_that_a_person_books(bench: Bench, person: Person) -> None:
    bench.rules(advances="ask")
    order = bench.place(payments=[{"gateway": "shopify_payments", "amount": "200.00"}])
    bench.rest()
    assert bench.state(order) == "waiting"
    with remedied(bench, "ADVANCE_TO_BOOK"):
        person.set(advances="book")
    assert (bench.state(order), bench.balance(2420), bench.balance(2611)) == ("waiting", -160, -40)


def test_refund_of_just_the_vat(bench: Bench, person: Person) -> None:
    order = bench.place(lines=[VASE | {"price": "500.00"}])
    bench.rest()
    bench.act(order, "refund", amount="100.00")
    bench.rest()
    with remedied(bench, "REFUND_EQUALS_VAT"):
        person.answer(order, "REFUND_EQUALS_VAT", "reduction")
    assert (bench.state(order), bench.balance(2611)) == ("booked", -80)


def test_article_at_the_old_rate_of_food(bench: Bench, person: Person) -> None:
    order = bench.place(lines=[VASE | {"tax": "12", "sku": "KAFFE"}])
    bench.rest()
    assert bench.state(order) == "booked"
    with remedied(bench, "FOOD_RATE_IS_LOWER"):
        finding = bench.finding("FOOD_RATE_IS_LOWER")
        assert f"/findings/{finding.id}/close" in person.get("/findings")
        person.done(f"/findings/{finding.id}/close", note="Servering")
    bench.place(lines=[VASE | {"tax": "12", "sku": "KAFFE"}])
    bench.rest()
    assert bench.findings() == [], "a closed notice stays closed"


def test_invoice_that_others_made(bench: Bench, person: Person) -> None:
    then = datetime.now(UTC) - timedelta(hours=1)
    order = bench.place(processed_at=then.isoformat(), hear=False)
    order.body["created_at"] = then.isoformat()
    customer = bench.api("POST", "customers", {"Customer": {"Name": "Webbkund"}})["Customer"]["CustomerNumber"]
    row = {"Description": "Vas", "DeliveredQuantity": 1, "Price": 499, "VAT": 25, "AccountNumber": 3001}
    body = {
        "CustomerNumber": customer, "InvoiceDate": books_day(then).isoformat(), "VATIncluded": True,
        "InvoiceRows": [row], "YourOrderNumber": order.name,
    }  # fmt: skip
    bench.api("POST", "invoices", {"Invoice": body})
    bench.hear(order)
    bench.rest()
    with remedied(bench, "DUPLICATE_INVOICE_FOR_ORDER"):
        person.answer(order, "DUPLICATE_INVOICE_FOR_ORDER", "other_sale")
    assert bench.state(order) == "booked"
