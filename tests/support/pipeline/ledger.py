"""What several test modules share of `test_ledger`."""

from __future__ import annotations

from sqlalchemy import select

from app.schema import LedgerReading
from tests.support.pipeline.bench import Bench


def compare(bench: Bench) -> LedgerReading:
    assert bench.program.scheduler.compare_ledgers() <= 1
    bench.rest()
    with bench.program.store.read() as session:
        return session.scalars(select(LedgerReading)).one()
