"""Swish reports of Handelsbanken and Swedbank's workbook. Invented rows, written before the readers.

Sources: Handelsbanken, "CSV Swish report", implementation guidelines 3.1 (handelsbanken.com, Global Gateway, local
formats): record types 01, 02, 03, comma with decimal point or semicolon with decimal comma, types SWH, SWR, SWT, SWU,
SWZ; docs.findock.com, Processing Swish reports (the fields of record 02). Swedbank's workbook: a public parser of it
(columns Bokföringsdatum, Transaktionsdatum, Valutadatum, Mottagarnummer, Mottagarnamn, Meddelande, Orderreferens, Tid,
Belopp; one sheet per account; sums below the rows).
"""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import NotRecognised, recognise
from tests.support.payout_files.files import only, payouts, read
from tests.support.payout_files.swish_banks import START, paid


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def test_payments_of_a_booking_day_are_one_payout() -> None:
    found = only((START + paid("ref1", "349,00") + paid("ref2", "-49,00", "SWR") + "03;2;300,00\n").encode())
    assert (found.provider, found.account, found.id, found.paid_on) == (
        "swish", "1231112222", "1231112222 2026-11-12", date(2026, 11, 12),
    )  # fmt: skip
    assert (found.paid_out, found.unexplained, found.is_captured) == (sek("300.00"), sek("0"), True)
    payment, refund = found.lines
    assert (payment.id, payment.kind, payment.amount, payment.occurred_on) == (
        "ref1", PayoutLineKind.CHARGE, sek("349.00"), date(2026, 11, 11),
    )  # fmt: skip
    assert payment.keys[MatchKey.ORDER_NAME] == "1001"
    assert (refund.kind, refund.amount) == (PayoutLineKind.REFUND, sek("-49.00"))


def test_older_report_has_fifteen_fields_and_no_booking_day() -> None:
    old = (
        "01,5566778899,20150417\n"
        "02,5566778899,123456789,HANDSESS,1235524400,2015-04-16,SWH,1500.00,SEK,+46709879879,Anna Swish,"
        "4469411476093487,Meddelande,,2015-04-16T13:32:22\n"
        "03,1,1500.00\n"
    )
    found = only(old.encode())
    assert (found.id, found.paid_out, found.lines[0].id) == (
        "1235524400 2015-04-16",
        sek("1500.00"),
        "4469411476093487",
    )


@pytest.mark.parametrize(
    ("kind", "written", "known", "amount"),
    [
        ("SWR", "49,00", PayoutLineKind.REFUND, "-49.00"),
        ("SWT", "49,00", PayoutLineKind.REFUND_FAILED, "49.00"),
        ("SWU", "49,00", PayoutLineKind.OTHER, "-49.00"),
        ("SWZ", "49,00", PayoutLineKind.OTHER, "49.00"),
    ],
)
def test_each_type_of_transaction_has_its_kind_and_direction(
    kind: str, written: str, known: PayoutLineKind, amount: str
) -> None:
    body = paid("ref1", "349,00") + paid("ref2", written, kind)
    total = sek("349.00") + sek(amount)
    found = only((START + body + f"03;2;{str(total.decimal).replace('.', ',')}\n").encode())
    assert (found.lines[1].kind, found.lines[1].amount, found.paid_out) == (known, sek(amount), total)


def test_type_that_is_not_known_stops_the_file() -> None:
    (problem,) = read((START + paid("ref1", "349,00", "SWX") + "03;1;349,00\n").encode()).problems
    assert problem.fault.code == "FILE_WORD_NOT_KNOWN"


def test_receivers_and_booking_days_are_payouts_of_their_own() -> None:
    body = paid("a", "1,00") + paid("b", "2,00", to="1239999999") + paid("c", "4,00", day="2026-11-13")
    found = payouts((START + body + "03;3;7,00\n").encode())
    assert [payout.id for payout in found] == [
        "1231112222 2026-11-12", "1239999999 2026-11-12", "1231112222 2026-11-13",
    ]  # fmt: skip


@pytest.mark.parametrize(("end", "what"), [("03;2;349,00\n", "03"), ("03;1;348,00\n", "03")])
def test_last_record_that_differs_refuses_the_file(end: str, what: str) -> None:
    (problem,) = read((START + paid("ref1", "349,00") + end).encode()).problems
    assert (problem.fault.code, problem.fault.values["what"]) == ("FILE_CONTROL_DIFFERS", what)


def test_report_without_its_last_record_is_cut_off() -> None:
    (problem,) = read((START + paid("ref1", "349,00")).encode()).problems
    assert (problem.fault.code, problem.fault.values) == ("FILE_END_MISSING", {"row": "03"})


def test_numbered_rows_of_another_file_are_no_swish_report() -> None:
    assert isinstance(recognise(b"01;a\n02;b;c\n03;d\n"), NotRecognised)


HEADER = ("Bokföringsdatum", "Transaktionsdatum", "Valutadatum", "Mottagarnummer", "Mottagarnamn", "Meddelande",
          "Orderreferens", "Tid", "Belopp")  # fmt: skip


def workbook(*sheets: list[tuple[object, ...]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Konto {number}")
        sheet.append(["Swish-rapport"])
        sheet.append(["Clearingnummer: 8327-9"])
        sheet.append(list(HEADER))
        for row in rows:
            sheet.append(list(row))
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def swedbank(amount: float, message: str, to: str = "1230000001") -> tuple[object, ...]:
    return ("2026-03-02", "2026-03-01", "2026-03-02", to, "Granström Form AB", message, "", "10:01", amount)


def test_swedbanks_workbook_is_read_over_all_its_sheets_without_its_sums() -> None:
    content = workbook(
        [swedbank(499, "1001"), ("", "", "", "", "", "", "", "Summa", 499)], [swedbank(10, "1002", "1230000002")]
    )
    found = read(content)
    assert [(payout.id, payout.paid_out) for payout in found.payouts] == [
        ("1230000001 2026-03-02", sek("499.00")), ("1230000002 2026-03-02", sek("10.00")),
    ]  # fmt: skip
    assert [one.amount for one in found.left_out] == [Decimal(499)]
    assert found.payouts[0].lines[0].keys[MatchKey.ORDER_NAME] == "1001"
