"""Remedies, performed as a person would: on our pages, or in Fortnox and Shopify; then the order is booked.

`remedied("CODE")` says of which finding; tests/catalogue/test_remedies.py keeps the list of those nobody performed yet.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.catalogue import lookup
from app.connections.repository import Connected
from app.main import welcome
from app.model.order import books_day
from app.schema import Connection
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import ANNA, VASE, Bench
from tests.support.pipeline.person import Person, remedied
from tests.support.reading_pages import words_of

TODAY = books_day(datetime.now(UTC))
GERMAN: dict[str, Any] = {
    "buyer": {
        "id": 7109, "email": "jonas.weber@example.de",
        "billing": {"first_name": "Jonas", "last_name": "Weber", "address1": "Lindenstraße 20", "zip": "10969",
                    "city": "Berlin", "country_code": "DE"},
    },
    "lines": [VASE | {"tax": "19"}],
}  # fmt: skip


def stopped(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**spec)
    bench.rest()
    assert bench.state(order) == "stopped", bench.findings()
    return order


def is_booked(bench: Bench, *orders: StoredOrder) -> None:
    """Each order stands booked and paid, and a later refund of it is credited."""
    for order in orders:
        assert bench.state(order) == "booked"
    assert bench.balance(1510) == 0
    for order in orders:
        bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert {bench.state(order) for order in orders} == {"booked"}
    assert bench.balance(1510) == 0


class TestRegisters:
    """What is missing in Fortnox is added there; who waits goes on by itself, or at a press."""

    def test_vat_rate(self, bench: Bench, person: Person) -> None:
        bench.company_is(vat_rates=[25, 12, 6, 0])
        bench.rules(vat_rates=["12", "6", "0"])
        order = stopped(bench)
        with remedied(bench, "FORTNOX_VAT_NOT_FOUND"):
            person.retry_all("FORTNOX_VAT_NOT_FOUND", bench.finding("FORTNOX_VAT_NOT_FOUND").about)
        is_booked(bench, order)

    def test_currency(self, bench: Bench) -> None:
        order = stopped(bench, presentment={"currency": "NOK", "rate": "1.02"})
        with remedied(bench, "FORTNOX_CURRENCY_NOT_FOUND"):
            currency = {"Code": "NOK", "Description": "Norska kronor", "BuyRate": 0.98, "SellRate": 0.98, "Unit": 1}
            bench.api("POST", "currencies", {"Currency": currency})
            bench.program.scheduler.recheck_registers()
        is_booked(bench, order)

    def test_currency_that_the_settings_let_bokbro_register(self, bench: Bench, person: Person) -> None:
        order = stopped(bench, presentment={"currency": "NOK", "rate": "1.02"})
        with remedied(bench, "FORTNOX_CURRENCY_NOT_FOUND"):
            person.set(create_currencies="on")
        is_booked(bench, order)

    def test_financial_year(self, bench: Bench) -> None:
        bench.rules(cut_over="2024-01-01")  # sold before the shop was connected, and wanted all the same
        order = stopped(bench, processed_at="2024-05-03T12:00:00+02:00")
        with remedied(bench, "FORTNOX_FISCAL_YEAR"):
            year = {"FromDate": "2024-01-01", "ToDate": "2024-12-31", "AccountingMethod": "ACCRUAL"}
            bench.api("POST", "financialyears", {"FinancialYear": year | {"AccountChartType": "BAS 2024"}})
            bench.program.scheduler.recheck_registers()
        is_booked(bench, order)

    @pytest.mark.parametrize("way", ["in_fortnox", "in_settings"])
    def test_account_that_is_missing(self, bench: Bench, person: Person, way: str) -> None:
        bench.rules(accounts={"sales.se.25": 3999})
        order = stopped(bench)
        with remedied(bench, "FORTNOX_ACCOUNT_NOT_FOUND"):
            if way == "in_fortnox":
                account = {"Number": 3999, "Description": "Försäljning", "VATCode": "MP1"}
                bench.api("POST", "accounts", {"Account": account})
                bench.program.scheduler.recheck_registers()
            else:
                person.set(**{"account:sales.se.25": "3001"})
        is_booked(bench, order)

    @pytest.mark.parametrize("way", ["in_fortnox", "in_settings"])
    def test_account_that_is_inactive(self, bench: Bench, person: Person, way: str) -> None:
        for year in (1, 2):
            bench.api("PUT", f"accounts/3001?financialyear={year}", {"Account": {"Active": False}})
        bench.warm()
        order = stopped(bench)
        with remedied(bench, "FORTNOX_ACCOUNT_INACTIVE"):
            if way == "in_fortnox":
                for year in (1, 2):
                    bench.api("PUT", f"accounts/3001?financialyear={year}", {"Account": {"Active": True}})
                bench.program.scheduler.recheck_registers()
            else:
                bench.api("POST", "accounts", {"Account": {"Number": 3009, "Description": "Varor", "VATCode": "MP1"}})
                person.set(**{"account:sales.se.25": "3009", "anyway": "yes"})
        is_booked(bench, order)

    @pytest.mark.parametrize("way", ["code", "settings"])
    def test_vat_code_of_an_account(self, bench: Bench, person: Person, way: str) -> None:
        for year in (1, 2):
            bench.api("PUT", f"accounts/3001?financialyear={year}", {"Account": {"VATCode": "MP2"}})
        bench.warm()
        order = stopped(bench)
        with remedied(bench, "ACCOUNT_VAT_CODE_UNFIT"):
            if way == "code":
                for year in (1, 2):
                    bench.api("PUT", f"accounts/3001?financialyear={year}", {"Account": {"VATCode": "MP1"}})
                bench.program.scheduler.recheck_registers()
                person.retry(order)
            else:
                bench.api("POST", "accounts", {"Account": {"Number": 3009, "Description": "Varor", "VATCode": "MP1"}})
                person.set(**{"account:sales.se.25": "3009", "anyway": "yes"})
        is_booked(bench, order)

    @pytest.mark.parametrize("way", ["in_fortnox", "in_settings"])
    def test_cost_centre(self, bench: Bench, person: Person, way: str) -> None:
        bench.rules(cost_center="WEBB")
        order = stopped(bench)
        with remedied(bench, "FORTNOX_COST_CENTER_NOT_FOUND"):
            if way == "in_fortnox":
                bench.api("POST", "costcenters", {"CostCenter": {"Code": "WEBB", "Description": "Webben"}})
                bench.program.scheduler.recheck_registers()
            else:
                person.set(cost_center="")
        is_booked(bench, order)

    @pytest.mark.parametrize("way", ["in_fortnox", "in_settings"])
    def test_project(self, bench: Bench, person: Person, way: str) -> None:
        bench.rules(project="7")
        order = stopped(bench)
        with remedied(bench, "FORTNOX_PROJECT_NOT_FOUND"):
            if way == "in_fortnox":
                bench.api("POST", "projects", {"Project": {"ProjectNumber": "7", "Description": "Webben"}})
                person.retry(order)
            else:
                person.set(project="")
        is_booked(bench, order)

    def test_mode_of_payment(self, bench: Bench, person: Person) -> None:
        bench.rules(modes_of_payment={"shopify_payments": "SP"})
        order = stopped(bench)
        with remedied(bench, "FORTNOX_MODE_OF_PAYMENT_NOT_FOUND"):
            person.set(modes_of_payment="shopify_payments = BG")
        is_booked(bench, order)

    @pytest.mark.parametrize("way", ["in_fortnox", "in_settings"])
    def test_terms_of_payment(self, bench: Bench, person: Person, way: str) -> None:
        bench.rules(prepaid_terms_of_payment="45")
        order = stopped(bench)
        with remedied(bench, "FORTNOX_TERMS_NOT_FOUND"):
            if way == "in_fortnox":
                bench.api("POST", "termsofpayments", {"TermsOfPayment": {"Code": "45", "Description": "45 dagar"}})
                bench.program.scheduler.recheck_registers()
            else:
                person.set(prepaid_terms_of_payment="30")
        is_booked(bench, order)

    @pytest.mark.parametrize("way", ["in_fortnox", "in_settings"])
    def test_way_of_delivery_of_the_settings(self, bench: Bench, person: Person, way: str) -> None:
        bench.rules(ways_of_delivery={"Paket": "PN"})
        order = stopped(bench, shipping=[{"title": "Paket", "price": "0.00"}])
        with remedied(bench, "FORTNOX_WAY_OF_DELIVERY_NOT_FOUND"):
            if way == "in_fortnox":
                bench.api("POST", "wayofdeliveries", {"WayOfDelivery": {"Code": "PN", "Description": "PostNord"}})
                bench.program.scheduler.recheck_registers()
            else:
                person.set(ways_of_delivery="Paket = P")
        is_booked(bench, order)

    def test_shipping_method_that_nobody_mapped(self, bench: Bench, person: Person) -> None:
        bench.rules(require_way_of_delivery=True)
        order = stopped(bench, shipping=[{"title": "Drönare", "price": "0.00"}])
        with remedied(bench, "FORTNOX_SHIPPING_NOT_FOUND"):
            person.set(ways_of_delivery="Drönare = P")
        is_booked(bench, order)


class TestPeriod:
    """A locked period: unlocked, or booked on the first open day."""

    @pytest.fixture
    def order(self, bench: Bench) -> StoredOrder:
        bench.company_is(locked_until=(TODAY - timedelta(days=1)).isoformat())
        bench.warm()
        return stopped(bench, processed_at=f"{TODAY - timedelta(days=3)}T12:00:00+01:00")

    def test_it_is_unlocked_in_fortnox_and_noticed(self, bench: Bench, order: StoredOrder) -> None:
        with remedied(bench, "FORTNOX_PERIOD_LOCKED"):
            bench.company_is(locked_until=None)
            bench.program.scheduler.recheck_registers()
        is_booked(bench, order)
        assert bench.invoices()[0]["InvoiceDate"] == str(TODAY - timedelta(days=3))

    def test_a_person_books_it_on_the_first_open_day(self, bench: Bench, person: Person, order: StoredOrder) -> None:
        with remedied(bench, "FORTNOX_PERIOD_LOCKED", "INVOICE_MOVED_TO_OPEN_PERIOD"):
            person.answer(order, "FORTNOX_PERIOD_LOCKED", "move")
        (invoice,) = bench.invoices()
        assert (invoice["InvoiceDate"], invoice["Booked"], invoice["Balance"]) == (str(TODAY), True, 0)
        assert str(TODAY - timedelta(days=3)) in invoice["Remarks"], "it says of which day it is"
        with remedied(bench, "INVOICE_MOVED_TO_OPEN_PERIOD"):
            person.close(order, "INVOICE_MOVED_TO_OPEN_PERIOD", "momsrapport november")
        bench.hear(order)
        bench.rest()
        assert bench.findings() == [], "what a person closed is not told again"
        assert "momsrapport november" in person.reads(f"/orders/{bench.order_id(order)}")
        is_booked(bench, order)


class TestAccounts:
    """Every role that a finding asks for gets an account on a page."""

    def test_payment_method_is_proposed_from_the_orders(self, bench: Bench, person: Person) -> None:
        order = stopped(bench, payments=[{"gateway": "Walley Checkout"}])
        with remedied(bench, "PAYMENT_GATEWAY_UNMAPPED"):
            assert "walley checkout 1 order, SEK" in person.reads("/accounts")
            person.accounts(**{"method_account:walley checkout": "1589"})
        assert bench.balance(1589) == Decimal(499)
        is_booked(bench, order)

    def test_payment_method_shares_an_account_that_exists(self, bench: Bench, person: Person) -> None:
        order = stopped(bench, payments=[{"gateway": "Klarna Checkout"}])
        with remedied(bench, "PAYMENT_GATEWAY_UNMAPPED"):
            person.accounts(**{"method:klarna checkout": "psp.klarna"})
        assert bench.balance(1586) == Decimal(499)
        is_booked(bench, order)

    def test_country_and_rate_of_oss(self, bench: Bench, person: Person) -> None:
        bench.company_is(
            vat_rates=[25, 12, 6, 0, 19],
            extra_accounts=[{"number": 3117, "description": "OSS DE"}, {"number": 2677, "description": "OSS moms DE"}],
            vat_accounts={"19": 2677},
        )
        bench.rules(eu_consumers="oss", oss_from="2026-01-01", vat_rates=["25", "12", "6", "0", "19"])
        bench.warm()
        stopped(bench, **GERMAN)
        with remedied(bench, "OSS_COUNTRY_TAX_MAPPING_MISSING"):
            person.accounts(**{"account:oss_sales.DE.19": "3117", "account:oss_vat.DE": "2677"})


class TestDocuments:
    """What differs in Fortnox is corrected there, made anew, or accepted."""

    def test_total_that_differs_is_cancelled_and_made_anew(self, bench: Bench, person: Person) -> None:
        bench.emulators.world.turn(vat_rounding="group")
        order = self._differing(bench)
        with remedied(bench, "FORTNOX_TOTAL_DIFFERS"):
            bench.api("PUT", "invoices/1/cancel")
            person.retry(order)
        is_booked(bench, order)

    def test_total_that_differs_is_corrected(self, bench: Bench, person: Person) -> None:
        order = self._differing(bench)
        with remedied(bench, "FORTNOX_TOTAL_DIFFERS"):
            bench.api("PUT", "invoices/1", {"Invoice": {"AdministrationFee": 0}})
            person.retry(order)
        is_booked(bench, order)

    def _differing(self, bench: Bench) -> StoredOrder:
        """The buyer's card has an invoice fee, which Fortnox puts on the invoice."""
        customer = {"Name": "Anna", "Email": ANNA["email"], "InvoiceAdministrationFee": "29"}
        bench.api("POST", "customers", {"Customer": {**customer, "CustomerNumber": "S7101"}})
        bench.emulators.kit.calls.clear()
        order = stopped(bench)
        fee = {"Customer": {"InvoiceAdministrationFee": None}}
        bench.api("PUT", "customers/S7101", fee)
        return order

    def test_balance_that_is_left_open(self, bench: Bench, person: Person) -> None:
        bench.emulators.world.turn(writeoff_included_in_amount=True)
        order = bench.place(lines=[VASE | {"price": "499.40"}])
        bench.rest()
        with remedied(bench, "FORTNOX_BALANCE_LEFT"):
            invoice = bench.invoices()[0]
            payment = {"InvoiceNumber": int(invoice["DocumentNumber"]), "Amount": float(invoice["Balance"])}
            day = str(invoice["InvoiceDate"])
            made = bench.api(
                "POST", "invoicepayments",
                {"InvoicePayment": payment | {"PaymentDate": day, "ModeOfPaymentAccount": 3740}},
            )  # fmt: skip
            bench.api("PUT", f"invoicepayments/{made['InvoicePayment']['Number']}/bookkeep")
            person.retry(order)
        assert bench.state(order) == "booked"

    @pytest.mark.parametrize("way", ["move", "by_hand"])
    def test_payment_before_its_invoice(self, bench: Bench, person: Person, way: str) -> None:
        """Somebody gave the draft a later day in Fortnox: the payment is held back before it is sent."""
        bench.emulators.kit.faults.order("close_before", "PUT", "/3/invoices/*/bookkeep")
        earlier = TODAY - timedelta(days=5)
        order = bench.place(processed_at=f"{earlier}T12:00:00+01:00")
        bench.run_jobs()
        bench.api("PUT", "invoices/1", {"Invoice": {"InvoiceDate": str(TODAY - timedelta(days=2))}})
        bench.rest()
        assert bench.payments() == [], "nothing was sent"
        if way == "move":
            with remedied(bench, "FORTNOX_PAYMENT_DATE"):
                person.answer(order, "FORTNOX_PAYMENT_DATE", "move")
            assert [payment["PaymentDate"] for payment in bench.payments()] == [str(TODAY - timedelta(days=2))]
            bench.proves(order)
        else:
            with remedied(bench, "FORTNOX_PAYMENT_DATE", "HANDLED_BY_HAND"):
                person.answer(order, "FORTNOX_PAYMENT_DATE", "by_hand", number="A 17")
            assert bench.state(order) == "booked"
            assert "A 17" in person.reads(f"/orders/{bench.order_id(order)}")


