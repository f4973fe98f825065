"""Qliro does not answer: what lasts is told, what passes is not, and one batch never holds back another for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.model.payout import Payout
from app.schema import Connection
from app.shops.base import SourceError
from app.shops.qliro.calls import QliroAccount
from app.shops.qliro.payouts.batches import QliroBatches
from app.shops.qliro.payouts.client import QliroSettlements
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.qliro import YESTERDAY, Qliro
from tests.support.pipeline.qliro_silence import batches, down

HOUR = timedelta(hours=1)


class Deaf(QliroSettlements):
    """Qliro as it is, but for batches whose rows never come."""

    lost: frozenset[str] = frozenset()
    asked: list[str] = []  # noqa: RUF012 - set anew for each test

    def read(self, account: QliroAccount, batch: Any, today: Any) -> Payout:
        name = str(batch["Id"])
        self.asked.append(name)
        if name in self.lost:
            raise SourceError("QLIRO_UNAVAILABLE", "HTTP 500", passes=True)
        return super().read(account, batch, today)


def poll(qliro: Qliro, lost: set[str], *, later: timedelta = timedelta()) -> list[str]:
    """Ask while these batches are not told; which were asked for, in order."""
    program = qliro.bench.program
    kind = type("DeafNow", (Deaf,), {"lost": frozenset(lost), "asked": []})
    batches = program.qliro_poll.source
    assert isinstance(batches, QliroBatches)
    source = kind(batches.settlements.kit)
    replace(
        program.qliro_poll, source=replace(batches, settlements=source), now=lambda: datetime.now(UTC) + later
    ).run()
    qliro.bench.rest()
    return list(source.asked)


def marked(bench: Bench, qliro: Qliro) -> str:
    with bench.program.store.read() as session:
        return str(session.get_one(Connection, qliro.connection_id).payouts_known_until)


def test_silence_of_hours_is_told_once_and_is_over_when_qliro_answers(bench: Bench, qliro: Qliro) -> None:
    batches(qliro, 1)
    down(qliro)
    qliro.poll()
    qliro.poll(later=5 * HOUR)
    assert bench.findings() == [], "a night's maintenance passes by itself"
    qliro.poll(later=7 * HOUR)
    qliro.poll(later=8 * HOUR)
    told = bench.finding("QLIRO_SILENT_FOR_HOURS")
    assert (told.data["hours"], told.data["text"], told.connection_id) == ("8", "HTTP 503", qliro.connection_id)
    qliro.server.app.state.kit.faults.clear()
    qliro.poll(later=9 * HOUR)
    assert (bench.findings(), qliro.states()) == ([], ["booked"])
    down(qliro)
    qliro.poll(later=10 * HOUR)
    assert bench.findings() == [], "a new silence begins anew"


def test_silence_of_every_batch_is_silence(bench: Bench, qliro: Qliro) -> None:
    batches(qliro, 2)
    down(qliro, "*ByBatchId")
    qliro.poll()
    qliro.poll(later=7 * HOUR)
    assert "QLIRO_SILENT_FOR_HOURS" in bench.findings()


def test_batch_that_is_never_told_holds_back_no_other_and_is_told_when_it_lasts(bench: Bench, qliro: Qliro) -> None:
    first, *_others = batches(qliro, 3)
    poll(qliro, {first})
    assert (qliro.states(), bench.findings()) == (["booked", "booked"], [])
    assert marked(bench, qliro) < (YESTERDAY - timedelta(days=2)).isoformat(), "it is asked for until it comes"
    assert poll(qliro, {first}, later=7 * HOUR)[-1] == first, "what did not come is asked for last"
    told = bench.finding("QLIRO_BATCH_NOT_READ")
    assert (told.data["payout"], told.data["text"]) == (first, "HTTP 500")
    poll(qliro, set(), later=8 * HOUR)
    assert (qliro.states(), bench.findings()) == (["booked"] * 3, [])
    assert marked(bench, qliro) >= YESTERDAY.isoformat(), "in eight hours it may be tomorrow"


@pytest.mark.parametrize("number", [4, 5])
def test_poll_gives_up_after_three_silent_batches_and_reaches_the_others_the_next_time(
    bench: Bench, qliro: Qliro, number: int
) -> None:
    names = batches(qliro, number)
    lost = set(names[:3])
    assert poll(qliro, lost) == names[:3], "the rest is not asked for: each may take half a minute"
    assert qliro.states() == []
    poll(qliro, lost, later=HOUR)
    assert (qliro.states(), bench.findings()) == (["booked"] * (number - 3), [])


def test_refusal_in_the_middle_is_told_at_once(bench: Bench, qliro: Qliro) -> None:
    batches(qliro, 1)
    qliro.server.app.state.kit.faults.order("status", "GET", "*ByBatchId", status=401)
    qliro.poll()
    assert bench.findings() == ["QLIRO_ACCESS_REFUSED"]
