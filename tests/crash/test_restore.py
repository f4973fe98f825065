"""The database is lost and comes back as it was at any moment: what stands in Fortnox by then is found, not sent again.

A dump is taken before and after every call that writes, while an order is booked, refunded and paid out. Each is then
restored against books that hold everything, and the service works on: the books must stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from app.execution.restore import distrust_posting_log
from app.execution.step_run import StepRun
from app.ledgers.fortnox.adapter import FortnoxLedger
from tests.support.crash.restore import books
from tests.support.databases import dump, restore
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import hear, line_of, payout


@dataclass
class Dumps:
    """Whole contents of the database, with where each was taken."""

    engine: Engine
    taken: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)

    def take(self, where: str) -> None:
        with self.engine.connect() as connection:
            self.taken.append((where, dump(connection)))

    def restore(self, number: int) -> None:
        with self.engine.connect() as connection:
            restore(connection, self.taken[number][1])


@pytest.fixture
def dumps(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dumps]:
    """Takes one at both sides of every writing call."""
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    made = Dumps(engine)
    sending, calling = StepRun._send, FortnoxLedger.send

    def before_the_mark(self: StepRun, step: Any, *rest: Any) -> Any:
        made.take(f"before {step.key}")
        progress = sending(self, step, *rest)
        made.take(f"after {step.key}")
        return progress

    def marked(self: FortnoxLedger, company: Any, step: Any, *rest: Any) -> Any:
        made.take(f"in {step.key}")
        return calling(self, company, step, *rest)

    monkeypatch.setattr(StepRun, "_send", before_the_mark)
    monkeypatch.setattr(FortnoxLedger, "send", marked)
    yield made
    engine.dispose()


def test_dump_of_any_moment_is_restored_without_a_double(bench: Bench, dumps: Dumps) -> None:
    order = bench.place()
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    paid = payout(line_of(order, fee="11.48"), line_of(order, "refund"))
    hear(bench, paid)
    whole = books(bench)
    assert len(dumps.taken) > 25, "every writing step is there"
    wrong: list[str] = []
    taken = list(dumps.taken)
    for number, (where, _content) in enumerate(taken):
        dumps.restore(number)
        with bench.program.store.write() as session:
            distrust_posting_log(session, bench.program.now())
        bench.hear(order)  # what the backfill reads of the shop
        bench.rest()
        hear(bench, paid)  # and what the poll reads of the provider
        told = bench.findings()
        if books(bench) != whole or told:
            wrong.append(f"{where}: {told} {difference(whole, books(bench))}")
    assert not wrong, "\n".join(wrong)


def difference(whole: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    return {name: (whole[name], now[name]) for name in whole if whole[name] != now[name]}
