"""Klarna's, Svea's, ePay's and the banks' Swish files, from public sources alone, the readers not having been read.

Every value is invented; the columns, their order and the words come from these (looked up 2026-12-01):
Klarna: docs.klarna.com/payments/after-payments/settlements/settlement-files (fields of both sections, the sum rule, the
detailed types).
Svea: docs.payments.svea.com/docs/manage-order/reports; sveawebpay/webpay-common, package `reconciliation2`
(`ReconciliationReport`, `ClientReport` with its list `rows`, `ClientPaymentReport`, `ClientReportRow`, `ClientFee`;
days as yyyy-MM-dd'T'HH:mm:ss) and `ReportConverter` (amounts times 100; "Dismissed … is not a fee"; a `Manual` row
without references and amount is a fee).
Swish: notima/swish4j, `src/test/resources/Handelsbankenrapport1.csv` and `…2.csv` (18 fields, record 03 with a count
alone) and `HandelsBankenReportParser` (a refund's amount has no sign, the booking day "can be empty"),
`Swishrapport.csv` and tunnelbanejakten/wp-tuja (Swedbank's 14 columns; a public reader in Rust knows 13, without
Orderreferens, in Windows-1252). Swedbank's workbook: "Kravspecifikation: Verktyg för Swish-kollekt", Härnösands
pastorat, section 7.1.
ePay: bornhack/bornhack-website, `import_epay_csv` (27 columns).
"""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from tests.support.payout_files.files import only, payouts, read


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


TOTALS = {
    "total_sale_amount": "2000.00", "total_fee_amount": "60.00", "total_fee_correction_amount": "0.00",
    "total_tax_amount": "15.00", "total_return_amount": "300.00", "total_reversal_amount": "20.00",
    "total_commission_amount": "8.00", "total_credit_amount": "11.00", "total_charge_amount": "5.00",
    "total_holdback_amount": "100.00", "total_release_amount": "40.00", "opening_debt_balance": "70.00",
    "total_deposit_amount": "0.00", "total_repay_amount": "70.00", "closing_debt_balance": "0.00",
    "total_fee_refund_amount": "4.00", "total_settlement_amount": "1493.00", "payment_reference": "9301",
    "settlement_currency": "SEK", "payout_date": "2026-11-24T07:45:00Z", "merchant_id": "K123456",
    "merchant_settlement_type": "NET", "submerchant_id": "",
}  # fmt: skip
KLARNA = (
    "type", "capture_date", "sale_date", "order_id", "short_order_id", "capture_id", "merchant_reference1",
    "merchant_reference2", "amount", "posting_currency", "tax_rate", "tax_amount", "shipping_country",
    "initial_payment_method_type", "detailed_type", "refund_id",
)  # fmt: skip


def klarna(kind: str, detail: str, amount: str, *, tax: str = "", capture: str = "", refund: str = "") -> list[str]:
    at = "2026-11-20T10:00:00Z"
    tax_rate = "25.00" if tax else ""
    return [
        kind, at, at, "c504a9bb", "9875QW2", capture, "#2001", "", amount, "SEK", tax_rate, tax, "SE", "INVOICE",
        detail, refund,
    ]  # fmt: skip


KLARNA_ROWS = [
    klarna("SALE", "PURCHASE", "2000.00", capture="cap-1"),
    klarna("FEE", "PURCHASE_FEE_PERCENTAGE", "50.00", tax="12.50", capture="cap-1"),
    klarna("FEE", "PURCHASE_FEE_FIXED", "10.00", tax="2.50", capture="cap-1"),
    klarna("RETURN", "PURCHASE_RETURN", "300.00", refund="ref-1"),
    klarna("REVERSAL", "REVERSAL", "100.00", refund="ref-2"),
    klarna("REVERSAL_MERCHANT_PROTECTION", "FRAUD_POLICY_CREDIT_NET", "80.00", refund="ref-3"),
    klarna("COMMISSION", "COMMISSION", "8.00"),
    klarna("CREDIT", "CORRECTION_DISPUTE", "11.00"),
    klarna("CHARGE", "LIABILITY_TRANSFER", "5.00"),
    klarna("HOLDBACK", "ROLLING_RESERVE", "100.00"),
    klarna("RELEASE", "ROLLING_RESERVE", "40.00"),
    klarna("FEE_REFUND", "DISPUTE_FEE_REFUND", "4.00"),
]


