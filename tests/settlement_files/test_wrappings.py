"""Files in a wrapping: kronor behind a number, days with hyphens, twelve hours, a zip."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import pytest

from app.sources.settlements import FileNotUnderstoodError, recognise
from app.sources.settlements.cells import DayOrder, DecimalSign, amount, decimal_sign, moment
from tests.settlement_files.files import only, read, shopify, shopify_row

SALE = shopify_row("charge", "#1001", "1030.00,20.75,1009.25")


@pytest.mark.parametrize("text", ["1030.00 kr", "1030.00kr", "1 030.00 SEK", "1030.00 kr."])
def test_word_for_kronor_behind_a_number_is_no_error(text: str) -> None:
    assert amount(text, DecimalSign.POINT) == Decimal("1030.00")
    assert decimal_sign([text]) is DecimalSign.POINT


def test_kronor_in_a_row_of_another_currency_stop_the_file() -> None:
    row = SALE.replace("1030.00,20.75", "1030.00 kr,20.75").replace(",SEK,0.00", ",EUR,0.00")
    assert [one.fault.code for one in read(shopify(row)).problems] == ["FILE_CELL_NO_AMOUNT"]


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("05-11-2026", None, "2026-11-05T00:00"),
        ("11-11-2026 10:00:00", None, "2026-11-11T10:00"),
        ("11/02/2026 10:00:00 PM", DayOrder.MONTH_FIRST, "2026-11-02T22:00"),
        ("2026-11-02 12:05 am", None, "2026-11-02T00:05"),
        ("2026-11-02 12:05 PM", None, "2026-11-02T12:05"),
    ],
)
def test_days_and_times_as_reports_write_them(text: str, order: DayOrder | None, iso: str) -> None:
    assert moment(text, "", order).isoformat()[:16] == iso


def packed(*contents: bytes) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.csv", content)
    return stored.getvalue()


def test_zip_with_one_file_is_opened_and_others_are_refused_by_name() -> None:
    assert only(packed(shopify(SALE))) == only(shopify(SALE))
    for content, code in ((packed(b"a", b"b"), "FILE_ZIP_OF_SEVERAL"), (b"PK\x03\x04 broken", "FILE_NO_XLSX")):
        with pytest.raises(FileNotUnderstoodError) as refused:
            recognise(content)
        assert refused.value.fault.code == code


def test_zip_that_asks_for_a_password_is_refused_as_one_that_does_not_open() -> None:
    content = bytearray(packed(shopify(SALE)))
    content[6] |= 1  # the flags of the local header, and of the directory's entry (APPNOTE 4.3.7, 4.3.12)
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileNotUnderstoodError) as refused:
        recognise(bytes(content))
    assert refused.value.fault.code == "FILE_ZIP_BROKEN"
