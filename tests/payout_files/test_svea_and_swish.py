"""Svea's report and Swedbank's of Swish, in our own words: invented files in the shape of theirs.

Sources: docs.payments.svea.com/docs/manage-order/reports and sveawebpay/webpay-common; tunnelbanejakten/wp-tuja.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import Fault, FileNotUnderstoodError, recognise
from tests.support.payout_files.files import ids, only, payouts, read


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def row(**changes: Any) -> dict[str, Any]:
    return {
        "rowType": "Order", "paymentType": "Invoice", "externalOrderNo": "1001", "orderDate": "2026-03-01T10:00:00",
        "sveaInvoiceNo": 701, "sveaOrderNo": 801, "sveaCheckoutId": 901, "deliveryId": 601, "nominalAmount": 49900,
        "sveaPaidAmount": 48650, "totalFeeAmountExcludingVat": -1000, "totalFeeVatAmount": -250, "currency": "SEK",
        "destinationCurrency": None, "comment": None, "fees": [],
    } | changes  # fmt: skip


CREDIT = row(
    rowType="Credit", deliveryId=602, nominalAmount=-9900, sveaPaidAmount=-9900, totalFeeAmountExcludingVat=0,
    totalFeeVatAmount=0,
)  # fmt: skip


def svea(*rows: dict[str, Any], paid: int = 38750, **more: Any) -> bytes:
    payment = {
        "sveaPaidAmountExcludingWithholding": paid,
        "sveaPaidAmountIncludingWithholding": paid,
        "currency": "SEK",
    }
    client = {"clientId": 58702, "reconciliationDate": "2026-03-05T00:00:00", "paymentReport": payment | more}
    return json.dumps({"totalNrOfRows": len(rows), "clientReports": [client | {"rows": list(rows)}]}).encode()


def test_sveas_report_is_a_payout_of_its_client_and_day() -> None:
    found = only(svea(row(), CREDIT))
    assert (found.provider, found.id, found.account) == ("svea", "58702 2026-03-05", "58702")
    assert (found.paid_on, found.paid_out, found.unexplained) == (date(2026, 3, 5), sek("387.50"), sek("0"))
    charge, refund = found.lines
    assert (charge.kind, charge.amount, charge.fee, charge.fee_vat) == (
        PayoutLineKind.CHARGE, sek("499.00"), sek("10.00"), sek("2.50"),
    )  # fmt: skip
    assert (refund.kind, refund.amount, refund.fee, refund.fee_vat) == (
        PayoutLineKind.REFUND, sek("-99.00"), sek("0"), None,
    )  # fmt: skip
    assert charge.keys == {
        MatchKey.TRANSACTION_ID: "601", MatchKey.PAYMENT_ID: "1001", MatchKey.ORDER_NAME: "1001",
        MatchKey.PROVIDER_ORDER_ID: "801",
    }  # fmt: skip


@pytest.mark.parametrize("sign", [1, -1])
def test_sveas_fees_may_be_signed_either_way_and_told_one_by_one(sign: int) -> None:
    totals: dict[str, Any] = {"totalFeeAmountExcludingVat": None, "totalFeeVatAmount": None}
    fees = [{"type": "Admin", "amountExcludingVat": sign * one, "vatAmount": sign * one // 4} for one in (400, 600)]
    (line,) = only(svea(row(**totals, fees=fees), paid=48650)).lines
    assert (line.fee, line.fee_vat) == (sek("10.00"), sek("2.50"))


def test_sveas_fee_that_its_parts_do_not_come_to_is_refused() -> None:
    (problem,) = read(svea(row(totalFeeVatAmount=0))).problems
    assert (problem.line, problem.column, problem.fault.code) == (
        1, "totalFeeAmountExcludingVat", "FILE_ROW_DOES_NOT_ADD_UP",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "amount", "known"),
    [
        ("OpeningBalanceDebt", -500, PayoutLineKind.CARRIED_FORWARD),
        ("ClosingBalanceDebt", 500, PayoutLineKind.CARRIED_FORWARD),
        ("Deposit", -500, PayoutLineKind.RESERVE_HELD),
        ("Deposit", 500, PayoutLineKind.RESERVE_RELEASED),
        ("Regression", -500, PayoutLineKind.OTHER),
        ("Kickback", 500, PayoutLineKind.OTHER),
        ("Something", 500, PayoutLineKind.OTHER),
    ],
)
def test_sveas_kinds_are_known_or_wait_for_a_person(kind: str, amount: int, known: PayoutLineKind) -> None:
    other = row(
        rowType=kind, nominalAmount=amount, sveaPaidAmount=amount, totalFeeAmountExcludingVat=0, totalFeeVatAmount=0
    )
    found = only(svea(row(), other, paid=48650 + amount))
    assert (found.lines[1].kind, found.unexplained) == (known, sek("0"))


def test_of_sveas_two_sums_the_one_that_its_rows_explain_was_paid() -> None:
    assert only(svea(row(), paid=48650, sveaPaidAmountIncludingWithholding=40000)).paid_out == sek("486.50")
    assert only(svea(row(), paid=40000)).unexplained == sek("-86.50")


def test_sveas_row_in_two_currencies_is_refused() -> None:
    (problem,) = read(svea(row(destinationCurrency="EUR"))).problems
    assert problem.fault == Fault("FILE_CURRENCY_CONVERTED", {"currency": "SEK", "other": "EUR"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"orders": []}', "FILE_UNKNOWN_KIND"),
        (b'{"clientReports": "none"}', "FILE_UNKNOWN_KIND"),
        (b'{"clientReports": [{"rows": [{"fees": [{"vatAmount": "x"}]}]}]}', "FILE_UNKNOWN_KIND"),
        (b'{"clientReports": [', "FILE_NO_TEXT"),
    ],
)
def test_json_that_is_not_sveas_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileNotUnderstoodError, match=code):
        recognise(content)


# --- Swish

TITLE = "* Swish-rapport Avser 2026-03-01 - 2026-03-05 Skapad 2026-03-06 12:39 CET\n"
COLUMNS = (
    "Radnr,Clnr,Kontonr,Bokfdag,Transdag,Valutadag,Mottagarnr,Mottagarnamn,Avsändarnr,Avsändarnamn,Meddelande,Tid,"
    "Belopp,Orderreferens\n"
)


def payment(number: int, booked: str, message: str, amount: str, order: str = "") -> str:
    paid = f"{number},83279,7000000001,{booked},2026-03-01,{booked},1230000001,Granström Form AB"
    return f"{paid},46700000001,ANNA LINDQVIST,{message},10:0{number},{amount},{order}\n"


SWISH = TITLE + COLUMNS + payment(1, "2026-03-02", "1001", "499.00") + payment(2, "2026-03-02", "tack!", "-99.00", "77")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_payments_of_a_booking_day_are_one_payout_without_fees(encoding: str) -> None:
    found = only(SWISH.encode(encoding))
    assert (found.provider, found.id, found.account) == ("swish", "1230000001 2026-03-02", "1230000001")
    assert (found.paid_on, found.paid_out) == (date(2026, 3, 2), sek("400.00"))
    first, second = found.lines
    assert (first.kind, first.amount, first.fee) == (PayoutLineKind.CHARGE, sek("499.00"), sek("0"))
    assert (first.keys, first.text) == ({MatchKey.ORDER_NAME: "1001"}, "1001")
    assert (second.kind, second.keys) == (
        PayoutLineKind.REFUND, {MatchKey.ORDER_NAME: "77", MatchKey.PAYMENT_ID: "77"},
    )  # fmt: skip


def test_booking_days_are_payouts_of_their_own() -> None:
    text = SWISH + payment(3, "2026-03-03", "1002", "10.00")
    assert [payout.id for payout in payouts(text.encode())] == ["1230000001 2026-03-02", "1230000001 2026-03-03"]


@pytest.mark.parametrize("content", [SWISH.encode(), svea(row(), CREDIT)])
def test_same_file_read_twice_has_the_same_lines_each_once(content: bytes) -> None:
    first, second = only(content), only(content)
    assert (first, len(set(ids(first)))) == (second, len(first.lines))
