"""Rows that are equal in every column: asked about once, for nothing else tells one sale from two."""

from __future__ import annotations

import pytest

from app.payouts.files import RowsTwice
from tests.support.payout_files.files import read, shopify, shopify_row

SALE = shopify_row("charge", "#1001", "1030.00,20.75,1009.25")
OTHER = shopify_row("charge", "#1002", "1030.00,20.75,1009.25")


def test_second_row_is_named_with_the_first_and_nothing_is_read() -> None:
    found = read(shopify(SALE, OTHER, SALE), twice=RowsTwice.NOT_SAID)
    assert [(problem.line, problem.fault.code, problem.fault.values["line"]) for problem in found.problems] == [
        (4, "FILE_ROW_TWICE", "2")
    ]
    assert found.payouts == ()


@pytest.mark.parametrize(("said", "lines"), [(RowsTwice.ONE, 2), (RowsTwice.EACH, 3)])
def test_what_a_person_says_decides(said: RowsTwice, lines: int) -> None:
    (payout,) = read(shopify(SALE, OTHER, SALE), twice=said).payouts
    assert len(payout.lines) == lines


def test_rows_that_differ_in_one_column_are_not_asked_about() -> None:
    assert read(shopify(SALE, OTHER), twice=RowsTwice.NOT_SAID).problems == ()
