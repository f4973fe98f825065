"""Registers of a company that nobody changed: read by the first test of a run, laid into the database of the others.

Reading them is a dozen calls, which most tests are not about; what they hold is the same for every fresh company.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from app.master_data.cache import WARMED
from app.master_data.entries import read_now
from app.schema import MasterRecord
from tests.support.pipeline.bench import Bench


class KeptRegisters:
    """What the first test read."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def know(self, bench: Bench) -> None:
        """Let a tenant know the registers of its fresh company; what follows is counted from here."""
        if not self._rows:
            bench.warm()
            self._keep(bench)
            return
        with bench.program.store.write() as session:
            session.execute(insert(MasterRecord), [row | {"connection_id": bench.fortnox_id} for row in self._rows])
            for kind in WARMED:
                read_now(session, bench.fortnox_id, kind, None)
        bench.emulators.kit.calls.clear()

    def _keep(self, bench: Bench) -> None:
        with bench.program.store.read() as session:
            entries = session.scalars(select(MasterRecord).where(MasterRecord.connection_id == bench.fortnox_id))
            self._rows = [{"kind": entry.kind, "code": entry.code, "data": entry.data} for entry in entries]
