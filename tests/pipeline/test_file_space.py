"""Room for files: told before it is gone."""

from __future__ import annotations

import pytest

from app import doctor
from app.payouts.imports import file_space
from tests.support.pipeline.bench import Bench


def rows(bench: Bench) -> dict[str, bool]:
    return {one.what: one.is_well for one in doctor.examine(bench.program.settings)}


def test_doctor_is_red_where_files_or_temporary_space_run_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.program.payout_files.keep(bench.tenant_id, "fil.csv", b"a;b\n" * 250, by="maja")
    assert (rows(bench)["settlement files kept"], rows(bench)["temporary space"]) == (True, True)
    monkeypatch.setattr(file_space, "MOST_OF_A_COMPANY", 1_250)
    assert rows(bench)["settlement files kept"] is False
    monkeypatch.setattr(doctor, "_LEAST_TEMPORARY", 10**18)
    assert rows(bench)["temporary space"] is False