def klarna_file(rows: list[list[str]], delimiter: str = ";", **totals: str) -> bytes:
    stated = TOTALS | totals
    lines = [list(stated), list(stated.values()), list(KLARNA), *rows]
    return "\n".join(delimiter.join(line) for line in [*lines, []]).encode()


@pytest.mark.parametrize("delimiter", [";", ","])
def test_klarnas_file_with_every_documented_type_comes_to_its_total(delimiter: str) -> None:
    found = only(klarna_file(KLARNA_ROWS, delimiter))
    assert (found.provider, found.id, found.paid_on) == ("klarna", "9301", date(2026, 11, 24))
    assert (found.paid_out, found.unexplained, found.is_captured) == (sek("1493.00"), sek("0"), True)
    kinds = {line.raw_kind.split()[0].upper(): line.kind for line in found.lines}
    assert (kinds["SALE"], kinds["RETURN"]) == (PayoutLineKind.CHARGE, PayoutLineKind.REFUND)
    assert (kinds["HOLDBACK"], kinds["RELEASE"]) == (PayoutLineKind.RESERVE_HELD, PayoutLineKind.RESERVE_RELEASED)
    assert [line.amount for line in found.lines if line.kind is PayoutLineKind.CARRIED_FORWARD] == [sek("-70.00")]
    assert sum(line.fee_vat.minor for line in found.lines if line.fee_vat) == 1500


@pytest.mark.parametrize("kind", ["SALE", "RETURN", "COMMISSION", "CREDIT", "CHARGE", "FEE_REFUND", "FEE"])
def test_klarnas_total_that_a_missing_row_belongs_to_leaves_the_payout_unexplained(kind: str) -> None:
    found = only(klarna_file([row for row in KLARNA_ROWS if row[0] != kind]))
    assert found.unexplained != sek("0")


@pytest.mark.parametrize("detail", ["COMMISSION_RETURN", "PAYMENT_DEFAULT"])
def test_klarnas_reversal_that_the_shop_knows_nothing_of_stays_in_the_sum(detail: str) -> None:
    """Commission taken back, and a refund that Klarna registers because the buyer does not pay."""
    kind = "REVERSAL" if detail == "COMMISSION_RETURN" else "RETURN"
    rows = [*KLARNA_ROWS, klarna(kind, detail, "30.00")]
    total = {"REVERSAL": {"total_reversal_amount": "50.00"}, "RETURN": {"total_return_amount": "330.00"}}[kind]
    found = only(klarna_file(rows, total_settlement_amount="1463.00", **total))
    (back,) = (line for line in found.lines if detail in line.raw_kind + line.text)
    assert (back.amount, found.unexplained) == (sek("-30.00"), sek("0"))


def svea_row(kind: str, nominal: int, paid: int, **more: Any) -> dict[str, Any]:
    return {
        "rowType": kind, "paymentType": "Invoice", "sveaCustomerId": 100291, "customerName": "Anna Lind",
        "externalOrderNo": "2001", "orderDate": "2026-11-01T10:00:00", "sveaInvoiceNo": 7001, "sveaOrderNo": 8001,
        "sveaCheckoutId": 9001, "nominalAmount": nominal, "sveaPaidAmount": paid, "totalFeeAmountExcludingVat": 0,
        "totalFeeVatAmount": 0, "currency": "SEK", "destinationCurrency": None, "exchangeRate": None, "comment": None,
        "deliveryId": 6001, "fees": [], "reconciliationDate": "2026-11-09T00:00:00",
    } | more  # fmt: skip


NOTHING_NAMED = {
    "sveaCustomerId": None, "customerName": None, "externalOrderNo": None, "sveaInvoiceNo": None, "sveaOrderNo": None,
    "sveaCheckoutId": None, "deliveryId": 0,
}  # fmt: skip