class TestByHand:
    """Any stop may be handled by hand, with a reference; the next change of the order asks again."""

    def test_it_is_booked_by_hand_and_a_refund_asks_again(self, bench: Bench, person: Person) -> None:
        order = stopped(bench, presentment={"currency": "NOK", "rate": "1.02"})
        with remedied(bench, "FORTNOX_CURRENCY_NOT_FOUND", "HANDLED_BY_HAND"):
            person.answer(order, "FORTNOX_CURRENCY_NOT_FOUND", "by_hand", number="Verifikation A 12")
        assert (bench.state(order), bench.invoices()) == ("booked", [])
        with remedied(bench, "HANDLED_BY_HAND", "FORTNOX_CURRENCY_NOT_FOUND"):
            bench.act(order, "refund", lines=[{"line": 0}])

    def test_a_reference_is_needed(self, bench: Bench, person: Person) -> None:
        order = stopped(bench, presentment={"currency": "NOK", "rate": "1.02"})
        finding = bench.finding("FORTNOX_CURRENCY_NOT_FOUND")
        answer = person.post(f"/orders/{bench.order_id(order)}/answers", finding=str(finding.id), answer="by_hand")
        assert answer.status_code == 409


class TestSettingsAreRefused:
    """A code that Fortnox does not have is not saved; a setting that needs a scope says which."""

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("ways_of_delivery", "Paket = PN"),
            ("terms_of_payment", "45"),
            ("prepaid_terms_of_payment", "45"),
            ("terms", "30 = 45"),
            ("modes_of_payment", "shopify_payments = SP"),
            ("cost_center", "WEBB"),
            ("cost_centers", "channel:pos = WEBB"),
        ],
    )
    def test_code_that_fortnox_does_not_have(self, person: Person, field: str, value: str) -> None:
        answer = person.settings(**{field: value})
        assert answer.status_code == 422
        assert "Koden finns inte i Fortnox:" in answer.text

    def test_code_that_was_just_added_in_fortnox_is_saved(self, bench: Bench, person: Person) -> None:
        bench.pass_time()
        bench.api("POST", "wayofdeliveries", {"WayOfDelivery": {"Code": "PN", "Description": "PostNord"}})
        person.set(ways_of_delivery="Paket = PN")


