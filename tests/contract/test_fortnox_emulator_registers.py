"""Customers, articles and the small registers of the Fortnox emulator, over real HTTP."""

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


def test_fees_of_a_customer_are_text_on_the_card(fortnox: Fortnox) -> None:
    number = fortnox.customer(InvoiceAdministrationFee="29", InvoiceFreight="49.50")
    shown = fortnox.call("GET", f"customers/{number}").json()["Customer"]
    assert (shown["InvoiceAdministrationFee"], shown["InvoiceFreight"]) == ("29", "49.5")


def test_a_customer_number_stays_reserved_after_delete(fortnox: Fortnox) -> None:
    fortnox.customer(CustomerNumber="K1")
    assert fortnox.call("DELETE", "customers/K1").status_code == 204
    code, text = fortnox.refused("POST", "customers", "Customer", {"Name": "x", "CustomerNumber": "K1"})
    assert (code, "blivit raderat" in text) == (2000637, True)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 2001795),
        ({"Name": None}, 2001795),
        ({"Name": "x" * 1025}, 2000107),
        ({"Name": "emoji 😀"}, 2000359),
        ({"Name": 'citat "x"'}, 2000359),
        ({"Name": "a|b"}, 2000359),
        ({"Name": "x", "Country": "Sverige"}, 2001399),
        ({"Name": "x", "CountryCode": "ZQ"}, None),
        ({"Name": "x", "Email": "not an address"}, None),
        ({"Name": "x", "VATNumber": "SE5569871234"}, 2004194),
        ({"Name": "x", "Currency": "JPY"}, None),
        ({"Name": "x", "CustomerNumber": "a b"}, 2000106),
        ({"Name": "x", "Type": "UNDEFINED"}, None),
    ],
)
def test_unfit_customers_are_refused(fortnox: Fortnox, fields: dict[str, object], code: int | None) -> None:
    assert fortnox.refused("POST", "customers", "Customer", fields)[0] == code or code is None
    assert fortnox.get("customers")["Customers"] == []


def test_swedish_french_and_polish_letters_are_allowed(fortnox: Fortnox) -> None:
    name = "Åsa Öhman & Cie – Łódź, façade №".replace("№", "§ 5°")
    assert fortnox.ok("GET", f"customers/{fortnox.customer(Name=name)}", "Customer")["Name"] == name


def test_a_country_name_follows_its_code(fortnox: Fortnox) -> None:
    for code, name in (("SE", "Sverige"), ("NO", "Norway"), ("DE", "Germany")):
        number = fortnox.customer(CountryCode=code)
        assert fortnox.ok("GET", f"customers/{number}", "Customer")["Country"] == name


def test_article_rules(fortnox: Fortnox) -> None:
    made = fortnox.ok("POST", "articles", "Article", {"ArticleNumber": "A/B-1", "Description": "Stol"})
    assert made["@url"].endswith("/3/articles/A%2FB-1")
    assert fortnox.ok("GET", "articles/A%2FB-1", "Article")["VAT"] == 25

    def code(**fields: object) -> int:
        return fortnox.refused("POST", "articles", "Article", {"Description": "x"} | fields)[0]

    assert code(ArticleNumber="A/B-1") == 2000013
    assert code(ArticleNumber="a b") == 2000106
    assert code(ArticleNumber="x" * 51) == 2000107
    assert code(SalesPrice=10) == 2000321


def test_an_article_with_a_missing_account_can_be_made_but_not_changed(fortnox: Fortnox) -> None:
    fortnox.company(missing_accounts=[4000])
    fortnox.ok("POST", "articles", "Article", {"ArticleNumber": "A", "Description": "Stol"})
    text = fortnox.refused("PUT", "articles/A", "Article", {"Description": "Bord"})[1]
    assert text == 'Artikel: Inköpskonto inte uppdaterat. Kontot "4000" existerar inte. (PurchaseAccount)'


@pytest.mark.parametrize(
    ("path", "root", "fields", "code"),
    [
        ("currencies", "Currency", {"Code": "NOK", "Description": "Norsk krona"}, 2000427),
        ("wayofdeliveries", "WayOfDelivery", {"Code": "POSTNORD"}, None),
        ("termsofdeliveries", "TermsOfDelivery", {"Code": "DAP", "Description": "DAP"}, 2000435),
        ("units", "Unit", {"Code": "kg", "Description": "kilo"}, 2000432),
        ("costcenters", "CostCenter", {"Code": "BUTIK", "Description": "Butiken"}, None),
        ("modesofpayments", "ModeOfPayment", {"Code": "SHOP", "AccountNumber": "1581"}, None),
        ("pricelists", "PriceList", {"Code": "C", "Description": "C"}, 2000431),
        ("voucherseries", "VoucherSeries", {"Code": "SHOP", "Description": "Shopify"}, None),
    ],
)
def test_registers_can_be_filled_read_and_emptied(
    fortnox: Fortnox, path: str, root: str, fields: dict[str, object], code: int | None
) -> None:
    key = fields["Code"]
    before = fortnox.get(path)["MetaInformation"]["@TotalResources"]
    assert fortnox.call("GET", f"{path}/{key}").json()["ErrorInformation"]["Code"] == code or code is None
    made = fortnox.ok("POST", path, root, fields)
    assert fields.items() <= made.items()
    assert fortnox.ok("GET", f"{path}/{key}", root) == made
    assert "används redan" in fortnox.refused("POST", path, root, fields)[1]
    assert fortnox.get(path)["MetaInformation"]["@TotalResources"] == before + 1
    # The description knows no way to delete these.
    kept = path in {"termsofdeliveries", "pricelists", "voucherseries"}
    assert fortnox.call("DELETE", f"{path}/{key}").status_code == (404 if kept else 204)


def test_projects_number_themselves_and_have_short_list_rows(fortnox: Fortnox) -> None:
    answer = fortnox.call("POST", "projects", {"Project": {"Description": "Ny butik"}})
    assert (answer.json()["Project"]["ProjectNumber"], answer.headers["location"]) == ("1", "project")
    assert "Comments" not in fortnox.get("projects")["Projects"][0]


def test_predefined_accounts_can_be_moved(fortnox: Fortnox) -> None:
    fortnox.ok("PUT", "predefinedaccounts/ROUNDOFF", "PreDefinedAccount", {"Account": 3990})
    fortnox.company(whole_krona_rounding=True)
    fortnox.booked(row("0.6", vat=0))
    assert fortnox.balances()["3990"] == -40


def test_who_we_are(fortnox: Fortnox) -> None:
    assert fortnox.get("companyinformation")["CompanyInformation"]["DatabaseNumber"] == 1234567
    assert fortnox.get("me")["Me"]["SysAdmin"] is True
    assert fortnox.get("settings/lockedperiod") == {"LockedPeriod": {"EndDate": None}}
    fortnox.company(locked_until="2026-09-30", warehouse=True)
    assert fortnox.get("settings/lockedperiod") == {"LockedPeriod": {"EndDate": "2026-09-30"}}
    headers = {"Authorization": f"Bearer {fortnox.tokens['access_token']}"}
    tenants = fortnox.http.get("/api/warehouse/tenants-v4", headers=headers)
    assert tenants.json() == {"tenantId": 1234567, "activated": True}