def fee(kind: str, excluding: int, vat: int) -> dict[str, Any]:
    return {
        "sveaPaidAmount": excluding + vat, "amountExcludingVat": excluding, "type": kind, "vatAmount": vat,
        "vatPercent": 25,
    }  # fmt: skip


def svea(*rows: dict[str, Any], opening: int = 0, closing: int = 0) -> bytes:
    paid = sum(row["sveaPaidAmount"] for row in rows)
    fees = sum(row["totalFeeAmountExcludingVat"] for row in rows)
    vat = sum(row["totalFeeVatAmount"] for row in rows)
    payment = {
        "sveaPaidAmountExcludingWithholding": paid, "sveaPaidAmountIncludingWithholding": paid,
        "openingBalanceDebt": opening, "closingBalanceDebt": closing,
        "nominalAmount": sum(row["nominalAmount"] for row in rows), "feeAmountExcludingVat": fees, "feeVatAmount": vat,
        "numberOfRows": len(rows), "currency": "SEK", "vatGroups": [],
    }  # fmt: skip
    client = {
        "clientId": 11111, "recipientTaxId": "165590000001", "recipientBankAccountNo": "123-4567",
        "recipientBankAccountType": "Bankgiro", "paymentReport": payment, "rows": list(rows),
        "reconciliationDate": "2026-11-09T00:00:00",
    }  # fmt: skip
    return json.dumps({"totalNrOfRows": len(rows), "clientReports": [client]}).encode()


SVEA_SALE = svea_row(
    "Order", 120000, 117500, totalFeeAmountExcludingVat=-2000, totalFeeVatAmount=-500, fees=[fee("Credit", -2000, -500)]
)


def test_sveas_report_with_every_field_of_its_classes() -> None:
    found = only(svea(SVEA_SALE, svea_row("Credit", -20000, -20000, deliveryId=6002)))
    assert (found.provider, found.account, found.id) == ("svea", "11111", "11111 2026-11-09")
    assert (found.paid_out, found.unexplained, found.paid_on) == (sek("975.00"), sek("0"), date(2026, 11, 9))
    sale, credit = found.lines
    assert (sale.amount, sale.fee, sale.fee_vat) == (sek("1200.00"), sek("20.00"), sek("5.00"))
    assert (credit.kind, credit.amount) == (PayoutLineKind.REFUND, sek("-200.00"))
    assert sale.keys[MatchKey.ORDER_NAME] == "2001"


def test_sveas_manual_row_that_names_nothing_and_has_no_amount_is_a_fee() -> None:
    manual = svea_row("Manual", 0, -625, totalFeeAmountExcludingVat=-500, totalFeeVatAmount=-125, **NOTHING_NAMED)
    found = only(svea(SVEA_SALE, manual))
    assert (found.unexplained, found.lines[1].net) == (sek("0"), sek("-6.25"))
    assert found.lines[1].kind in (PayoutLineKind.FEE, PayoutLineKind.OTHER)
    assert (found.lines[1].fee, found.lines[1].fee_vat) == (sek("5.00"), sek("1.25"))


def test_sveas_cost_is_in_the_sum() -> None:
    found = only(svea(SVEA_SALE, svea_row("Cost", -1000, -1000, **NOTHING_NAMED)))
    assert (found.unexplained, found.lines[1].net) == (sek("0"), sek("-10.00"))


@pytest.mark.parametrize("sign", [1, -1])
def test_invoice_that_svea_hands_back_stands_among_the_fees_of_its_row_and_waits_for_a_person(sign: int) -> None:
    back = svea_row(
        "Regression", 0, -120000, totalFeeAmountExcludingVat=sign * 120000, fees=[fee("Dismissed", sign * 120000, 0)]
    )
    found = only(svea(SVEA_SALE, back))
    assert (found.lines[1].kind, found.lines[1].amount, found.lines[1].fee) == (
        PayoutLineKind.OTHER, sek("-1200.00"), sek("0"),
    )  # fmt: skip
    assert (len(found.lines), found.unexplained) == (2, sek("0"))


