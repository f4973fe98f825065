"""Worked cases through the whole real path, and that the runner sees what differs and names what it cannot run yet."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.cases.running import Outcome, outcomes_of, run
from tests.support.golden.examples import EXAMPLES

CASE = {
    "id": "own-01",
    "title": "A lamp to Germany",
    "tags": ["oss"],
    "input": {
        "type": "order",
        "name": "#1",
        "processed_at": "2026-11-05T14:00:00+01:00",
        "currency": "EUR",
        "ship_to": {"country": "DE", "postcode": "10115"},
        "lines": [
            {
                "title": "Lamp",
                "quantity": 1,
                "unit_price": "119.00",
                "line_total_after_discount": "119.00",
                "tax": {"rate_percent": "19", "amount": "19.00"},
            }
        ],
        "total": "119.00",
        "transactions": [{"kind": "sale", "gateway": "shopify_payments", "amount": "119.00", "currency": "EUR"}],
    },
    "expected_invoice": {
        "invoice_date": "2026-11-05",
        "customer_vat_type": "SEVAT",
        "customer": {"country": "DE", "type": "private"},
        "currency": "EUR",
        "currency_rate": "11",
        "vat_included": True,
        "rows": [
            {"account": "3116", "quantity": "1", "unit_price": "119.00", "vat_percent": "19", "row_total": "119.00"}
        ],
        "net": "100.00",
        "vat_total": "19.00",
        "round_off": "0.00",
        "total": "119.00",
    },
    "expected_voucher": [
        {
            "date": "2026-11-05",
            "event": "invoice_booked",
            "entries": [
                {"account": "1510", "debit": "1309.00", "credit": "0.00"},
                {"account": "3116", "debit": "0.00", "credit": "1100.00"},
                {"account": "2676", "debit": "0.00", "credit": "209.00"},
            ],
        },
        {
            "date": "2026-11-05",
            "event": "payment_captured",
            "entries": [
                {"account": "1582", "debit": "1309.00", "credit": "0.00"},
                {"account": "1510", "debit": "0.00", "credit": "1309.00"},
            ],
        },
    ],
    "expected_vat_report": {},
    "expected_oss_report": [
        {"country": "DE", "vat_percent": "19", "currency": "EUR", "base": "100.00", "vat": "19.00"}
    ],
}
NOT_RUN: set[str] = set()


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[..., Outcome]:
    def of(change: Callable[[dict[str, Any]], object] = lambda _case: None, *, other_chart: bool = False) -> Outcome:
        case = copy.deepcopy(CASE)
        change(case)
        file = tmp_path / "cases.yaml"
        file.write_text(yaml.safe_dump({"examples": [case]}), encoding="utf-8")
        (found,) = outcomes_of(file, other_chart=other_chart)
        return found

    return of


@pytest.mark.parametrize("other_chart", [False, True])
def test_case_whose_books_come_out_as_told_is_equal(outcome: Callable[..., Outcome], *, other_chart: bool) -> None:
    assert outcome(other_chart=other_chart).word == "equal"


@pytest.mark.parametrize(
    ("change", "about"),
    [
        (lambda case: case["expected_invoice"].update(total="118.00"), "invoice, total: found 119, expected 118"),
        (lambda case: case["expected_invoice"]["rows"][0].update(account="3001"), "invoice, rows: "),
        (lambda case: case["expected_invoice"].update(customer_vat_type="EUVAT"), "invoice, customer_vat_type: "),
        (lambda case: case["expected_voucher"].pop(), "invoice, balance: "),
        (lambda case: case["expected_voucher"][0]["entries"][1].update(credit="1100.01"), "vouchers: "),
        (lambda case: case.update(expected_vat_report={"05": "1100.00"}), "VAT boxes, 05: found None, expected 1100"),
        (lambda case: case["expected_oss_report"][0].update(country="FI"), "OSS: "),
        (lambda case: case["input"].update(total="118.00"), "Stopped(findings="),
    ],
)
def test_what_differs_is_said(
    outcome: Callable[..., Outcome], change: Callable[[dict[str, Any]], object], about: str
) -> None:
    found = outcome(change)
    assert found.word == "different"
    assert found.differences[0].startswith(about), found.differences


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        (lambda case: case["input"].update(type="period_end"), "period_end"),
        (lambda case: case["input"].update(type="refund", order="#7"), "order #7 is in no case"),
        (lambda case: case["input"].update(ship_from="DE"), "stock abroad"),
        (lambda case: case["input"].update(picked_at="2026-12-01"), "picked_at"),
        (lambda case: case["input"]["lines"][0].update(kind="subscription"), "subscription"),
    ],
)
def test_what_cannot_be_run_yet_is_named(
    outcome: Callable[..., Outcome], change: Callable[[dict[str, Any]], object], missing: str
) -> None:
    assert outcome(change).word == f"not yet: {missing}"


@pytest.mark.skipif(not EXAMPLES.exists(), reason=f"the accounting dossier is not here: {EXAMPLES}")
@pytest.mark.parametrize("other_chart", [False, True])
def test_cases_of_the_dossier_are_equal_but_for_those_named(*, other_chart: bool) -> None:
    outcomes = {one.case: one for one in outcomes_of(EXAMPLES, other_chart=other_chart)}
    assert len(outcomes) == 38
    assert {case for case, one in outcomes.items() if one.not_yet} == NOT_RUN
    assert {case: one.differences for case, one in outcomes.items() if one.differences} == {}


def test_exit_status_says_whether_all_is_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cases.yaml"
    wrong = copy.deepcopy(CASE) | {"id": "own-02", "expected_vat_report": {"05": "1.00"}}
    later = copy.deepcopy(CASE) | {"id": "own-03", "input": {"type": "period_end"}}
    for cases, status, counted in (
        ([CASE], 0, "1 equal, 0 different, 0 not yet"),
        ([CASE, wrong, later], 1, "1 equal, 1 different, 1 not yet"),
        ([later], 1, "0 equal, 0 different, 1 not yet"),
    ):
        file.write_text(yaml.safe_dump({"examples": cases}), encoding="utf-8")
        assert run(file, other_chart=False) == status
        assert capsys.readouterr().out.splitlines()[-1] == counted


def test_broken_case_is_a_difference_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cases.yaml"
    without_date: dict[str, Any] = copy.deepcopy(CASE)
    del without_date["input"]["processed_at"]
    broken = [without_date, {"id": "own-04", "title": "Nothing told"}, "no case at all"]
    file.write_text(yaml.safe_dump({"examples": [*broken, CASE]}), encoding="utf-8")
    assert run(file, other_chart=False) == 1
    *lines, counted = capsys.readouterr().out.splitlines()
    assert counted == "1 equal, 3 different, 0 not yet"
    assert sum("broken case" in line for line in lines) == 3
    assert {one.case for one in outcomes_of(file, other_chart=False)} == {"own-01", "own-04", "case 3"}


@pytest.mark.parametrize("content", ["examples: [", "other: []", ""])
def test_broken_file_of_cases_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(content, encoding="utf-8")
    assert run(file, other_chart=False) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 equal, 1 different, 0 not yet"
