"""What came of the scenario, read from both ends and compared: orders, Fortnox's ledger, payouts, our findings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.reconciliation.account_balance import last_reading
from sandbox.demo.company_report import Line, calls_of, findings_of, limited_calls, lines_of, wrong_orders_of
from sandbox.demo.stage import Stage
from sandbox.scenarios.scenario import BOOKED

_PATIENCE = 30.0
"""Seconds the ledgers' reading may take before the demo calls them missing."""


@dataclass(frozen=True)
class Section:
    """One company's numbers."""

    title: str
    lines: Sequence[Line]
    findings: Sequence[Line]


@dataclass(frozen=True)
class Report:
    """All numbers of a run."""

    sections: Sequence[Section]
    limited: Line
    wrong_orders: Sequence[str]
    """Orders that did not end as the scenario says, with what happened instead."""

    @property
    def lines(self) -> Sequence[Line]:
        """Every checked number."""
        return [line for section in self.sections for line in (*section.lines, *section.findings)] + [self.limited]

    @property
    def is_right(self) -> bool:
        """Whether every number is right."""
        return not self.wrong_orders and all(line.is_right for line in self.lines)


def report(stage: Stage) -> Report:
    """Have the ledgers read, then read everything and compare."""
    _compare_ledgers(stage)
    sections = [Section(one.name, lines_of(stage, one), findings_of(stage, one)) for one in stage.companies]
    wrong = [text for company in stage.companies for text in wrong_orders_of(stage, company)]
    return Report(sections, Line("429 answers from Fortnox", str(limited_calls(stage)), "0"), wrong)


def calls_per_order(stage: Stage) -> Decimal:
    """Fortnox calls per booked order, as counted by the emulator itself, register reading included."""
    booked = sum(order.expect.outcome in BOOKED for company in stage.companies for order in company.orders)
    return (Decimal(calls_of(stage)) / booked).quantize(Decimal("0.1"))


def _compare_ledgers(stage: Stage) -> None:
    """Let the service read each company's whole ledger in its own way, and wait for it."""
    started = datetime.now(UTC)
    stage.program.scheduler.compare_ledgers(timedelta(0))
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with stage.program.store.read() as session:
            readings = [last_reading(session, company.tenant_id) for company in stage.companies]
        if all(reading is not None and reading.read_at >= started for reading in readings):
            return
        time.sleep(0.1)