@pytest.mark.parametrize("sign", [1, -1])
def test_deposit_that_svea_keeps_of_a_sale_is_a_reserve_and_no_fee(sign: int) -> None:
    sale = svea_row(
        "Order", 120000, 107500, totalFeeAmountExcludingVat=sign * 12000, totalFeeVatAmount=sign * 500,
        fees=[fee("Credit", sign * 2000, sign * 500), fee("Deposit", sign * 10000, 0)],
    )  # fmt: skip
    found = only(svea(sale))
    assert [(line.kind, line.amount, line.fee, line.fee_vat) for line in found.lines] == [
        (PayoutLineKind.CHARGE, sek("1200.00"), sek("20.00"), sek("5.00")),
        (PayoutLineKind.RESERVE_HELD, sek("-100.00"), sek("0"), None),
    ]
    assert (found.paid_out, found.unexplained) == (sek("1075.00"), sek("0"))


def test_sveas_parts_that_are_not_what_it_kept_are_refused() -> None:
    sale = svea_row("Order", 120000, 107500, totalFeeAmountExcludingVat=-1, fees=[fee("Deposit", -10000, 0)])
    assert [problem.fault.code for problem in read(svea(sale)).problems] == ["FILE_ROW_DOES_NOT_ADD_UP"]


SWEDBANK_14 = (
    "Radnr,Clnr,Kontonr,Bokfdag,Transdag,Valutadag,Mottagarnr,Mottagarnamn,Avsändarnr,Avsändarnamn,Meddelande,Tid,Belopp,"
    "Orderreferens\n"
)
SWEDBANK = (
    "1,54321,1029384756,2026-11-09,2026-11-07,2026-11-09,1234567899,SHOP AB,+46701234669,ANNA LIND,,18:01,499.00,2001\n"
    "2,54321,1029384756,2026-11-09,2026-11-08,2026-11-09,1234567899,SHOP AB,+46701234646,BO BERG,,15:26,1754.00,2002\n"
)


