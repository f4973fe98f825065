"""A new document is compared to the öre before it is booked."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.kit.http.outcome import Done
from app.ledgers.fortnox.comparison import compare
from app.ledgers.fortnox.invoices import invoice_remote
from app.ledgers.fortnox.payments import payment_remote
from app.ledgers.fortnox.resources import resource_of
from app.ledgers.fortnox.wire import WireInvoice, WireInvoiceListRow, WirePayment
from app.model.finding import Finding
from app.posting.steps import ConfirmSettled
from tests.support.builders import codes, invoice, invoice_row, payment

ASKED = invoice(invoice_row("100.00", quantity=3, article_number="H-1"), invoice_row("49.50", description="Frakt"))


def stands(**changes: Any) -> WireInvoice:
    """The invoice as Fortnox would answer it: 349.50 rounded to 350 whole kronor."""
    rows = [{"DeliveredQuantity": "3.00", "AccountNumber": 3001}, {"DeliveredQuantity": "1.00", "AccountNumber": 3520}]
    body = {"DocumentNumber": "17", "Total": "350", "RoundOff": "0.50", "TotalVAT": "69.90", "InvoiceRows": rows}
    return WireInvoice.model_validate({**body, **changes})


def test_document_that_was_only_rounded_to_whole_kronor_agrees() -> None:
    assert compare(ASKED, stands()) == []


def test_document_of_a_company_without_rounding_agrees() -> None:
    assert compare(ASKED, stands(Total="349.50", RoundOff="0")) == []


@pytest.mark.parametrize("total", ["350.01", "349.99"])
def test_total_that_differs_by_an_ore_is_a_finding(total: str) -> None:
    (found,) = compare(ASKED, stands(Total=total))
    stood = f"{Decimal(total) - Decimal('0.50')} SEK"
    shown = {"document": "17", "shop_amount": "349.50 SEK", "books_amount": stood}
    assert found == Finding("FORTNOX_TOTAL_DIFFERS", "17", shown)


def test_another_currency_is_a_finding_though_the_figure_agrees() -> None:
    assert codes(compare(ASKED, stands(Currency="EUR"))) == ["FORTNOX_TOTAL_DIFFERS"]


@pytest.mark.parametrize(("vat", "found"), [("69.92", []), ("69.88", []), ("69.93", ["FORTNOX_TOTAL_DIFFERS"])])
def test_vat_may_differ_by_an_ore_per_row_and_no_more(vat: str, found: list[str]) -> None:
    assert codes(compare(ASKED, stands(TotalVAT=vat))) == found


def test_row_that_the_warehouse_emptied_is_named() -> None:
    rows = [{"DeliveredQuantity": "0", "AccountNumber": 3001}, {"DeliveredQuantity": "1", "AccountNumber": 3520}]
    found = compare(ASKED, stands(InvoiceRows=rows, Total="50", TotalVAT="9.90"))
    assert found == [Finding("FORTNOX_WAREHOUSE_ZEROED", "17", {"document": "17", "article": "H-1"})]


@pytest.mark.parametrize(("balance", "found"), [("0", []), ("0.00", []), ("0.50", ["FORTNOX_BALANCE_LEFT"])])
def test_invoice_that_does_not_stand_at_nothing_after_its_payment_is_a_finding(balance: str, found: list[str]) -> None:
    body = {"DocumentNumber": "17", "Total": "350", "Balance": balance}
    sent = resource_of(ConfirmSettled()).read(ConfirmSettled(), Done(200, {"Invoice": body}), {})
    assert codes(sent.findings) == found


def test_journal_keeps_amounts_as_text() -> None:
    kept = invoice_remote(stands(VoucherSeries="B", VoucherNumber=4, VoucherYear=1, Booked=True))
    assert (kept["number"], kept["total"], kept["round_off"], kept["voucher"]) == ("17", "350", "0.50", "B4")
    assert not [value for value in kept.values() if isinstance(value, float | Decimal)]


def test_document_that_is_not_booked_has_no_voucher() -> None:
    assert invoice_remote(stands())["voucher"] == ""


def test_payment_is_kept_in_the_invoices_currency() -> None:
    answered = WirePayment.model_validate({"Number": 5, "Amount": "552.50", "InvoiceNumber": 17})
    assert payment_remote(answered, payment("50.00")) == {
        "number": "5",
        "paid": "50.00",
        "account": 1581,
        "kronor": "552.50",
    }


@pytest.mark.parametrize(("credit", "is_credit"), [("true", True), ("false", False), (True, True), (False, False)])
def test_credit_flag_is_read_from_text_too(credit: object, *, is_credit: bool) -> None:
    assert WireInvoiceListRow.model_validate({"DocumentNumber": 17, "Credit": credit}).credit is is_credit


@pytest.mark.parametrize(("sent", "read"), [(None, ""), (17, "17"), ("17", "17")])
def test_text_is_text_however_it_was_sent(sent: object, read: str) -> None:
    assert stands(ExternalInvoiceReference1=sent).external1 == read


@pytest.mark.parametrize("sent", [None, "", "0"])
def test_missing_date_is_none(sent: str | None) -> None:
    assert stands(InvoiceDate=sent).invoice_date is None


def test_field_that_fortnox_added_is_left_alone_and_a_missing_total_is_not() -> None:
    assert stands(NewField=1).document_number == "17"
    with pytest.raises(ValidationError):
        WireInvoice.model_validate({"DocumentNumber": "17"})
