"""Vipps MobilePay's settlement report. Invented files in the shape of the provider's own examples.

Source: github.com/vippsas/vipps-developers, `payouts/csv/payout-report.csv` (three kinds of rows),
`payouts/xml/Example-Gross.xml`, `Example-Net.xml` and the README of the change from schema 2.0 to 3.0. Written from
these before the reader.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import FileNotUnderstoodError, recognise
from tests.support.payout_files.files import only, payouts, read
from tests.support.payout_files.vipps import SALE, SETTLEMENTS, TRANSACTIONS, moved, stated

COMPANY = """OrganizationNumber,MerchantName
559000001,Granström Form AB
Name,VisitingAddress,Postbox,Zipno,Place,Country,CompanyNumber
Granström Form AB,Storgatan 1,,11111,Stockholm,Sweden,559000001
"""
FEES = "FeeInfo,SettlementDate,SaleUnitName,SaleUnitNumber,FeeAccount,Fee,Currency\n"


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


REFUND = moved("5554000002", "0.00,SEK,0.00,-50.00,-50.00")


def test_settlement_with_a_sale_and_a_refund_is_proven_by_its_own_row() -> None:
    found = only(
        (COMPANY + SETTLEMENTS + stated("2000001", "292.02", count=2) + FEES + TRANSACTIONS + SALE + REFUND).encode()
    )
    assert (found.provider, found.account, found.id, found.paid_on) == (
        "vipps", "513000", "2000001", date(2026, 11, 12),
    )  # fmt: skip
    assert (found.paid_out, found.unexplained, found.is_captured) == (sek("292.02"), sek("0"), True)
    sale, refund = found.lines
    assert (sale.kind, sale.amount, sale.fee, sale.occurred_on) == (
        PayoutLineKind.CHARGE, sek("349.00"), sek("6.98"), date(2026, 11, 11),
    )  # fmt: skip
    assert (refund.kind, refund.amount, refund.fee) == (PayoutLineKind.REFUND, sek("-50.00"), sek("0"))
    assert (sale.id, sale.keys[MatchKey.ORDER_NAME]) == ("5554000001", "1001")


def test_refund_that_the_gross_column_has_too_counts_once() -> None:
    refund = moved("5554000002", "-50.00,SEK,0.00,-50.00,-50.00")
    assert only((TRANSACTIONS + SALE + refund).encode()).paid_out == sek("292.02")


def test_transactions_without_their_settlements_row_state_no_sum() -> None:
    found = only((TRANSACTIONS + SALE).encode())
    assert (found.paid_out, found.is_captured) == (sek("342.02"), False)


def test_settlements_of_several_sales_units_are_apart_even_with_the_same_number() -> None:
    other = moved("5554000009", "100.00,SEK,-2.00,0.00,98.00", unit="513999")
    content = (
        COMPANY + SETTLEMENTS + stated("2000001", "342.02") + stated("2000001", "98.00", unit="513999")
        + FEES + TRANSACTIONS + SALE + other
    )  # fmt: skip
    assert [
        (payout.account, payout.id, payout.paid_out, payout.unexplained) for payout in payouts(content.encode())
    ] == [
        ("513000", "2000001", sek("342.02"), sek("0")),
        ("513999", "2000001", sek("98.00"), sek("0")),
    ]


def test_sections_that_begin_anew_for_each_sales_unit_are_read_together() -> None:
    other = moved("5554000009", "100.00,SEK,-2.00,0.00,98.00", unit="513999", payout="2000007")
    first = SETTLEMENTS + stated("2000001", "342.02") + TRANSACTIONS + SALE
    second = SETTLEMENTS + stated("2000007", "98.00", unit="513999") + TRANSACTIONS + other
    assert [payout.unexplained for payout in payouts((first + second).encode())] == [sek("0"), sek("0")]


def test_settlement_in_another_currency_is_a_payout_of_its_own() -> None:
    other = moved("5554000003", "10.00,DKK,-0.20,0.00,9.80", payout="2000002")
    content = (
        SETTLEMENTS
        + stated("2000001", "342.02")
        + stated("2000002", "9.80", currency="DKK")
        + TRANSACTIONS
        + SALE
        + other
    )
    assert [payout.currency for payout in payouts(content.encode())] == ["SEK", "DKK"]


def test_settlement_whose_rows_are_cut_off_stays_unexplained() -> None:
    content = SETTLEMENTS + stated("2000001", "292.02", count=2) + TRANSACTIONS + SALE
    (problem,) = read(content.encode()).problems
    assert problem.fault.code == "FILE_CONTROL_DIFFERS"


def test_count_that_differs_is_no_fault_where_the_rows_make_the_sum() -> None:
    content = SETTLEMENTS + stated("2000001", "292.02", count=1) + TRANSACTIONS + SALE + REFUND
    assert only(content.encode()).unexplained == sek("0")


def test_settlement_without_any_row_is_told() -> None:
    content = SETTLEMENTS + stated("2000001", "342.02") + stated("2000002", "10.00") + TRANSACTIONS + SALE
    (problem,) = read(content.encode()).problems
    assert problem.fault.values == {"what": "2000002", "written": "1", "computed": "0"}


def test_fees_of_a_gross_settlement_are_invoiced_apart() -> None:
    found = only((SETTLEMENTS + stated("2000001", "349.00") + TRANSACTIONS + SALE).encode())
    assert (found.paid_out, found.unexplained, found.lines[0].fee) == (sek("349.00"), sek("0"), sek("0"))


def test_fee_drawn_from_another_account_is_shown_and_left_out() -> None:
    fee = "FeeInfo,12.11.2026,Butiken,513000,15030000001,-25.00,SEK\n"
    found = read((SETTLEMENTS + stated("2000001", "342.02") + FEES + fee + TRANSACTIONS + SALE).encode())
    assert [(one.word, one.fee) for one in found.left_out] == [("FeeInfo", Decimal("25.00"))]


def test_row_whose_columns_do_not_make_its_net_is_refused() -> None:
    (problem,) = read((TRANSACTIONS + moved("1", "349.00,SEK,-6.98,0.00,349.00")).encode()).problems
    assert (problem.column, problem.fault.code) == ("Net", "FILE_ROW_DOES_NOT_ADD_UP")


XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<SettlementReport xmlns="http://vipps.no/xmlschema/SettlementReport-3.0.xsd"><SettlementDetailsInfo>
<SaleUnitName>Butiken</SaleUnitName><SerialNumber>513000</SerialNumber><PaymentsInfo><SettlementInfo>
<SettlementDate>2026-11-12</SettlementDate><SettlementID>2000001</SettlementID>
<SettlementCurrencyCode>SEK</SettlementCurrencyCode><SettlementType>{kind}</SettlementType>
<TransactionInfo><TransactionTime>2026-11-11T12:52:54.097+01:00</TransactionTime>
<TransactionCaptureAmount>349.00</TransactionCaptureAmount><TransactionRefundAmount>0.00</TransactionRefundAmount>
<TransactionGrossAmount>349.00</TransactionGrossAmount><TransactionNetAmount>342.02</TransactionNetAmount>
<TransactionFeeAmount>6.98</TransactionFeeAmount><SettlementCurrencyCode>SEK</SettlementCurrencyCode>
<TransactionID>5554000001</TransactionID><OrderID>1001</OrderID></TransactionInfo>
<TransactionInfo><TransactionTime>2026-11-11T13:00:00.000+01:00</TransactionTime>
<TransactionCaptureAmount>0.00</TransactionCaptureAmount><TransactionRefundAmount>-50.00</TransactionRefundAmount>
<TransactionGrossAmount>-50.00</TransactionGrossAmount><TransactionNetAmount>-50.00</TransactionNetAmount>
<TransactionFeeAmount>0.00</TransactionFeeAmount><SettlementCurrencyCode>SEK</SettlementCurrencyCode>
<TransactionID>5554000002</TransactionID><OrderID>1001</OrderID></TransactionInfo>
<NumOfTransactions>2</NumOfTransactions><CaptureSettlementAmount>349.00</CaptureSettlementAmount>
<RefundSettlementAmount>-50.00</RefundSettlementAmount><GrossSettlementAmount>299.00</GrossSettlementAmount>
<NetSettlementAmount>292.02</NetSettlementAmount><FeeSettlementAmount>6.98</FeeSettlementAmount>
<SettledAmount>{settled}</SettledAmount></SettlementInfo></PaymentsInfo></SettlementDetailsInfo></SettlementReport>
"""


@pytest.mark.parametrize(("kind", "settled", "fee"), [("Net", "292.02", "6.98"), ("Gross", "299.00", "0")])
def test_xml_report_is_the_same_settlement(kind: str, settled: str, fee: str) -> None:
    found = only(XML.format(kind=kind, settled=settled).encode())
    assert (found.account, found.id, found.paid_on, found.paid_out) == (
        "513000", "2000001", date(2026, 11, 12), sek(settled),
    )  # fmt: skip
    assert (found.unexplained, found.is_captured, found.lines[0].fee) == (sek("0"), True, sek(fee))
    assert [line.amount for line in found.lines] == [sek("349.00"), sek("-50.00")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<SettlementReport>", "FILE_XML_NOT_KNOWN"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><SettlementReport/>", "FILE_XML_NOT_KNOWN"),
        (b"<?xml version='1.0'?><Document><Stmt/></Document>", "FILE_XML_NOT_KNOWN"),
    ],
)
def test_xml_that_is_no_settlement_report_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileNotUnderstoodError, match=code):
        recognise(content)
