"""The behaviours of section 4 of the Fortnox dossier, row by row: `@row_of_section_4(n)` names the row a test shows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from tests.support.contract.fortnox_emulator import Fortnox, connected, row

ROWS = 33
SHOWN: set[int] = set()
Test = Callable[..., None]


def row_of_section_4(number: int) -> Callable[[Test], Test]:
    """Name the row that a test shows."""
    SHOWN.add(number)
    return lambda test: test


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    with connected(SandboxConfig(companies=(CompanyConfig(),))) as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def _credited(fortnox: Fortnox, number: str = "1") -> Any:
    original = fortnox.ok("PUT", f"invoices/{number}/credit", "Invoice")
    return fortnox.ok("GET", f"invoices/{original['CreditInvoiceReference']}", "Invoice")


def _article(fortnox: Fortnox, **fields: Any) -> None:
    fortnox.ok("POST", "articles", "Article", {"ArticleNumber": "HYLLA", "Description": "Hylla"} | fields)


@row_of_section_4(1)
def test_there_is_one_credit_per_invoice_and_a_negative_invoice_becomes_one_by_itself(fortnox: Fortnox) -> None:
    fortnox.booked(row(100, quantity=2))
    assert fortnox.ok("GET", "invoices/1", "Invoice")["CreditInvoiceReference"] == "0"
    _credited(fortnox)

    fortnox.refused("PUT", "invoices/1/credit", "Invoice")
    assert fortnox.invoice(row(100, quantity=-1))["Credit"] == "true"


@row_of_section_4(1)
def test_a_second_credit_may_fail_silently(fortnox: Fortnox) -> None:
    fortnox.switch(second_credit_silent=True)
    fortnox.booked(row(100))
    first = _credited(fortnox)["DocumentNumber"]

    assert _credited(fortnox)["DocumentNumber"] == first
    assert len(fortnox.get("invoices")["Invoices"]) == 2


@row_of_section_4(2)
def test_a_credit_invoice_can_be_cut_down_to_the_rows_refunded(fortnox: Fortnox) -> None:
    fortnox.booked(row(100, quantity=2), row(60))
    number = _credited(fortnox)["DocumentNumber"]
    fields = {"InvoiceRows": [row(100, quantity=-1)], "ExternalInvoiceReference2": "refund-1"}
    fortnox.ok("PUT", f"invoices/{number}", "Invoice", fields)

    assert fortnox.ok("PUT", f"invoices/{number}/bookkeep", "Invoice")["Total"] == -125


@row_of_section_4(3)
def test_a_credit_invoice_has_negative_quantities_and_the_original_keeps_its_balance(fortnox: Fortnox) -> None:
    fortnox.booked(row(100, quantity=2))
    credit, original = _credited(fortnox), fortnox.ok("GET", "invoices/1", "Invoice")

    assert [(one["DeliveredQuantity"], one["Price"]) for one in credit["InvoiceRows"]] == [("-2", 100)]
    assert (credit["Credit"], credit["Total"], credit["TotalVAT"], credit["Balance"]) == ("true", -250, -50, -250)
    assert (original["Credit"], original["Balance"]) == ("false", 250)


@row_of_section_4(4)
def test_an_unbooked_invoice_is_cancelled_not_credited(fortnox: Fortnox) -> None:
    fortnox.invoice(row(100))

    fortnox.refused("PUT", "invoices/1/credit", "Invoice")
    assert fortnox.ok("PUT", "invoices/1/cancel", "Invoice")["Cancelled"] is True


@row_of_section_4(5)
def test_a_booked_invoice_is_fixed_and_there_is_no_way_back(fortnox: Fortnox) -> None:
    fortnox.booked(row(100))

    fortnox.refused("PUT", "invoices/1", "Invoice", {"InvoiceRows": [row(90)]})
    fortnox.refused("PUT", "invoices/1", "Invoice", {"Comments": "Hej"})
    fortnox.refused("PUT", "invoices/1/cancel", "Invoice")
    assert fortnox.call("PUT", "invoices/1/unbook").status_code == 404


@row_of_section_4(6)
def test_under_the_cash_method_the_payment_makes_the_voucher(fortnox: Fortnox) -> None:
    fortnox.company(cash_method=True)
    invoice = fortnox.invoice(row(100))

    assert invoice["AccountingMethod"] == "CASH"
    assert fortnox.refused("PUT", "invoices/1/bookkeep", "Invoice")[0] == 2003007
    fortnox.paid(invoice, 125)
    assert fortnox.balances() == {"1930": 12500, "2611": -2500, "3001": -10000}


@row_of_section_4(7)
def test_a_payment_before_the_invoice_is_refused(fortnox: Fortnox) -> None:
    fortnox.booked(row(100))
    fields = {"InvoiceNumber": 1, "Amount": 125, "PaymentDate": "2026-11-21"}

    refusal = fortnox.refused("POST", "invoicepayments", "InvoicePayment", fields)
    assert refusal[1] == "Betalningsdatum före fakturadatum"


@row_of_section_4(8)
def test_a_locked_period_is_told_by_number_and_day_and_can_be_read_before(fortnox: Fortnox) -> None:
    fortnox.company(locked_until="2026-10-31")
    fortnox.invoice(row(100), InvoiceDate="2026-10-31")
    code, text = fortnox.refused("PUT", "invoices/1/bookkeep", "Invoice")

    assert code == 2000401
    assert text.endswith("har låst perioden t.o.m. 2026-10-31. Lås upp perioden för att fortsätta.")
    assert fortnox.get("settings/lockedperiod") == {"LockedPeriod": {"EndDate": "2026-10-31"}}


@row_of_section_4(9)
def test_a_day_outside_every_year_is_refused_until_the_year_is_opened(fortnox: Fortnox) -> None:
    fields = {"CustomerNumber": fortnox.customer(), "InvoiceDate": "2027-01-02"}
    assert fortnox.refused("POST", "invoices", "Invoice", fields)[1].startswith("Räkenskapsår saknas")

    fortnox.ok("POST", "financialyears", "FinancialYear", {"FromDate": "2027-01-01", "ToDate": "2027-12-31"})
    assert fortnox.ok("POST", "invoices", "Invoice", fields)["InvoiceDate"] == "2027-01-02"


@row_of_section_4(10)
def test_totals_are_whole_kronor_in_sek_only_and_a_write_off_settles_the_rest(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(159.60))
    assert (invoice["Total"], invoice["RoundOff"]) == (200, 0.5)
    write_off = {"Amount": 0.5, "AccountNumber": 3740}
    assert fortnox.paid(invoice, 199.5, WriteOffs=[write_off])["Balance"] == 0

    foreign = fortnox.invoice(row(159.60), Currency="EUR")
    assert (foreign["Total"], foreign["RoundOff"]) == (199.5, 0)


@row_of_section_4(11)
def test_prices_and_quantities_are_rounded_half_up_before_they_are_multiplied(fortnox: Fortnox) -> None:
    shown = fortnox.invoice(row(1.125, quantity=1.125))["InvoiceRows"][0]

    assert (shown["Price"], shown["DeliveredQuantity"], shown["Total"]) == (1.13, "1.13", 1.28)


@row_of_section_4(12)
def test_prices_may_include_vat_and_some_sums_never_do(fortnox: Fortnox) -> None:
    invoice = fortnox.invoice(row(125), VATIncluded=True, Freight=50)
    shown = invoice["InvoiceRows"][0]

    assert (shown["Price"], shown["Total"]) == (125, 125)
    assert (shown["PriceExcludingVAT"], shown["TotalExcludingVAT"]) == (100, 100)
    assert (invoice["FreightVAT"], invoice["Total"]) == (10, 175)


@row_of_section_4(13)
def test_the_most_specific_sales_account_wins(fortnox: Fortnox) -> None:
    _article(fortnox, SalesAccount=3041)
    by_card = fortnox.customer(SalesAccount="3004")
    plain = fortnox.customer()
    named = {"ArticleNumber": "HYLLA", "Price": 1, "DeliveredQuantity": 1}

    def account(customer: str, **fields: Any) -> int:
        return int(fortnox.invoice(fields, CustomerNumber=customer)["InvoiceRows"][0]["AccountNumber"])

    assert account(by_card, **named, AccountNumber=3590) == 3590
    assert account(by_card, **named) == 3004
    assert account(plain, **named) == 3041
    assert account(plain, **row(1, vat=12)) == 3002
    fortnox.company(predefined_accounts={"SALES": 0, "SALES_12_SE": 0})
    fields = {"CustomerNumber": plain, "InvoiceRows": [row(1, vat=12)]}
    assert fortnox.refused("POST", "invoices", "Invoice", fields)[0] == 2001304


@row_of_section_4(14)
@pytest.mark.parametrize(
    ("kind", "account", "vat"),
    [("SEVAT", 3001, 25), ("EUREVERSEDVAT", 3108, 0), ("EUVAT", 3106, 25), ("EXPORT", 3105, 0)],
)
def test_the_customers_vat_type_decides_account_and_vat(fortnox: Fortnox, kind: str, account: int, vat: int) -> None:
    _article(fortnox)
    sold = {"ArticleNumber": "HYLLA", "Price": 100, "DeliveredQuantity": 1}
    shown = fortnox.invoice(sold, CustomerNumber=fortnox.customer(VATType=kind))["InvoiceRows"][0]

    assert (shown["AccountNumber"], shown["VAT"]) == (account, vat)


@row_of_section_4(15)
def test_oss_is_a_rate_and_an_account_on_the_row_which_easy_vat_demands(fortnox: Fortnox) -> None:
    fortnox.company(vat_rates=[25, 12, 6, 0, 19], easy_vat=True)
    customer = fortnox.customer(VATType="EUVAT", CountryCode="DE")
    fields = {"CustomerNumber": customer, "InvoiceRows": [row(100, vat=19)]}
    assert fortnox.refused("POST", "invoices", "Invoice", fields)[0] == 2004167

    fortnox.booked(row(100, vat=19, AccountNumber=3116), CustomerNumber=customer)
    assert fortnox.balances() == {"1510": 11900, "2676": -1900, "3116": -10000}


@row_of_section_4(16)
def test_a_rate_that_the_company_does_not_have_is_refused(fortnox: Fortnox) -> None:
    fields = {"CustomerNumber": fortnox.customer(), "InvoiceRows": [row(100, vat=19)]}
    assert fortnox.refused("POST", "invoices", "Invoice", fields)[1] == "Kunde inte hämta/hitta moms"


@row_of_section_4(17)
def test_an_own_document_number_moves_the_series_on(fortnox: Fortnox) -> None:
    big = 5_000_000_000
    assert fortnox.invoice(DocumentNumber=big)["DocumentNumber"] == str(big)
    assert fortnox.invoice()["DocumentNumber"] == str(big + 1)


@row_of_section_4(18)
def test_a_customer_number_stays_taken_after_a_delete(fortnox: Fortnox) -> None:
    fortnox.customer(CustomerNumber="SHOP-1")
    fortnox.call("DELETE", "customers/SHOP-1")

    refusal = fortnox.refused("POST", "customers", "Customer", {"Name": "x", "CustomerNumber": "SHOP-1"})
    assert refusal[0] == 2000637
    assert refusal[1].endswith("Kundnumret har redan använts men blivit raderat.")


@row_of_section_4(19)
def test_a_deleted_way_of_delivery_stays_on_cards_and_breaks_documents_that_name_none(fortnox: Fortnox) -> None:
    customer = fortnox.customer(WayOfDelivery="B")
    fortnox.call("DELETE", "wayofdeliveries/B")

    assert fortnox.ok("GET", f"customers/{customer}", "Customer")["WayOfDelivery"] == "B"
    assert fortnox.refused("POST", "invoices", "Invoice", {"CustomerNumber": customer})[0] == 2001412
    assert fortnox.invoice(CustomerNumber=customer, WayOfDelivery="P")["WayOfDelivery"] == "P"


@row_of_section_4(20)
@pytest.mark.parametrize(("sent", "kept"), [("", "Hej"), (None, ""), ("API_BLANK", "")])
def test_an_empty_text_never_clears_but_null_and_api_blank_do(fortnox: Fortnox, sent: str | None, kept: str) -> None:
    fortnox.invoice(Comments="Hej")
    assert fortnox.ok("PUT", "invoices/1", "Invoice", {"Comments": sent})["Comments"] == kept


@row_of_section_4(21)
def test_an_articles_house_work_type_reaches_the_row_and_cannot_be_overridden(fortnox: Fortnox) -> None:
    _article(fortnox, Housework=True, HouseworkType="CLEANING")
    sold = {"ArticleNumber": "HYLLA", "DeliveredQuantity": 1, "HouseWork": False}
    code, text = fortnox.refused(
        "POST", "invoices", "Invoice", {"CustomerNumber": fortnox.customer(), "InvoiceRows": [sold]}
    )

    assert code == 2004021
    assert "'none'" in text
    assert "'CLEANING'" in text


@row_of_section_4(22)
def test_an_invoiced_order_is_locked_and_invoiced_once(fortnox: Fortnox) -> None:
    fortnox.ok("POST", "orders", "Order", {"CustomerNumber": fortnox.customer()})
    fortnox.ok("PUT", "orders/1/createinvoice", "Order")

    assert fortnox.refused("PUT", "orders/1", "Order", {"Freight": 10})[0] == 2001242
    assert fortnox.refused("PUT", "orders/1/createinvoice", "Order")[0] == 2000496


@row_of_section_4(23)
def test_a_discount_sticks_when_rows_are_matched_by_position(fortnox: Fortnox) -> None:
    fortnox.invoice(row(100, Discount=10), row(50))
    rows = fortnox.ok("PUT", "invoices/1", "Invoice", {"InvoiceRows": [{"Price": 200}]})["InvoiceRows"]

    assert [(one["Price"], one["Discount"], one["Total"]) for one in rows] == [(200, 10, 180)]


@row_of_section_4(24)
def test_a_list_may_not_yet_show_what_was_just_made(fortnox: Fortnox) -> None:
    fortnox.switch(search_lag_seconds=2)
    fortnox.invoice(ExternalInvoiceReference1="order-1")

    assert fortnox.get("invoices", externalinvoicereference1="order-1")["Invoices"] == []
    fortnox.http.post("/_sandbox/clock", json={"advance_seconds": 3})
    assert len(fortnox.get("invoices", externalinvoicereference1="order-1")["Invoices"]) == 1


@row_of_section_4(25)
@pytest.mark.parametrize(("code", "name"), [("SE", "Sverige"), ("NO", "Norway"), ("DE", "Germany")])
def test_countries_have_english_names_except_sweden(fortnox: Fortnox, code: str, name: str) -> None:
    customer = fortnox.customer(CountryCode=code)
    assert fortnox.ok("GET", f"customers/{customer}", "Customer")["Country"] == name
    assert fortnox.invoice(CustomerNumber=customer)["Country"] == name


@row_of_section_4(26)
def test_an_article_can_be_made_with_accounts_that_do_not_exist_but_then_not_changed(fortnox: Fortnox) -> None:
    fortnox.company(missing_accounts=[4000])
    _article(fortnox)

    refusal = fortnox.refused("PUT", "articles/HYLLA", "Article", {"Description": "Bord"})
    assert refusal[1] == 'Artikel: Inköpskonto inte uppdaterat. Kontot "4000" existerar inte. (PurchaseAccount)'


@row_of_section_4(27)
def test_of_two_refreshes_at_once_only_the_pair_issued_last_lives(fortnox: Fortnox) -> None:
    fortnox.switch(refresh_race_seconds=5)
    used = fortnox.tokens["refresh_token"]
    first, second = (_refreshed(fortnox, used).json()["refresh_token"] for _ in range(2))

    assert _refreshed(fortnox, first).json()["error"] == "invalid_grant"
    assert _refreshed(fortnox, second).status_code == 200


@row_of_section_4(28)
def test_a_person_who_leaves_takes_their_tokens_along_a_service_account_stays(fortnox: Fortnox) -> None:
    order = {"company": fortnox.tenant, "service": True}
    service = fortnox.http.post("/_sandbox/tokens", json=order).json()
    fortnox.company(user={"id": "someone-else"})

    assert fortnox.call("GET", "customers").status_code == 401
    assert _refreshed(fortnox, fortnox.tokens["refresh_token"]).json()["error"] == "invalid_grant"
    fortnox.tokens = service
    assert fortnox.call("GET", "customers").status_code == 200


@row_of_section_4(29)
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"Currency": "USD"}, "Kunde inte hitta/hämta valuta"),
        ({"CostCenter": "BUTIK"}, "Kunde inte hämta/hitta kostnadsställe"),
        ({"TermsOfPayment": "45"}, "Kunde inte hämta/hitta betalningsvillkor"),
    ],
)
def test_what_the_company_does_not_have_fails_the_document(fortnox: Fortnox, fields: dict[str, str], text: str) -> None:
    sent = {"CustomerNumber": fortnox.customer()} | fields
    assert fortnox.refused("POST", "invoices", "Invoice", sent)[1] == text


@row_of_section_4(29)
def test_a_mode_of_payment_that_does_not_exist_fails_the_payment(fortnox: Fortnox) -> None:
    fortnox.booked(row(100))
    fields = {"InvoiceNumber": 1, "Amount": 125, "ModeOfPayment": "KLARNA"}
    assert "betalningssätt" in fortnox.refused("POST", "invoicepayments", "InvoicePayment", fields)[1]


@row_of_section_4(30)
@pytest.mark.parametrize(
    ("rows", "switch", "status"), [(500, "refused", 201), (501, "refused", 400), (501, "accepted", 201)]
)
def test_a_document_has_500_rows_at_most(fortnox: Fortnox, rows: int, switch: str, status: int) -> None:
    fortnox.switch(rows_beyond_500=switch)
    sent = {"CustomerNumber": fortnox.customer(), "InvoiceRows": [row(1)] * rows}
    assert fortnox.call("POST", "invoices", {"Invoice": sent}).status_code == status


@row_of_section_4(31)
def test_addresses_are_checked_and_bank_details_needed(fortnox: Fortnox) -> None:
    assert "e-post" in fortnox.refused("POST", "customers", "Customer", {"Name": "x", "Email": "astrid"})[1]
    fortnox.company(bank_details=False)
    fortnox.invoice(CustomerNumber=fortnox.customer(Email="astrid@example.com"))
    assert fortnox.refused("GET", "invoices/1/email", "Invoice")[1] == "Bankuppgifter saknas"


@row_of_section_4(32)
@pytest.mark.parametrize(
    ("path", "code"),
    [("invoices/9", 2000434), ("orders/9", 2000439), ("customers/9", 2000433), ("articles/9", 2000428)],
)
def test_an_unknown_number_is_not_found_in_capital_letters(fortnox: Fortnox, path: str, code: int) -> None:
    answer = fortnox.call("GET", path)
    information = answer.json()["ErrorInformation"]

    assert answer.status_code == 404
    assert (list(information), information["Code"]) == (["Error", "Message", "Code"], code)


@row_of_section_4(33)
def test_rows_that_hang_on_an_order_stay_as_they_are(fortnox: Fortnox) -> None:
    fortnox.ok("POST", "orders", "Order", {"CustomerNumber": fortnox.customer()})
    fortnox.ok("PUT", "orders/1/createinvoice", "Order")

    text = fortnox.refused("PUT", "invoices/1", "Invoice", {"InvoiceRows": [row(90)]})[1]
    assert text.startswith("En eller flera rader har koppling till en order")


def test_no_row_of_section_4_is_left_out() -> None:
    assert set(range(1, ROWS + 1)) == SHOWN


def _refreshed(fortnox: Fortnox, token: str) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return fortnox.http.post("/oauth-v1/token", data=form, auth=("bokbro-demo", "bokbro-demo-secret"))