class TestOss:
    """A credit note of an OSS sale has the invoice's account and rate, whoever made it."""

    @pytest.fixture
    def order(self, bench: Bench) -> StoredOrder:
        bench.company_is(
            vat_rates=[25, 12, 6, 0, 19],
            extra_accounts=[{"number": 3117, "description": "OSS DE"}, {"number": 2677, "description": "OSS moms DE"}],
            vat_accounts={"19": 2677},
        )
        accounts = {"oss_sales.DE.19": 3117, "oss_vat.DE": 2677}
        bench.rules(
            eu_consumers="oss", oss_from="2026-01-01", vat_rates=["25", "12", "6", "0", "19"], accounts=accounts
        )
        bench.warm()
        order = bench.place(**GERMAN)
        bench.rest()
        assert (bench.findings(), bench.state(order)) == ([], "booked")
        return order

    def test_a_credit_note_by_hand_on_another_account(self, bench: Bench, person: Person, order: StoredOrder) -> None:
        bench.api("PUT", "invoices/1/credit")
        row = {"DeliveredQuantity": -1, "Price": 499, "AccountNumber": 3001, "VAT": 25}
        bench.api("PUT", "invoices/2", {"Invoice": {"InvoiceRows": [row]}})
        bench.api("PUT", "invoices/2/bookkeep")
        bench.hand_touched(order)
        bench.rest()
        assert bench.findings() == ["DIFFERS_IN_BOOKS", "OSS_NOT_APPLIED_TO_CREDIT_NOTES"]
        with remedied(bench, "OSS_NOT_APPLIED_TO_CREDIT_NOTES", "HANDLED_BY_HAND"):
            person.answer(order, "OSS_NOT_APPLIED_TO_CREDIT_NOTES", "by_hand", number="A 31")

    def test_a_credit_note_by_hand_on_the_same_account_is_only_told_as_such(
        self, bench: Bench, order: StoredOrder
    ) -> None:
        bench.api("PUT", "invoices/1/credit")
        bench.hand_touched(order)
        bench.rest()
        assert bench.findings() == ["DIFFERS_IN_BOOKS"]

    def test_a_credit_note_of_ours_that_fortnox_changed(self, bench: Bench, person: Person, order: StoredOrder) -> None:
        """A fault of the answer: Fortnox shows another account than was sent."""
        shown = dict(bench.api("GET", "invoices/1")["Invoice"])
        assert shown["InvoiceRows"][0]["AccountNumber"] == 3117
        bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
        bench.emulators.kit.faults.order("close_before", "PUT", "/3/invoices/2/bookkeep")
        bench.run_jobs()
        row = {"DeliveredQuantity": -1, "Price": 499, "AccountNumber": 3001, "VAT": 19}
        bench.api("PUT", "invoices/2", {"Invoice": {"InvoiceRows": [row]}})
        bench.hand_touched(order)
        bench.rest()
        assert [invoice["Booked"] for invoice in bench.invoices()] == [True, False]
        with remedied(bench, "OSS_NOT_APPLIED_TO_CREDIT_NOTES"):
            row |= {"AccountNumber": 3117}
            bench.api("PUT", "invoices/2", {"Invoice": {"InvoiceRows": [row]}})
            person.retry(order)
        assert bench.balance(3001) == 0
        assert (bench.balance(1510), bench.balance(3117)) == (0, 0)


