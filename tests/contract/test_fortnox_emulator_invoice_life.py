"""The life of an invoice in the Fortnox emulator: update, book, cancel, credit, over real HTTP."""

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


def test_a_booked_invoice_cannot_be_changed_cancelled_or_booked_again(fortnox: Fortnox) -> None:
    number = fortnox.booked(row(1))["DocumentNumber"]
    for method, path, root, body in (
        ("PUT", f"invoices/{number}", "Invoice", {"Comments": "x"}),
        ("PUT", f"invoices/{number}/cancel", "Invoice", None),
        ("PUT", f"invoices/{number}/bookkeep", "Invoice", None),
    ):
        assert "bokförd" in fortnox.refused(method, path, root, body)[1]
    assert len(fortnox.ledger()["vouchers"]) == 1


def test_texts_of_a_booked_invoice_are_a_switch(fortnox: Fortnox) -> None:
    number = fortnox.booked(row(1))["DocumentNumber"]
    fortnox.switch(booked_texts_editable=True)
    assert fortnox.ok("PUT", f"invoices/{number}", "Invoice", {"Comments": "x"})["Comments"] == "x"
    fortnox.refused("PUT", f"invoices/{number}", "Invoice", {"InvoiceRows": [row(2)]})


def test_an_empty_text_never_clears_but_null_and_api_blank_do(fortnox: Fortnox) -> None:
    number = fortnox.invoice(Comments="a", Remarks="b")["DocumentNumber"]
    assert fortnox.ok("PUT", f"invoices/{number}", "Invoice", {"Comments": ""})["Comments"] == "a"
    assert fortnox.ok("PUT", f"invoices/{number}", "Invoice", {"Comments": None})["Comments"] == ""
    assert fortnox.ok("PUT", f"invoices/{number}", "Invoice", {"Remarks": "API_BLANK"})["Remarks"] == ""


def test_rows_without_ids_match_by_position_and_keep_their_discount(fortnox: Fortnox) -> None:
    invoice = fortnox.invoice(row(100, Discount=10), row(50))
    old_ids = [shown["RowId"] for shown in invoice["InvoiceRows"]]
    path = f"invoices/{invoice['DocumentNumber']}"
    rows = fortnox.ok("PUT", path, "Invoice", {"InvoiceRows": [{"Price": 200}]})["InvoiceRows"]
    assert [(shown["Price"], shown["Discount"], shown["Total"]) for shown in rows] == [(200, 10, 180)]
    assert rows[0]["RowId"] not in old_ids


def test_rows_with_ids_are_kept_and_unnamed_ones_go(fortnox: Fortnox) -> None:
    invoice = fortnox.invoice(row(1), row(2), row(3))
    keep = {"RowId": invoice["InvoiceRows"][2]["RowId"]}
    path = f"invoices/{invoice['DocumentNumber']}"
    rows = fortnox.ok("PUT", path, "Invoice", {"InvoiceRows": [keep, row(9)]})["InvoiceRows"]
    assert [shown["Price"] for shown in rows] == [3, 9]


def test_a_refused_update_changes_nothing(fortnox: Fortnox) -> None:
    number = fortnox.invoice(row(1))["DocumentNumber"]
    fortnox.refused("PUT", f"invoices/{number}", "Invoice", {"Comments": "x", "InvoiceRows": [row(1, vat=19)]})
    invoice = fortnox.ok("GET", f"invoices/{number}", "Invoice")
    assert (invoice["Comments"], len(invoice["InvoiceRows"])) == ("", 1)


def test_a_locked_period_refuses_booking_but_not_drafts(fortnox: Fortnox) -> None:
    fortnox.company(locked_until="2026-09-30")
    number = fortnox.invoice(row(1), InvoiceDate="2026-09-30")["DocumentNumber"]
    code, text = fortnox.refused("PUT", f"invoices/{number}/bookkeep", "Invoice")
    assert code == 2000401
    assert "har låst perioden t.o.m. 2026-09-30" in text
    assert fortnox.booked(row(1), InvoiceDate="2026-10-01")["Booked"] is True


def test_a_row_with_quantity_but_no_text_fails_only_at_booking(fortnox: Fortnox) -> None:
    number = fortnox.invoice(row(1, Description=""))["DocumentNumber"]
    assert fortnox.refused("PUT", f"invoices/{number}/bookkeep", "Invoice")[0] == 2003977


def test_a_cancelled_invoice_cannot_be_booked(fortnox: Fortnox) -> None:
    number = fortnox.invoice(row(1))["DocumentNumber"]
    assert fortnox.ok("PUT", f"invoices/{number}/cancel", "Invoice")["Cancelled"] is True
    assert "makulerad" in fortnox.refused("PUT", f"invoices/{number}/bookkeep", "Invoice")[1]


