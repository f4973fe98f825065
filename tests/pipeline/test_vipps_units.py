"""Settlements of two sales units of Vipps MobilePay may have one number: each is booked, and each once."""

from __future__ import annotations

import pytest

from tests.support.payout_files.vipps import SALE, SETTLEMENTS, TRANSACTIONS, moved, stated
from tests.support.pipeline.bench import Bench


def report(unit: str, transaction: str) -> bytes:
    row = moved(transaction, "100.00,SEK,-2.00,0.00,98.00", unit=unit)
    return (SETTLEMENTS + stated("2000001", "98.00", unit=unit) + TRANSACTIONS + row).encode()


@pytest.mark.parametrize("times", [1, 2])
def test_same_number_of_two_sales_units_is_two_payouts(bench: Bench, times: int) -> None:
    bench.rules(accounts={"psp.vipps.sek": 1589})
    files = bench.program.payout_files
    for unit, transaction in (("513000", "5554000001"), ("513999", "5554000002")) * times:
        file_id = files.keep(bench.tenant_id, f"{unit}.csv", report(unit, transaction), by="maja@example.se")
        assert files.take_in(bench.tenant_id, file_id) is not None
        bench.rest()
    assert bench.balance(1930) == 196
    assert sorted(job.subject for job in bench.jobs()) == [
        "payout:vipps:513000 2000001", "payout:vipps:513999 2000001",
    ]  # fmt: skip


def test_clearing_account_of_vipps_is_asked_for(bench: Bench) -> None:
    files = bench.program.payout_files
    content = report("513000", "5554000001")
    files.take_in(bench.tenant_id, files.keep(bench.tenant_id, "v.csv", content, by="maja@example.se"))
    bench.rest()
    assert bench.finding("ROLE_UNMAPPED").data["role"] == "psp.vipps.sek"
    assert bench.balance(1930) == 0


def test_report_cut_off_books_nothing(bench: Bench) -> None:
    content = SETTLEMENTS + stated("2000001", "292.02", count=2) + TRANSACTIONS + SALE
    files = bench.program.payout_files
    found = files.take_in(bench.tenant_id, files.keep(bench.tenant_id, "v.csv", content.encode(), by="maja@example.se"))
    assert found is not None
    assert [problem.fault.code for problem in found.problems] == ["FILE_CONTROL_DIFFERS"]
    assert bench.balance(1930) == 0