class TestOrders:
    """What is wrong with an order is corrected in the shop, or by a setting."""

    @pytest.mark.parametrize("way", ["in_shop", "in_settings"])
    def test_no_name_anywhere(self, bench: Bench, person: Person, way: str) -> None:
        nameless = {"billing": {"address1": "Okänd gata 1", "zip": "111 11", "city": "Stockholm"}}
        order = stopped(bench, buyer=nameless)
        with remedied(bench, "FORTNOX_CUSTOMER_NAME_EMPTY"):
            if way == "in_settings":
                person.set(unknown_customer_name="Kontantkund")
            else:
                order.body["billing_address"] |= {
                    "first_name": "Anna",
                    "last_name": "Lindqvist",
                    "name": "Anna Lindqvist",
                }
                person.retry(order)
        is_booked(bench, order)

    def test_product_number_with_other_signs(self, bench: Bench, person: Person) -> None:
        bench.rules(article_numbers="stop")
        order = stopped(bench, lines=[VASE | {"sku": "GF SKÅL 07"}])
        with remedied(bench, "SHOPIFY_PRODUCT_CHARS"):
            person.set(article_numbers="map")
        is_booked(bench, order)

    def test_draft_that_somebody_gave_another_currency_is_not_booked(self, bench: Bench, person: Person) -> None:
        bench.emulators.kit.faults.order("close_before", "PUT", "/3/invoices/*/bookkeep")
        order = bench.place()
        bench.run_jobs()
        bench.api("PUT", "invoices/1", {"Invoice": {"Currency": "EUR"}})
        bench.rest()
        assert bench.payments() == [], "nothing was sent"
        with remedied(bench, "FORTNOX_TOTAL_DIFFERS"):
            bench.api("PUT", "invoices/1", {"Invoice": {"Currency": "SEK"}})
            person.retry(order)
        is_booked(bench, order)

    def test_payment_in_another_currency_than_its_invoice(self, bench: Bench, person: Person) -> None:
        body = {
            "ErrorInformation": {"error": 1, "message": "Valuta EUR och valuta SEK stämmer inte överens", "code": 0}
        }
        bench.emulators.kit.faults.order("status", "POST", "/3/invoicepayments", times=None, status=400, body=body)
        order = stopped(bench)
        with remedied(bench, "FORTNOX_CURRENCY_MISMATCH", "HANDLED_BY_HAND"):
            person.answer(order, "FORTNOX_CURRENCY_MISMATCH", "by_hand", number="A 44")
        assert bench.state(order) == "booked"

    def test_fortnox_is_not_connected(self, bench: Bench) -> None:
        with bench.program.store.write() as session:
            row = session.get_one(Connection, bench.fortnox_id)
            row.state = "needs_consent"
        order = stopped(bench)
        with remedied(bench, "FORTNOX_NOT_CONNECTED"):
            bench.connect_fortnox()
            welcome(bench.program, Connected(bench.fortnox_id, "Granström Form AB", renewed=True))
        is_booked(bench, order)