@pytest.mark.parametrize("note", ["* Swish-rapport Avser 2026-11-01 - 2026-11-10 Skapad 2026-11-10 09:45 CET\n", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_swedbanks_report_names_the_order_in_its_last_column(note: str, encoding: str) -> None:
    found = only((note + SWEDBANK_14 + SWEDBANK).encode(encoding))
    assert (found.provider, found.account, found.paid_on) == ("swish", "1234567899", date(2026, 11, 9))
    assert found.paid_out == sek("2253.00")
    assert [(line.occurred_on, line.keys[MatchKey.ORDER_NAME]) for line in found.lines] == [
        (date(2026, 11, 7), "2001"), (date(2026, 11, 8), "2002"),
    ]  # fmt: skip


def test_swedbanks_older_report_has_no_column_for_the_order() -> None:
    rows = [line.rsplit(",", 1)[0] for line in (SWEDBANK_14 + SWEDBANK).splitlines()]
    assert only("\n".join([*rows, ""]).encode()).paid_out == sek("2253.00")


def record(number: str, amount: str, *, kind: str = "SWH", name: str = "Anna Lind", booked: str = "2026-11-09") -> str:
    return (
        f"02;0505051515;151515151;HANDSESS;1234123456;2026-11-09;{kind};{amount};SEK;+46123456781;{name};{number};SHOP.SE;"
        f"00{number[-1]};2026-11-09T12:54:50:417229;{booked};ABCDEF1234567890{number[-1]};1234595{number[-1]}\n"
    )


def test_handelsbankens_count_says_that_the_report_is_whole() -> None:
    content = (
        "01;2026-11-10;2026-11-09;\n"
        + record("000001", "536,98")
        + record("000002", "1012,00", name="Berg, Bo")
        + record("000003", "36,98", kind="SWR")
        + "03;3\n"
    )
    found = only(content.encode())
    assert (found.provider, found.account, found.paid_on) == ("swish", "1234123456", date(2026, 11, 9))
    assert (found.paid_out, found.is_captured) == (sek("1512.00"), True)
    assert [(line.id, line.kind, line.amount) for line in found.lines] == [
        ("000001", PayoutLineKind.CHARGE, sek("536.98")),
        ("000002", PayoutLineKind.CHARGE, sek("1012.00")),
        ("000003", PayoutLineKind.REFUND, sek("-36.98")),
    ]
    assert found.lines[0].keys[MatchKey.ORDER_NAME] == "001"


def test_handelsbankens_count_that_differs_stops_the_file() -> None:
    content = "01;2026-11-10;2026-11-09;\n" + record("000001", "536,98") + "03;2\n"
    assert [problem.fault.code for problem in read(content.encode()).problems] == ["FILE_CONTROL_DIFFERS"]


def test_handelsbankens_report_with_commas_has_decimal_points() -> None:
    content = ("01;2026-11-10;2026-11-09;\n" + record("000001", "555.00") + "03;1\n").replace(";", ",")
    assert only(content.encode()).paid_out == sek("555.00")


def test_handelsbankens_row_without_a_booking_day_is_of_its_transaction_day() -> None:
    content = "01;2026-11-10;2026-11-09;\n" + record("000001", "536,98", booked="") + "03;1\n"
    assert only(content.encode()).paid_on == date(2026, 11, 9)


def test_swedbanks_workbook_has_a_sheet_per_account_with_sums_between_its_rows() -> None:
    book = Workbook()
    for place, (name, swish, amounts) in enumerate(
        [("Act mm", "1230000001", [349.0, 51.5]), ("Musik mm", "1230000002", [100.0])]
    ):
        sheet: Any = book.active if place == 0 else book.create_sheet()
        sheet.title = name
        for row in (
            ["Swish-rapport"],
            ["Clearingnummer:", "8327-9"],
            ["Kontonummer:", "70000000" + str(place)],
            ["Swish-nummer:", swish],
            ["2026-11-01 - 2026-11-30"],
            ["Antal", "Inkommande", "Totalt"],
            [len(amounts), sum(amounts), sum(amounts)],
            [],
            ["Bokföringsdatum", "Transaktionsdatum", "Valutadatum", "Mottagarnummer", "Mottagarnamn", "Meddelande",
             "Orderreferens", "Tid", "Belopp"],
            *(
                [date(2026, 11, 9), date(2026, 11, 8), date(2026, 11, 9), swish, "Shop AB", "Tack",
                 f"20{place}{number}", "10:15", amount]
                for number, amount in enumerate(amounts)
            ),
            [None, None, None, f"{swish} Summa", None, None, None, None, sum(amounts)],
            [],
            [None, None, None, "Totalsumma", None, None, None, None, sum(amounts)],
        ):  # fmt: skip
            sheet.append(row)
    stored = io.BytesIO()
    book.save(stored)
    found = payouts(stored.getvalue())
    assert [(payout.account, payout.paid_on, payout.paid_out, len(payout.lines)) for payout in found] == [
        ("1230000001", date(2026, 11, 9), sek("400.50"), 2), ("1230000002", date(2026, 11, 9), sek("100.00"), 1),
    ]  # fmt: skip
    assert found[0].lines[0].keys[MatchKey.ORDER_NAME] == "2000"


def test_epays_list_of_payments_has_27_columns_and_no_payout() -> None:
    header = (
        '"transactionID";"status";"merchantnumber";"orderID";"authamount";"currency";"authdate";"cardtypeID";'
        '"CompanyTransactionGroupID";"testTransaction";"FraudControl";"description";"CardHolder";"cardname";'
        '"display_short_name";"transaction_group_name";"CurrencyCodeA";"MinorUnit";"CurrencyName";"capturedamount";'
        '"creditedAmount";"capturedDate";"creditedDate";"isBooked";"fee";"tcardnumber";"authReferenceNumber"\n'
    )
    row = (
        '"212000001";"2";"1024000";"2001";"1200.00";"752";"09-11-2026 19:37";"2";"0";"0";"0";"Order #2001";"";'
        '"Visa";"Visa";"";"SEK";"2";"Swedish Krona";"1200.00";"0.00";"09-11-2026 19:37";"";"1";"0.00";'
        '"098765XXXXXX0987";"20000"\n'
    )
    found = read((header + row).encode())
    assert (found.provider, [problem.fault.code for problem in found.problems]) == (
        "epay",
        ["FILE_PAYMENTS_WITHOUT_PAYOUTS"],
    )
