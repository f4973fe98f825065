"""Shopify's older REST answers as files: the same payouts, with the same lines, as the API tells.

Source: shopify.dev/docs/api/admin-rest, Payouts and Transactions (samples 30 and 31 of the dossier are from there).
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import FileNotUnderstoodError, recognise
from app.shops.shopify.payouts.payout import rest_payout
from tests.support.payout_files.files import ids, only, payouts, read
from tests.support.payout_files.shopify_rest import CHARGE, PAYOUT_ROW, REFUND, STATED, rest, transaction

REFERENCE = Path(os.environ.get("BOKBRO_REFERENCE", Path(__file__).resolve().parents[3] / "shared" / "reference"))
SAMPLES = REFERENCE / "shopify" / "samples"


def test_transactions_of_a_payout_are_its_lines_with_the_ids_of_the_api() -> None:
    payout = only(rest(CHARGE, REFUND, PAYOUT_ROW))
    assert (payout.provider, payout.id, payout.paid_on) == ("shopify_payments", "7001", date(2026, 11, 5))
    assert (payout.paid_out, payout.unexplained.minor, payout.is_final) == (Money.of("387.50", "SEK"), 0, True)
    assert ids(payout) == ["9007199254740993", "2"]
    charge, refund = payout.lines
    assert (charge.kind, refund.kind) == (PayoutLineKind.CHARGE, PayoutLineKind.REFUND)
    assert (charge.occurred_on, charge.fee) == (date(2026, 11, 2), Money.of("12.50", "SEK"))
    assert charge.keys == {MatchKey.TRANSACTION_ID: "501", MatchKey.SHOP_ORDER_ID: "4711"}


def test_file_says_what_the_api_s_reader_says_of_the_same_answers() -> None:
    rows = [CHARGE, REFUND, PAYOUT_ROW]
    assert only(rest(*rows, payouts=[STATED])) == rest_payout(STATED, rows, shop="")
    assert only(rest(*rows)) == rest_payout(STATED, rows, shop="")


def test_payouts_of_the_same_file_tell_amount_and_day() -> None:
    payout = only(rest(CHARGE, REFUND, payouts=[STATED | {"date": "2026-11-06"}]))
    assert (payout.paid_on, payout.paid_out) == (date(2026, 11, 6), Money.of("387.50", "SEK"))


def test_lines_without_their_payout_wait_instead_of_becoming_a_smaller_one() -> None:
    cut_off = read(rest(CHARGE, transaction(4, "charge", "10.00", "1.00", "9.00", payout_id=None)))
    assert (cut_off.payouts, cut_off.pending, cut_off.problems) == ((), 2, ())


def test_half_a_payout_does_not_add_up() -> None:
    assert only(rest(CHARGE, PAYOUT_ROW)).unexplained == Money.of("-99.00", "SEK")


def test_several_payouts_are_told_apart() -> None:
    other = [transaction(8, "charge", "20.00", "2.00", "18.00", payout_id=7002),
             transaction(9, "payout", "-18.00", "0.00", "-18.00", payout_id=7002)]  # fmt: skip
    assert [payout.id for payout in payouts(rest(CHARGE, other[0], REFUND, PAYOUT_ROW, other[1]))] == ["7001", "7002"]


def test_test_money_and_payouts_on_their_way_are_not_final() -> None:
    trial = [one | {"test": True} for one in (CHARGE, REFUND, PAYOUT_ROW)]
    on_its_way = [one | {"payout_status": "in_transit"} for one in (CHARGE, REFUND, PAYOUT_ROW)]
    failed = [one | {"payout_status": "failed"} for one in (CHARGE, REFUND, PAYOUT_ROW)]
    assert [only(rest(*rows)).is_final for rows in (trial, on_its_way, failed)] == [False, False, True]
    assert only(rest(*failed)).bounced


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"net": "480.00"}, "net", "FILE_ROW_DOES_NOT_ADD_UP"),
        ({"currency": ""}, "currency", "FILE_CELL_EMPTY"),
        ({"amount": "much"}, "amount", "FILE_CELL_NO_AMOUNT"),
        ({"processed_at": "soon"}, "processed_at", "FILE_CELL_NO_DATE"),
        ({"source_order_transaction_id": "abc"}, "id", "FILE_ROW_NOT_UNDERSTOOD"),
        ({"type": None}, "id", "FILE_ROW_NOT_UNDERSTOOD"),
    ],
)
def test_transaction_that_cannot_be_read_is_named(changes: dict[str, Any], column: str, code: str) -> None:
    (problem, *_) = read(rest(REFUND, CHARGE | changes, PAYOUT_ROW)).problems
    assert (problem.line, problem.column, problem.fault.code) == (2, column, code)


def test_transaction_that_stands_twice_is_told() -> None:
    (problem,) = read(rest(CHARGE, REFUND, REFUND, PAYOUT_ROW)).problems
    assert (problem.line, problem.fault.code) == (3, "FILE_ROW_TWICE")


def test_list_of_payouts_alone_is_refused_with_what_to_hand_in_instead() -> None:
    with pytest.raises(FileNotUnderstoodError) as refused:
        recognise(json.dumps({"payouts": [STATED]}).encode())
    assert refused.value.fault.code == "FILE_PAYOUTS_WITHOUT_LINES"


@pytest.mark.parametrize(
    "report", [{"transactions": 5}, {"transactions": [1]}, {"payouts": [1], "transactions": []}, {}]
)
def test_other_json_is_of_an_unknown_kind(report: Any) -> None:
    with pytest.raises(FileNotUnderstoodError) as refused:
        recognise(json.dumps(report).encode())
    assert refused.value.fault.code == "FILE_UNKNOWN_KIND"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"NOT CHECKED: no samples of real bodies at {SAMPLES}")
def test_documented_examples_are_read_in_one_file() -> None:
    listed, moved = (json.loads(next(SAMPLES.glob(f"{number}-rest-*.json")).read_text()) for number in (30, 31))
    found = {payout.id: payout for payout in payouts(json.dumps(listed | moved).encode())}
    assert len(found["623721858"].lines) > 1
    assert found["623721858"].unexplained, "Shopify's examples do not tie (shopify-api.md 4.3, 1)"