class TestRefusals:
    """Fortnox refuses what nobody could foresee: the finding has its words and every value, and a press goes on."""

    @pytest.mark.parametrize(
        ("number", "message", "code"),
        [
            (2000359, "Värdet innehåller ej tillåtna tecken. (☃)", "FORTNOX_TEXT_CHARS"),
            (2000107, "Värdet är för långt.", "FORTNOX_TEXT_TOO_LONG"),
            (2099999, "Ett fel vi aldrig sett.", "FORTNOX_REFUSED_UNKNOWN"),
            (2000204, "Kunde inte hämta/hitta kund (kundnummer)", "FORTNOX_CUSTOMER_NOT_FOUND"),
            (2001302, "Kunde inte hitta artikel", "FORTNOX_ARTICLE_NOT_FOUND"),
            (2001089, "Betalningsdatum före fakturadatum", "FORTNOX_PAYMENT_DATE"),
        ],
    )
    def test_it_is_told_and_a_press_goes_on(
        self, bench: Bench, person: Person, number: int, message: str, code: str
    ) -> None:
        body = {"ErrorInformation": {"error": 1, "message": message, "code": number}}
        bench.emulators.kit.faults.order("status", "POST", "/3/invoices", times=None, status=400, body=body)
        order = stopped(bench)
        with remedied(bench, code):
            bench.emulators.kit.faults.clear()  # what was wrong is corrected in the shop or in Fortnox
            person.retry(order)
        is_booked(bench, order)

    def test_customer_number_of_a_deleted_customer(self, bench: Bench, person: Person) -> None:
        customer = {"CustomerNumber": "S7101", "Name": "Bo"}
        bench.api("POST", "customers", {"Customer": customer})
        with bench.emulators.world.lock:
            del bench.emulators.world.companies[bench.company].kind("customers")["S7101"]
        order = stopped(bench)
        with remedied(bench, "FORTNOX_CUSTOMER_NUMBER_TAKEN"):
            person.set(customer_policy="collective")
        is_booked(bench, order)


