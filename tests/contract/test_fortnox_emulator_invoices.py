"""Invoices of the Fortnox emulator: arithmetic, accounts, VAT and refusals, over real HTTP."""

from collections.abc import Iterator

import pytest

from tests.support.contract.fortnox_emulator import Fortnox, connected, row


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    with connected() as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def test_a_customer_with_only_a_name_gets_the_next_number(fortnox: Fortnox) -> None:
    assert fortnox.customer() == "1"
    assert fortnox.customer(CustomerNumber="A-7") == "A-7"
    assert fortnox.customer() == "2"


def test_whole_krona_rounding_goes_to_round_off(fortnox: Fortnox) -> None:
    fortnox.company(whole_krona_rounding=True)
    invoice = fortnox.booked(row(1358.58))
    assert (invoice["Net"], invoice["TotalVAT"], invoice["Total"], invoice["RoundOff"]) == (
        1358.58,
        339.65,
        1698,
        -0.23,
    )
    assert fortnox.balances() == {"1510": 169800, "2611": -33965, "3001": -135858, "3740": 23}


def test_other_currencies_keep_their_cents(fortnox: Fortnox) -> None:
    fortnox.company(whole_krona_rounding=True)
    invoice = fortnox.invoice(row(10.4, vat=0), Currency="EUR")
    assert (invoice["Total"], invoice["RoundOff"], invoice["CurrencyRate"]) == (10.4, 0, 11.25)


def test_vat_is_taken_out_of_gross_once_per_rate(fortnox: Fortnox) -> None:
    invoice = fortnox.invoice(row(9.99), row(9.99), row(9.99), row(11.2, vat=12), VATIncluded=True)
    # 29.97 × 25 / 125 = 5.994, while three rows of 9.99 would give 3 × 2.00.
    assert (invoice["Total"], invoice["TotalVAT"], invoice["Net"]) == (41.17, 7.19, 33.98)
    assert invoice["InvoiceRows"][0]["TotalExcludingVAT"] == 7.99


def test_vat_per_row_is_a_switch(fortnox: Fortnox) -> None:
    fortnox.switch(vat_rounding="row")
    assert fortnox.invoice(row(9.99), row(9.99), row(9.99), VATIncluded=True)["TotalVAT"] == 6


def test_quantities_are_texts_with_two_decimals_half_up(fortnox: Fortnox) -> None:
    (shown,) = fortnox.invoice(row(1.125, quantity=1.125))["InvoiceRows"]
    assert (shown["DeliveredQuantity"], shown["Price"], shown["Total"]) == ("1.13", 1.13, 1.28)


def test_discounts_shrink_a_row(fortnox: Fortnox) -> None:
    rows = fortnox.invoice(row(100, quantity=2, Discount=10), row(100, quantity=2, Discount=10, DiscountType="AMOUNT"))[
        "InvoiceRows"
    ]
    assert [shown["Total"] for shown in rows] == [180, 190]
    (back,) = fortnox.invoice(row(100, quantity=-2, Discount=10, DiscountType="AMOUNT"))["InvoiceRows"]
    assert back["Total"] == -190


def test_ocr_has_a_length_digit_and_a_luhn_digit(fortnox: Fortnox) -> None:
    assert fortnox.invoice()["OCR"] == "133"
    assert fortnox.invoice(DocumentNumber=18)["OCR"] == "1842"
    assert fortnox.invoice(OCR="426523791")["OCR"] == "426523791"


def test_the_due_date_follows_the_terms(fortnox: Fortnox) -> None:
    assert fortnox.invoice(InvoiceDate="2026-01-30")["DueDate"] == "2026-03-01"
    assert fortnox.invoice(InvoiceDate="2026-01-30", TermsOfPayment="K")["DueDate"] == "2026-01-30"


def test_a_row_account_wins_over_customer_and_article(fortnox: Fortnox) -> None:
    fortnox.ok("POST", "articles", "Article", {"ArticleNumber": "S-1", "Description": "Stol", "SalesAccount": 3041})
    plain, with_account = fortnox.customer(), fortnox.customer(SalesAccount="3002")
    row_of_article = {"ArticleNumber": "S-1", "Price": 1, "DeliveredQuantity": 1}

    def account(number: str, **fields: object) -> int:
        return int(fortnox.invoice(row_of_article | fields, CustomerNumber=number)["InvoiceRows"][0]["AccountNumber"])

    assert account(plain) == 3041
    assert account(with_account) == 3002
    assert account(with_account, AccountNumber=3003) == 3003
    assert account(fortnox.customer(VATType="EXPORT")) == 3105
    fortnox.switch(customer_account_first=False)
    assert account(with_account) == 3041


def test_export_rows_carry_no_vat(fortnox: Fortnox) -> None:
    invoice = fortnox.invoice(row(100), CustomerNumber=fortnox.customer(VATType="EXPORT"))
    assert (invoice["TotalVAT"], invoice["InvoiceRows"][0]["VAT"]) == (0, 0)


