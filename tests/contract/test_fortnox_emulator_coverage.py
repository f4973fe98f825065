"""The smaller resources of the Fortnox emulator: prices, files, SIE, warehouse parts, tax reductions, rights."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from sandbox.fortnox.config import SCOPES
from tests.support.contract.fortnox_emulator import Fortnox, connected, row


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    with connected() as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def _api(fortnox: Fortnox, method: str, path: str, body: Any = None, **params: Any) -> httpx2.Response:
    fortnox.world.window.clear()
    headers = {"Authorization": f"Bearer {fortnox.tokens['access_token']}"}
    return fortnox.http.request(method, f"/api/{path}", json=body, params=params or None, headers=headers)


def _upload(fortnox: Fortnox, place: str, content: bytes = b"%PDF-1.4 kvitto", **params: str) -> Any:
    fortnox.world.window.clear()
    headers = {"Authorization": f"Bearer {fortnox.tokens['access_token']}"}
    files = {"file": ("kvitto.pdf", content, "application/pdf")}
    answer = fortnox.http.post(f"/3/{place}", params=params, files=files, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["File"]


def _article(fortnox: Fortnox, number: str = "HYLLA", **fields: Any) -> str:
    made = fortnox.ok("POST", "articles", "Article", {"ArticleNumber": number, "Description": "Hylla"} | fields)
    return str(made["ArticleNumber"])


# -- prices --


def test_a_price_of_the_standard_list_is_the_articles_sales_price(fortnox: Fortnox) -> None:
    _article(fortnox)
    made = fortnox.ok("POST", "prices", "Price", {"ArticleNumber": "HYLLA", "PriceList": "A", "Price": 399})

    assert made["@url"].endswith("/3/prices/A/HYLLA/0")
    assert fortnox.ok("GET", "articles/HYLLA", "Article")["SalesPrice"] == 399


def test_a_row_without_a_price_takes_that_of_its_list_and_quantity(fortnox: Fortnox) -> None:
    _article(fortnox)
    for start, price in ((0, 399), (10, 349)):
        fields = {"ArticleNumber": "HYLLA", "PriceList": "A", "FromQuantity": start, "Price": price}
        fortnox.ok("POST", "prices", "Price", fields)
    rows = [{"ArticleNumber": "HYLLA", "DeliveredQuantity": quantity} for quantity in (1, 10)]

    assert [one["Price"] for one in fortnox.invoice(*rows)["InvoiceRows"]] == [399, 349]


def test_prices_are_listed_changed_and_removed(fortnox: Fortnox) -> None:
    _article(fortnox)
    fortnox.ok("POST", "prices", "Price", {"ArticleNumber": "HYLLA", "PriceList": "B", "Price": 300})

    assert [one["Price"] for one in fortnox.get("prices/sublist/B")["Prices"]] == [300]
    assert fortnox.ok("PUT", "prices/B/HYLLA/0", "Price", {"Price": 310})["Price"] == 310
    assert fortnox.ok("GET", "prices/B/HYLLA", "Price")["Price"] == 310
    assert fortnox.call("DELETE", "prices/B/HYLLA/0").status_code == 204
    assert fortnox.call("GET", "prices/B/HYLLA").json()["ErrorInformation"]["Code"] == 2000430


# -- files --


def test_a_file_reaches_a_voucher_through_the_inbox(fortnox: Fortnox) -> None:
    invoice = fortnox.booked(row(100))
    file = _upload(fortnox, "inbox", path="inbox_v")
    fields = {
        "FileId": file["Id"],
        "VoucherNumber": str(invoice["VoucherNumber"]),
        "VoucherSeries": invoice["VoucherSeries"],
        "VoucherYear": invoice["VoucherYear"],
    }
    made = fortnox.ok("POST", "voucherfileconnections", "VoucherFileConnection", fields)

    assert (made["Name"], made["VoucherDescription"]) == ("kvitto.pdf", "Kundfaktura 1 Astrid Ek")
    found = fortnox.get("voucherfileconnections", voucherseries="B", vouchernumber="1")["VoucherFileConnections"]
    assert found == [made]
    assert fortnox.call("DELETE", f"voucherfileconnections/{file['Id']}").status_code == 204
    answer = fortnox.call("GET", f"voucherfileconnections/{file['Id']}")
    assert (answer.status_code, answer.json()["ErrorInformation"]["code"]) == (400, 2000704)


def test_a_file_has_two_ids_that_cannot_be_mixed_up(fortnox: Fortnox) -> None:
    file = _upload(fortnox, "archive", b"hej")

    assert fortnox.call("GET", "archive", fileid=file["ArchiveFileId"]).content == b"hej"
    assert fortnox.call("GET", f"archive/{file['Id']}").content == b"hej"
    assert fortnox.call("GET", "archive", fileid=file["Id"]).status_code == 404
    assert fortnox.call("GET", f"archive/{file['ArchiveFileId']}").status_code == 404


def test_the_inbox_has_its_fixed_folders(fortnox: Fortnox) -> None:
    _upload(fortnox, "inbox", path="inbox_kf")
    folder = fortnox.get("inbox")["Folder"]

    assert "inbox_kf" in {one["Id"] for one in folder["Folders"]}
    assert [one["Name"] for one in fortnox.get("inbox/inbox_kf")["Folder"]["Files"]] == ["kvitto.pdf"]


def test_a_file_is_attached_to_an_invoice_by_its_archive_id(fortnox: Fortnox) -> None:
    number = int(fortnox.invoice()["DocumentNumber"])
    file = _upload(fortnox, "inbox", path="inbox_kf")
    sent = {"entityId": number, "entityType": "F", "fileId": file["ArchiveFileId"], "includeOnSend": True}
    made = _api(fortnox, "POST", "fileattachments/attachments-v1", [sent])

    assert made.status_code == 201
    listed = _api(fortnox, "GET", "fileattachments/attachments-v1", entityid=number, entitytype="F").json()
    assert [one["fileId"] for one in listed] == [file["ArchiveFileId"]]
    key = listed[0]["id"]
    changed = _api(fortnox, "PUT", f"fileattachments/attachments-v1/{key}", {"id": key, "includeOnSend": False})
    assert changed.json()["includeOnSend"] is False
    count = _api(fortnox, "GET", "fileattachments/attachments-v1/numberofattachments", entityids=number, entitytype="F")
    assert count.json() == [{"entityId": number, "numberOfAttachments": 1}]
    assert _api(fortnox, "DELETE", f"fileattachments/attachments-v1/{key}").status_code == 204


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"fileId": "gone"}, 404, "file_not_found"),
        ({"entityId": 99}, 404, "document_not_found"),
        ({"fileId": ""}, 400, "missing_mandatory_field"),
        ({"fileId": "wrong place"}, 400, "wrong_file_location"),
        ({"fileId": "big"}, 400, "file_too_big"),
    ],
)
def test_attachments_are_refused_with_a_word(fortnox: Fortnox, changes: dict[str, Any], status: int, word: str) -> None:
    fortnox.switch(attachment_bytes=20)
    number = int(fortnox.invoice()["DocumentNumber"])
    files = {
        "": _upload(fortnox, "inbox", path="inbox_kf"),
        "wrong place": _upload(fortnox, "inbox", path="inbox_v"),
        "big": _upload(fortnox, "inbox", b"x" * 21, path="inbox_kf"),
    }
    sent = {"entityId": number, "entityType": "F", "fileId": files[""]["ArchiveFileId"]} | changes
    if sent["fileId"] in files and sent["fileId"]:
        sent["fileId"] = files[str(sent["fileId"])]["ArchiveFileId"]
    answer = _api(fortnox, "POST", "fileattachments/attachments-v1", [sent])

    assert (answer.status_code, answer.json()["error"]) == (status, word)


def test_a_document_holds_only_so_many_attachments(fortnox: Fortnox) -> None:
    fortnox.switch(attachments_per_document=1)
    number = int(fortnox.invoice()["DocumentNumber"])
    file = _upload(fortnox, "inbox", path="inbox_kf")
    sent = {"entityId": number, "entityType": "F", "fileId": file["ArchiveFileId"]}
    answer = _api(fortnox, "POST", "fileattachments/attachments-v1", [sent, sent])

    assert answer.json()["error"] == "attachment_files_max_count_exceeded"


# -- SIE --


def _sie(content: bytes) -> list[str]:
    return content.decode("cp437").splitlines()


def test_an_sie_4_file_shows_every_voucher_and_the_balances(fortnox: Fortnox) -> None:
    fortnox.booked(row(100))
    lines = _sie(fortnox.call("GET", "sie/4").content)

    assert '#FNAMN "Granström Form AB"' in lines
    assert '#KONTO 3001 "Försäljning inom Sverige, 25 % moms"' in lines
    assert {"#UB 0 1510 125.00", "#UB 0 2611 -25.00", "#RES 0 3001 -100.00"} <= set(lines)
    start = lines.index('#VER "B" 1 20261122 "Kundfaktura 1 Astrid Ek"')
    assert lines[start + 1 : start + 6] == [
        "{",
        "   #TRANS 1510 {} 125.00",
        "   #TRANS 3001 {} -100.00",
        "   #TRANS 2611 {} -25.00",
        "}",
    ]


def test_the_file_follows_the_days_asked_for_and_the_control_interface_gives_it_too(fortnox: Fortnox) -> None:
    fortnox.booked(row(100), InvoiceDate="2026-10-31")
    fortnox.booked(row(200), InvoiceDate="2026-11-01")
    later = _sie(fortnox.call("GET", "sie/4", fromdate="2026-11-01").content)
    whole = _sie(fortnox.http.get("/_sandbox/sie").content)

    assert [len([line for line in lines if line.startswith("#VER")]) for lines in (later, whole)] == [1, 2]
    assert not [line for line in _sie(fortnox.call("GET", "sie/1").content) if line.startswith("#VER")]


def test_balances_are_brought_forward_into_the_next_year(fortnox: Fortnox) -> None:
    fortnox.booked(row(100), InvoiceDate="2025-12-31")
    lines = _sie(fortnox.call("GET", "sie/4").content)

    assert {"#RAR 0 20260101 20261231", "#RAR -1 20250101 20251231", "#IB 0 1510 125.00"} <= set(lines)


# -- vouchers and years --


def _voucher(fortnox: Fortnox) -> Any:
    rows = [{"Account": 1930, "Debit": 10}, {"Account": 1581, "Credit": 10}]
    fields = {"Description": "x", "VoucherSeries": "A", "TransactionDate": "2026-11-02", "VoucherRows": rows}
    return fortnox.ok("POST", "vouchers", "Voucher", fields)


def test_a_voucher_is_deleted_only_with_the_special_scope(fortnox: Fortnox) -> None:
    _voucher(fortnox)
    refusal = fortnox.call("DELETE", "vouchers/A/1", financialyear=2)
    assert (refusal.status_code, refusal.json()["ErrorInformation"]["Code"]) == (403, 2000663)

    order = {"company": fortnox.tenant, "scopes": [*SCOPES, "deletevoucher"]}
    fortnox.tokens = fortnox.http.post("/_sandbox/tokens", json=order).json()
    assert fortnox.call("DELETE", "vouchers/A/1", financialyear=2).status_code == 204
    assert fortnox.balances() == {}
    assert _voucher(fortnox)["VoucherNumber"] == 1


def test_vouchers_and_years_know_when_they_changed(fortnox: Fortnox) -> None:
    _voucher(fortnox)

    assert len(fortnox.get("vouchers", lastmodified="2026-11-22")["Vouchers"]) == 1
    assert fortnox.get("vouchers", lastmodified="2026-11-23")["Vouchers"] == []
    assert fortnox.get("financialyears", lastmodified="2026-11-23")["FinancialYears"] == []
    fortnox.ok("POST", "financialyears", "FinancialYear", {"FromDate": "2027-01-01", "ToDate": "2027-12-31"})
    assert len(fortnox.get("financialyears", lastmodified="2026-11-22")["FinancialYears"]) == 3


def test_accounts_are_made_changed_and_removed(fortnox: Fortnox) -> None:
    made = fortnox.ok("POST", "accounts", "Account", {"Number": 3019, "Description": "Försäljning", "VATCode": "MP1"})
    assert (made["Number"], made["Active"]) == (3019, True)
    assert fortnox.ok("PUT", "accounts/3019", "Account", {"Active": False})["Active"] is False
    assert fortnox.call("DELETE", "accounts/3019").status_code == 204
    assert fortnox.call("GET", "accounts/3019").json()["ErrorInformation"]["Code"] == 2000423


def test_an_account_with_postings_stays(fortnox: Fortnox) -> None:
    fortnox.booked(row(100))
    assert fortnox.call("DELETE", "accounts/3001").status_code == 400


@pytest.mark.parametrize(
    ("path", "root", "fields", "key"),
    [
        ("costcenters", "CostCenter", {"Code": "BUTIK", "Description": "Butiken"}, "BUTIK"),
        ("projects", "Project", {"ProjectNumber": "P1", "Description": "Julen"}, "P1"),
    ],
)
def test_cost_centres_and_projects_can_be_renamed_and_removed(
    fortnox: Fortnox, path: str, root: str, fields: dict[str, str], key: str
) -> None:
    fortnox.ok("POST", path, root, fields)
    assert fortnox.ok("PUT", f"{path}/{key}", root, {"Description": "Nytt"})["Description"] == "Nytt"
    assert fortnox.call("DELETE", f"{path}/{key}").status_code == 204
    assert fortnox.call("GET", f"{path}/{key}").status_code == 404


# -- warehouse, tax reductions, labels, EU limit --


def test_stock_falls_when_an_invoice_is_marked_ready(fortnox: Fortnox) -> None:
    fortnox.company(warehouse=True)
    _article(fortnox, StockGoods=True, QuantityInStock=10)
    fortnox.invoice({"ArticleNumber": "HYLLA", "Price": 100, "DeliveredQuantity": 3})
    fortnox.ok("PUT", "invoices/1/warehouseready", "Invoice")

    balance = _api(fortnox, "GET", "warehouse/status-v1/stockbalance", itemIds="HYLLA").json()
    assert balance == [{"availableStock": 7, "inStock": 7, "itemId": "HYLLA", "stockPointCode": "HUVUD"}]


def test_reserved_goods_are_in_stock_but_not_available(fortnox: Fortnox) -> None:
    fortnox.company(warehouse=True)
    _article(fortnox, StockGoods=True, QuantityInStock=10)
    rows = [{"ArticleNumber": "HYLLA", "OrderedQuantity": 4}]
    order = {"CustomerNumber": fortnox.customer(), "DeliveryState": "reservation", "OrderRows": rows}
    fortnox.ok("POST", "orders", "Order", order)

    balance = _api(fortnox, "GET", "warehouse/status-v1/stockbalance").json()[0]
    assert (balance["availableStock"], balance["inStock"]) == (6, 10)


def test_stock_points_have_unique_codes(fortnox: Fortnox) -> None:
    fortnox.company(warehouse=True)
    made = _api(fortnox, "POST", "warehouse/stockpoints-v1", {"code": "GBG", "name": "Göteborg"})
    again = _api(fortnox, "POST", "warehouse/stockpoints-v1", {"code": "GBG", "name": "Göteborg"})

    assert (made.status_code, again.status_code, again.json()["error"]) == (201, 400, "alreadyexists")
    assert [one["code"] for one in _api(fortnox, "GET", "warehouse/stockpoints-v1", q="göte").json()] == ["GBG"]


def test_a_person_applies_once_per_document(fortnox: Fortnox) -> None:
    fortnox.invoice(TaxReductionType="rot")
    fields = {
        "AskedAmount": 500,
        "CustomerName": "Astrid Ek",
        "ReferenceDocumentType": "INVOICE",
        "ReferenceNumber": "1",
        "SocialSecurityNumber": "19121212-1212",
    }
    made = fortnox.ok("POST", "taxreductions", "TaxReduction", fields)

    assert fortnox.refused("POST", "taxreductions", "TaxReduction", fields)[0] == 2000600
    assert fortnox.refused("POST", "taxreductions", "TaxReduction", fields | {"AskedAmount": 0.5})[0] == 2004217
    listed = fortnox.get("taxreductions", filter="invoices", referencenumber="1")["TaxReductions"]
    assert [one["Id"] for one in listed] == [made["Id"]]
    assert fortnox.call("DELETE", f"taxreductions/{made['Id']}").status_code == 204


def test_documents_are_found_by_label(fortnox: Fortnox) -> None:
    label = fortnox.ok("POST", "labels", "Label", {"Description": "Shopify"})["Id"]
    fortnox.invoice()
    fortnox.invoice(Labels=[{"Id": label}])

    assert [one["DocumentNumber"] for one in fortnox.get("invoices", label=str(label))["Invoices"]] == ["2"]


def test_the_eu_limit_counts_sales_to_consumers_in_other_countries(fortnox: Fortnox) -> None:
    customer = fortnox.customer(VATType="EUVAT", CountryCode="DK")
    fortnox.booked(row(1000, AccountNumber=3106), CustomerNumber=customer)
    limit = fortnox.get("euvatlimitregulation", year="2026")["EUVatLimitRegulation"]

    assert limit == {"IsOverLimit": False, "Limit": 99680, "TotalExclVat": 1000, "Year": "2026"}


# -- rights, sending --


@pytest.mark.parametrize(
    ("right", "path", "code"),
    [
        ("invoices", "invoices/1", 2001393),
        ("list_invoices", "invoices", 2001339),
        ("list_payments", "invoicepayments", 2003330),
        ("vouchers", "vouchers", 2002455),
        ("customers", "customers", 2003275),
    ],
)
def test_what_the_user_may_not_the_integration_may_not(fortnox: Fortnox, right: str, path: str, code: int) -> None:
    fortnox.invoice()
    fortnox.company(user={"lacks": [right]})
    answer = fortnox.call("GET", path)

    assert (answer.status_code, answer.json()["ErrorInformation"]["Code"]) == (403, code)


def test_contribution_figures_are_hidden_from_users_without_the_right(fortnox: Fortnox) -> None:
    fortnox.company(user={"lacks": ["contribution"]})
    invoice = fortnox.invoice(row(100))

    assert invoice["ContributionValue"] == invoice["InvoiceRows"][0]["ContributionPercent"] == "API_NORIGHT"


def test_a_company_without_bank_details_sends_nothing(fortnox: Fortnox) -> None:
    fortnox.company(bank_details=False)
    fortnox.invoice(CustomerNumber=fortnox.customer(Email="astrid@example.com"))

    for action in ("email", "print"):
        assert fortnox.refused("GET", f"invoices/1/{action}", "Invoice")[1] == "Bankuppgifter saknas"
    fortnox.company(bank_details=True, print_service=False)
    assert "registrerat" in fortnox.refused("GET", "invoices/1/eprint", "Invoice")[1]


def test_an_invoice_goes_by_mail_as_often_as_it_is_asked(fortnox: Fortnox) -> None:
    fortnox.invoice(CustomerNumber=fortnox.customer(Email="astrid@example.com", EmailInvoice="faktura@example.com"))
    fortnox.ok("GET", "invoices/1/email", "Invoice")
    fortnox.ok("GET", "invoices/1/email", "Invoice")

    mails = fortnox.http.get("/_sandbox/mails").json()["mails"]
    assert [(mail["to"], mail["subject"]) for mail in mails] == [("faktura@example.com", "Faktura 1 bifogas")] * 2