class TestChoices:
    """A question is answered on the order's page, or a rule is chosen under Settings."""

    def test_credit_note_of_a_locked_period(self, bench: Bench, person: Person) -> None:
        bench.rules(locked_period="ask")
        order = bench.place()
        bench.rest()
        bench.company_is(locked_until=TODAY.isoformat())
        bench.warm()
        bench.act(order, "refund", lines=[{"line": 0}])
        bench.rest()
        with remedied(bench, "CREDIT_PERIOD_LOCKED", "CREDIT_MOVED_TO_OPEN_PERIOD"):
            person.answer(order, "CREDIT_PERIOD_LOCKED", "move")
        assert bench.balance(1510) == 0

    def test_sale_on_a_marketplace_that_owes_the_vat(self, bench: Bench, person: Person) -> None:
        order = bench.place(hear=False)
        order.body["line_items"][0]["tax_lines"][0]["channel_liable"] = True
        bench.hear(order)
        bench.rest()
        with remedied(bench, "VAT_TREATMENT_NOT_SUPPORTED", "HANDLED_BY_HAND"):
            person.answer(order, "VAT_TREATMENT_NOT_SUPPORTED", "by_hand", number="A 6")
        assert bench.state(order) == "booked"

    @pytest.mark.parametrize(
        ("code", "spec"),
        [
            ("SHOPIFY_TOTALS_DISAGREE", {"breach": {"total_price": "10.00"}}),
            ("VAT_CHARGED_UNEXPECTED", {"lines": [VASE | {"tax": "0"}]}),
        ],
    )
    def test_what_nobody_but_a_person_can_book(
        self, bench: Bench, person: Person, code: str, spec: dict[str, Any]
    ) -> None:
        order = stopped(bench, **spec)
        with remedied(bench, code, "HANDLED_BY_HAND"):
            person.answer(order, code, "by_hand", number="A 9")
        assert bench.state(order) == "booked"

    def test_two_documents_of_one_name(self, bench: Bench, person: Person) -> None:
        bench.emulators.kit.faults.order("close_after", "POST", "/3/invoices")
        order = bench.place()
        bench.run_jobs()
        made = bench.invoices()[0]
        row = {"Price": 499, "VAT": 25, "DeliveredQuantity": 1, "AccountNumber": 3001}
        twin = {"CustomerNumber": made["CustomerNumber"], "ExternalInvoiceReference1": order.name}
        bench.api("POST", "invoices", {"Invoice": twin | {"VATIncluded": True, "InvoiceRows": [row]}})
        bench.rest()
        with remedied(bench, "DUPLICATE_IN_BOOKS"):
            bench.api("PUT", "invoices/2/cancel")
            person.retry(order)
        bench.proves(order)

    def test_manual_payment_that_counts_as_money(self, bench: Bench, person: Person) -> None:
        order = bench.place(payments=[{"gateway": "manual"}], source_name="shopify_draft_order")
        bench.rest()
        with remedied(bench, "SHOPIFY_MANUAL_ORDER_MARKED_PAID"):
            person.close(order, "SHOPIFY_MANUAL_ORDER_MARKED_PAID", "faktura betald via bank")

    def test_setting_that_needs_a_scope(self, bench: Bench, person: Person) -> None:
        """Not saved; the connection is renewed with the area, and then it is."""
        base = ["companyinformation", "settings", "customer", "article", "invoice", "payment", "bookkeeping"]
        with bench.program.store.write() as session:
            session.get_one(Connection, bench.fortnox_id).scopes = base
        answer = person.settings(document_flow="order_first")
        assert answer.status_code == 422
        assert lookup("SETTING_NEEDS_ACCESS").text("sv", {"scope": "order"}) in words_of(answer.text)
        with bench.program.store.write() as session:  # as the consent page does: tests/web walks it
            session.get_one(Connection, bench.fortnox_id).scopes = [*base, "order"]
        person.set(document_flow="order_first")
        order = bench.place()
        bench.rest()
        bench.proves(order)