def test_a_rate_the_company_lacks_is_refused(fortnox: Fortnox) -> None:
    number = fortnox.customer()
    body = {"CustomerNumber": number, "InvoiceRows": [row(1, vat=19)]}
    assert fortnox.refused("POST", "invoices", "Invoice", body)[1] == "Kunde inte hämta/hitta moms"
    fortnox.company(vat_rates=[25, 12, 6, 0, 19, 25.5])
    fortnox.booked(row(119, vat=19, AccountNumber=3116), VATIncluded=True, CustomerNumber=number)
    assert fortnox.balances()["2676"] == -1900


def test_equal_rates_of_two_countries_go_to_two_vat_accounts(fortnox: Fortnox) -> None:
    fortnox.booked(row(125), row(125, AccountNumber=3117), VATIncluded=True)
    assert fortnox.balances() == {"1510": 25000, "2611": -2500, "2677": -2500, "3001": -10000, "3117": -10000}


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"CustomerNumber": "999"}, 2000204, "kund"),
        ({"Vat": 1}, 2001399, "Felaktigt fältnamn"),
        ({"Currency": "NOK"}, None, "Kunde inte hitta/hämta valuta"),
        ({"WayOfDelivery": "X"}, 2001412, "leveranssätt"),
        ({"TermsOfPayment": "77"}, 2001700, "betalningsvillkor"),
        ({"TermsOfDelivery": "X"}, 2001411, "leveransvillkor"),
        ({"CostCenter": "X"}, None, "kostnadsställe"),
        ({"Comments": "<b>"}, 2000359, "ej tillåtna tecken"),
        ({"ExternalInvoiceReference1": "x" * 81}, 2000107, "för långt"),
        ({"Freight": "abc"}, 2000108, "numeriskt"),
        ({"VATIncluded": "ja"}, 2000134, "boolean"),
        ({"InvoiceDate": "2019-05-05"}, None, "Räkenskapsår saknas"),
        ({"InvoiceRows": [row(1, ArticleNumber="NO")]}, 2001302, "artikel"),
        ({"InvoiceRows": [row(1, AccountNumber=3999)]}, 2001304, "Kunde inte hitta konto"),
        ({"InvoiceRows": [row(1, Vat=25)]}, 2001399, "Felaktigt fältnamn"),
        ({"InvoiceRows": [row(1, Unit="t")]}, None, 'Enheten "t" finns inte.'),
        ({"InvoiceRows": [row(1, Description="x" * 256)]}, 2000107, "för långt"),
        ({"InvoiceRows": [row(1)] * 501}, None, "500"),
    ],
)
def test_what_the_company_does_not_have_is_refused(
    fortnox: Fortnox, fields: dict[str, object], code: int | None, text: str
) -> None:
    body = {"CustomerNumber": fortnox.customer()} | fields
    got_code, got_text = fortnox.refused("POST", "invoices", "Invoice", body)
    assert text in got_text
    assert code in {None, got_code}
    assert fortnox.get("invoices")["Invoices"] == []


def test_five_hundred_rows_are_allowed(fortnox: Fortnox) -> None:
    assert fortnox.booked(*[row(1, vat=0)] * 500)["Total"] == 500


def test_an_inactive_account_is_refused(fortnox: Fortnox) -> None:
    fortnox.company(inactive_accounts=[3002])
    body = {"CustomerNumber": fortnox.customer(), "InvoiceRows": [row(1, AccountNumber=3002)]}
    assert fortnox.refused("POST", "invoices", "Invoice", body) == (2000550, 'Konto "3002" är inte aktivt')


def test_a_taken_document_number_is_refused_and_jumps_the_series(fortnox: Fortnox) -> None:
    number = fortnox.customer()
    assert fortnox.invoice(CustomerNumber=number, DocumentNumber=50)["DocumentNumber"] == "50"
    assert fortnox.invoice(CustomerNumber=number)["DocumentNumber"] == "51"
    body = {"CustomerNumber": number, "DocumentNumber": 50}
    assert "används redan" in fortnox.refused("POST", "invoices", "Invoice", body)[1]


def test_a_deleted_way_of_delivery_breaks_documents_of_its_customers(fortnox: Fortnox) -> None:
    number = fortnox.customer(WayOfDelivery="B")
    assert fortnox.call("DELETE", "wayofdeliveries/B").status_code == 204
    assert fortnox.refused("POST", "invoices", "Invoice", {"CustomerNumber": number})[0] == 2001412
    assert fortnox.invoice(CustomerNumber=number, WayOfDelivery="P")["WayOfDelivery"] == "P"


def test_freight_and_fee_carry_vat_of_their_own(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(100, vat=6), Freight=50, AdministrationFee=20)
    assert (invoice["FreightVAT"], invoice["AdministrationFeeVAT"], invoice["Total"]) == (12.5, 5, 193.5)
    assert fortnox.balances() == {
        "1510": 19350,
        "2611": -1750,
        "2631": -600,
        "3003": -10000,
        "3520": -5000,
        "3540": -2000,
    }
