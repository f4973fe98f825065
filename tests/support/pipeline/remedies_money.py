"""What several test modules share of `test_remedies_money`."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.schema import LedgerReading
from tests.support.pipeline.bench import Bench


def compare(bench: Bench) -> None:
    """The night comes: the books are read whole."""
    with bench.program.store.write() as session:
        for reading in session.scalars(select(LedgerReading)):
            reading.read_at -= timedelta(days=1)
    bench.program.scheduler.compare_ledgers()
    bench.rest()
