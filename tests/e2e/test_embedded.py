from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.demo.connecting import connect
from sandbox.demo.playing import play
from sandbox.demo.report import calls_per_order, report
from sandbox.demo.stage import set_up
from sandbox.scenarios.loading import load


@pytest.mark.parametrize("scenario", ["hello"])
def test_a_shop_is_played_from_click_to_ledger_in_one_process(scenario: str, database_url: str, tmp_path: Path) -> None:
    told: list[int] = []
    with set_up(load(scenario), tmp_path, database_url=database_url) as stage:
        push_address = connect(stage)
        play(stage, pace=20, told=lambda done, _of: told.append(done), push_address=push_address)
        found = report(stage)
        assert found.wrong_orders == []
        assert [line for line in found.lines if not line.is_right] == []
        assert found.is_right
        # Few orders carry the whole cost of connecting here: ten registers read by their job, and some of them read
        # once more by orders that came before the job was done.
        assert calls_per_order(stage) < 17, "registers and look-ups of orders older than the connection included"
    assert told[-1] == sum(len(company.orders) for company in stage.companies)
