"""Days that may be written with the day or the month first: what the file proves, else what a person says."""

from __future__ import annotations

from datetime import date

import pytest

from app.payouts.files import DayOrder, ReadFile, Recognised, RowsTwice, read_file, recognise
from tests.support.payout_files.files import shopify, shopify_row


def read(at: str, paid: str = "2026-11-05", days: DayOrder | None = None) -> ReadFile:
    row = shopify_row("charge", "#1", "100.00,2.00,98.00", at=at).replace("paid,2026-03-05", f"paid,{paid}")
    found = recognise(shopify(row.replace(",2026-03-05,", ",,")))
    assert isinstance(found, Recognised)
    return read_file(found, RowsTwice.EACH, days)


def days_of(found: ReadFile) -> tuple[date, date]:
    assert found.problems == ()
    return found.payouts[0].lines[0].occurred_on, found.payouts[0].paid_on


@pytest.mark.parametrize(
    ("at", "paid"),
    [
        ("11/02/2026 10:00:00 PM", "2026-11-05"),
        ("02/11/2026 10:00:00 PM", "2026-11-05"),
        ("2/11/2026 10:00:00 p.m.", "05.11.2026"),
        ("2026-11-02 22:00:00", "11-05-2026"),
        ("2026-11-02 22:00:00", "05-11-2026"),
        ("2026/11/02 10:00 PM", "05/11/2026"),
        ("20261102", "11/05/2026"),
    ],
)
def test_day_beside_a_certain_one_is_read_in_the_way_that_lies_near_it(at: str, paid: str) -> None:
    assert days_of(read(at, paid)) == (date(2026, 11, 2), date(2026, 11, 5))


@pytest.mark.parametrize(("at", "paid"), [("03/04/2026", "2026-04-05"), ("11/02/2026 10:00:00 PM", "11/05/2026")])
def test_day_that_nothing_decides_is_asked_about(at: str, paid: str) -> None:
    assert {problem.fault.code for problem in read(at, paid).problems} == {"FILE_DATE_TWO_WAYS"}
    said = read(at, paid, DayOrder.MONTH_FIRST)
    assert days_of(said)[0].day == int(at[3:5])


def test_what_the_file_proves_counts_more_than_what_is_said() -> None:
    assert days_of(read("13/11/2026", "15/11/2026", DayOrder.MONTH_FIRST))[0] == date(2026, 11, 13)


def test_hyphens_alone_are_day_first_unless_a_number_above_twelve_says_otherwise() -> None:
    assert days_of(read("02-11-2026", "05-11-2026"))[1] == date(2026, 11, 5)
    assert days_of(read("11-02-2026", "11-15-2026")) == (date(2026, 11, 2), date(2026, 11, 15))


@pytest.mark.parametrize(
    "at",
    [
        "Nov 2, 2026 10:00:00 PM",
        "November 2 2026",
        "2 november 2026 22:00",
        "02-Nov-2026",
        "2. nov. 2026",
        "2 Nov 2026",
    ],
)
def test_month_that_is_named_is_read(at: str) -> None:
    assert days_of(read(f'"{at}"'))[0] == date(2026, 11, 2)


@pytest.mark.parametrize("at", ["2 foo 2026", "Smarch 2 2026", "32 nov 2026"])
def test_word_that_is_no_month_is_no_day(at: str) -> None:
    assert [problem.fault.code for problem in read(at).problems] == ["FILE_CELL_NO_DATE"]