def test_a_credit_mirrors_every_row(fortnox: Fortnox) -> None:
    original = fortnox.booked(row(100, quantity=2), row(10, vat=0, AccountNumber=2421), VATIncluded=True)
    shown = fortnox.ok("PUT", f"invoices/{original['DocumentNumber']}/credit", "Invoice")
    assert (shown["DocumentNumber"], shown["Credit"], shown["CreditInvoiceReference"]) == ("1", "false", "2")
    credit = fortnox.ok("GET", "invoices/2", "Invoice")
    assert (credit["Credit"], credit["Total"], credit["Balance"], credit["Booked"]) == ("true", -210, -210, False)
    assert [(r["DeliveredQuantity"], r["Price"]) for r in credit["InvoiceRows"]] == [("-2", 100), ("-1", 10)]
    fortnox.ok("PUT", "invoices/2/bookkeep", "Invoice")
    assert fortnox.balances() == {}


def test_a_second_credit_of_one_invoice_is_refused(fortnox: Fortnox) -> None:
    number = fortnox.booked(row(1))["DocumentNumber"]
    fortnox.ok("PUT", f"invoices/{number}/credit", "Invoice")
    assert "redan krediterad" in fortnox.refused("PUT", f"invoices/{number}/credit", "Invoice")[1]
    fortnox.switch(second_credit_silent=True)
    fortnox.ok("PUT", f"invoices/{number}/credit", "Invoice")
    assert fortnox.get("invoices")["MetaInformation"]["@TotalResources"] == 2


def test_credit_switches(fortnox: Fortnox) -> None:
    number = fortnox.invoice(row(1), ExternalInvoiceReference1="#1001")["DocumentNumber"]
    assert "bokförd" in fortnox.refused("PUT", f"invoices/{number}/credit", "Invoice")[1]
    fortnox.switch(credit_needs_booked=False, credit_answer="credit", credit_copies_references=False)
    credit = fortnox.ok("PUT", f"invoices/{number}/credit", "Invoice")
    assert (credit["Credit"], credit["ExternalInvoiceReference1"]) == ("true", "")


def test_a_credit_takes_rate_and_fees_back(fortnox: Fortnox) -> None:
    original = fortnox.booked(row(10), Freight=5, Currency="EUR", CurrencyRate=11.11)
    fortnox.company(currencies={"SEK": 1, "EUR": 12})
    fortnox.ok("PUT", f"invoices/{original['DocumentNumber']}/credit", "Invoice")
    credit = fortnox.ok("PUT", "invoices/2/bookkeep", "Invoice")
    assert (credit["Total"], credit["Freight"], credit["CurrencyRate"]) == (-18.75, -5, 11.11)
    assert fortnox.balances() == {}


def test_a_negative_total_is_a_credit_invoice(fortnox: Fortnox) -> None:
    assert fortnox.invoice(row(10, quantity=-1))["Credit"] == "true"


def test_the_warehouse_module_zeroes_quantities_and_wants_documents_ready(fortnox: Fortnox) -> None:
    fortnox.company(warehouse=True)
    fortnox.ok("POST", "articles", "Article", {"ArticleNumber": "W", "Description": "Lager", "StockGoods": True})
    invoice = fortnox.invoice(row(100, ArticleNumber="W", quantity=3))
    assert (invoice["Total"], invoice["InvoiceRows"][0]["DeliveredQuantity"]) == (0, "0")
    path = f"invoices/{invoice['DocumentNumber']}"
    assert "klarmarkerad" in fortnox.refused("PUT", f"{path}/bookkeep", "Invoice")[1]
    fortnox.ok("PUT", f"{path}/warehouseready", "Invoice")
    assert fortnox.refused("PUT", path, "Invoice", {"Comments": "x"})[0] == 2003125
    assert fortnox.ok("PUT", f"{path}/bookkeep", "Invoice")["Booked"] is True


def test_a_cash_method_company_books_the_sale_with_the_payment(fortnox: Fortnox) -> None:
    fortnox.company(cash_method=True)
    invoice = fortnox.invoice(row(100), row(100, vat=6))
    path = f"invoices/{invoice['DocumentNumber']}/bookkeep"
    assert fortnox.refused("PUT", path, "Invoice")[0] == 2003007
    fortnox.paid(invoice, 100.33)
    paid = fortnox.paid(invoice, 130.67)
    assert (paid["Balance"], paid["FinalPayDate"]) == (0, paid["InvoiceDate"])
    assert fortnox.balances() == {"1930": 23100, "2611": -2500, "2631": -600, "3001": -10000, "3003": -10000}


def test_printing_gives_a_pdf_and_marks_as_sent_but_a_preview_does_not(fortnox: Fortnox) -> None:
    fortnox.invoice(row(1))
    assert fortnox.call("GET", "invoices/1/preview").content.startswith(b"%PDF-")
    assert fortnox.ok("GET", "invoices/1", "Invoice")["Sent"] is False
    fortnox.call("GET", "invoices/1/print")
    assert fortnox.ok("GET", "invoices/1", "Invoice")["Sent"] is True
