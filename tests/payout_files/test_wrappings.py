"""Files in a wrapping: kronor behind a number, days with hyphens, twelve hours, a zip."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
from decimal import Decimal

import pytest

from app.kit.money import Money
from app.payouts.files import FileNotUnderstoodError, archive_members, member_of, members_of, recognise, wrappings
from app.payouts.files.cells import DayOrder, DecimalSign, amount, decimal_sign, moment
from tests.support.payout_files.files import SHOPIFY_HEADER, only, read, shopify, shopify_row, xlsx

SALE = shopify_row("charge", "#1001", "1030.00,20.75,1009.25")


@pytest.mark.parametrize("text", ["1030.00 kr", "1030.00kr", "1 030.00 SEK", "1030.00 kr."])
def test_word_for_kronor_behind_a_number_is_no_error(text: str) -> None:
    assert amount(text, DecimalSign.POINT) == Decimal("1030.00")
    assert decimal_sign([text]) is DecimalSign.POINT


@pytest.mark.parametrize("text", ["-kr5.00", "-SEK 5.00", "\u2212kr 5.00", "(kr5.00)"])
def test_sign_may_stand_before_the_currency(text: str) -> None:
    row = shopify_row("refund", "#1001", f"{text},0.00,{text}")
    assert [line.amount for line in only(shopify(SALE, row)).lines] == [
        Money.of("1030.00", "SEK"), Money.of("-5.00", "SEK"),
    ]  # fmt: skip


def test_kronor_in_a_row_of_another_currency_stop_the_file() -> None:
    row = SALE.replace("1030.00,20.75", "1030.00 kr,20.75").replace(",SEK,0.00", ",EUR,0.00")
    assert [problem.fault.code for problem in read(shopify(row)).problems] == ["FILE_CELL_NO_AMOUNT"]


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


def refusal(content: bytes) -> str:
    with pytest.raises(FileNotUnderstoodError) as refused:
        recognise(content)
    return refused.value.fault.code


def test_gzip_and_a_workbook_in_a_zip_are_opened() -> None:
    plain = shopify(SALE)
    assert only(gzip.compress(plain)) == only(plain)
    assert only(gzip.compress(plain[:50]) + gzip.compress(plain[50:])) == only(plain), "members one after the other"
    assert only(gzip.compress(packed(plain))) == only(plain)
    sheet = xlsx([SHOPIFY_HEADER.split(","), list(SALE.split(","))])
    assert only(packed(sheet)) == only(sheet)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(shopify(SALE))[:-9], gzip.compress(b"a") + b"rest", b"\x1f\x8b rest"],
    ids=["cut off", "more behind it", "no gzip"],  # gzip holds the second: every worker would name the test otherwise
)
def test_broken_gzip_is_refused(content: bytes) -> None:
    assert refusal(content) == "FILE_ZIP_BROKEN"


def test_packed_files_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = bytes(5 * 1024**2)
    assert refusal(gzip.compress(bomb)) == "FILE_ZIP_RATIO"
    assert refusal(deflated(bomb)) == "FILE_ZIP_RATIO"
    assert refusal(packed(packed(packed(shopify(SALE))))) == "FILE_ZIP_BROKEN"
    assert refusal(packed()) == "FILE_ZIP_OF_SEVERAL"
    monkeypatch.setattr(wrappings, "MAX_BYTES", 1000)
    many = os.urandom(900) * 2
    assert refusal(gzip.compress(many)) == "FILE_TOO_LARGE"
    assert refusal(deflated(many)) == "FILE_TOO_LARGE"


def deflated(content: bytes) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
    return stored.getvalue()


@pytest.mark.parametrize(
    ("names", "kind"), [(("mimetype", "content.xml"), ".ods"), (("Index/Document.iwa", "preview.jpg"), ".numbers")]
)
def test_spreadsheets_of_other_programs_are_refused_by_name(names: tuple[str, ...], kind: str) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    with pytest.raises(FileNotUnderstoodError) as refused:
        recognise(stored.getvalue())
    assert refused.value.fault.values["kind"] == kind
    assert refused.value.fault.code == "FILE_OTHER_SPREADSHEET"


def zip_of(**parts: bytes) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stored.getvalue()


def test_files_of_a_zip_are_offered_under_harmless_names_and_archives_in_it_are_not_opened() -> None:
    sheet = xlsx([["Dag"], ["a"]])
    parts = {
        "2026/../../etc/passwd": b"a", "C:\\b\u202e\n.csv": b"b", "c.xlsx": sheet, "d.zip": packed(b"d"),
        "e.gz": gzip.compress(b"e"), "__MACOSX/f.csv": b"f", "2026/.DS_Store": b"g", "tom/": b"",
    }  # fmt: skip
    content = zip_of(**parts)
    found = members_of(content)
    assert [(member.name, member.is_archive) for member in found] == [
        ("passwd", False), ("b.csv", False), ("c.xlsx", False), ("d.zip", True), ("e.gz", True),
    ]  # fmt: skip
    assert [member_of(content, place) for place in range(3)] == [b"a", b"b", sheet]
    assert [one.digest for one in found[:1]] == [hashlib.sha256(b"a").hexdigest()]


def test_file_beside_what_macos_adds_is_the_only_one() -> None:
    assert only(zip_of(**{"a.csv": shopify(SALE), "__MACOSX/._a.csv": b"x", ".DS_Store": b"x"})) == only(shopify(SALE))


def test_files_of_a_zip_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert members_of(shopify(SALE)) == ()
    assert members_of(packed(*[b"a"] * 101)) == ()
    for broken, code in (
        (zip_of(a=b"a", b=bytes(5 * 1024**2)), "FILE_ZIP_RATIO"),
        (packed(b"a", b"b").replace(b"PK\x01\x02", b"PK\x01\x03"), "FILE_ZIP_BROKEN"),
        (packed(b"a" * 99, b"b").replace(b"a" * 99, b"c" * 99), "FILE_ZIP_BROKEN"),
    ):
        with pytest.raises(FileNotUnderstoodError) as refused:
            members_of(broken)
        assert refused.value.fault.code == code
    monkeypatch.setattr(archive_members, "MOST_UNPACKED", 3)
    with pytest.raises(FileNotUnderstoodError) as refused:
        members_of(packed(b"aa", b"bb"))
    assert refused.value.fault.code == "FILE_TOO_LARGE"
