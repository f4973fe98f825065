"""What came of the scenario, read from both ends and compared: the shop's orders, Fortnox's ledger, our findings."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
from sqlalchemy import func, select

from app.store.tables import Finding, Lane, LaneState, Operation, OperationState, Snapshot
from app.sync.book_proof import last_reading
from sandbox.demo.stage import DATABASE_NUMBER, Stage
from sandbox.scenarios.scenario import BOOKED, ScenarioOrder, expected_summary

_PATIENCE = 30.0
"""Seconds the ledger's reading may take before the demo calls it missing."""


@dataclass(frozen=True)
class Line:
    """One checked number."""

    what: str
    found: str
    expected: str

    @property
    def is_right(self) -> bool:
        """Whether it is what the scenario promises."""
        return self.found == self.expected


@dataclass(frozen=True)
class Report:
    """All numbers of a run."""

    lines: tuple[Line, ...]
    findings: tuple[Line, ...]
    wrong_orders: tuple[str, ...]
    """Orders that did not end as the scenario says, with what happened instead."""

    @property
    def is_right(self) -> bool:
        """Whether every number is right."""
        return not self.wrong_orders and all(line.is_right for line in (*self.lines, *self.findings))


def report(stage: Stage) -> Report:
    """Read everything and compare."""
    documents = _documents(stage)
    ledger = _get(stage, "/_sandbox/ledger")
    summary = expected_summary(stage.scenario)
    outcomes = _outcomes(stage)
    invoices = [one for one in documents["invoices"] if not one["Cancelled"]]
    notes = [one for one in invoices if one["Credit"] == "true"]
    booked = [order for order in stage.scenario.orders if order.expect.outcome in BOOKED]
    least = sum(one.expect.invoices for one in booked)
    most = sum(max(one.expect.invoices, one.expect.invoices_at_most) for one in booked)
    invoices_expected = min(max(len(invoices) - len(notes), least), most)
    documents_expected = invoices_expected + sum(one.expect.credit_notes for one in booked)
    paid = _payments_expected(stage)
    lines = [
        Line("Orders in the shop", str(_orders_in(stage)), str(summary.orders)),
        *(
            Line(f"  {name}", str(count), str(summary.outcomes.get(name, 0)))
            for name, count in sorted(outcomes.items())
        ),
        Line("Invoices in Fortnox", str(len(invoices) - len(notes)), str(invoices_expected)),
        Line("Credit notes in Fortnox", str(len(notes)), str(sum(one.expect.credit_notes for one in booked))),
        Line("  booked, both", str(sum(bool(one["Booked"]) for one in invoices)), str(documents_expected)),
        Line("Payments in Fortnox", str(_booked_payments(documents)), str(paid)),
        Line("Vouchers in the ledger", str(len(ledger["vouchers"])), str(documents_expected + paid)),
        Line("Ledger balances", str(ledger["balanced"]), "True"),
        Line("  as expected, account by account", str(_as_expected(stage)), str(documents_expected + paid)),
        Line("Difference shop − books, öre", str(_difference(booked, invoices)), "0"),
        Line("Receivable left on paid orders, öre", str(_receivable(stage, invoices)), "0"),
        Line("429 answers from Fortnox", str(_limited(stage)), "0"),
    ]
    findings = _findings(stage)
    codes = sorted({*findings, *summary.findings})
    found_lines = [Line(code, str(findings.get(code, 0)), str(summary.findings.get(code, 0))) for code in codes]
    return Report(tuple(lines), tuple(found_lines), tuple(_wrong(stage)))


def calls_per_order(stage: Stage) -> Decimal:
    """Fortnox calls per booked order, as counted by the emulator itself, register reading included."""
    calls = _get(stage, "/_sandbox/calls/count")["total"]
    booked = sum(order.expect.outcome in BOOKED for order in stage.scenario.orders)
    return (Decimal(calls) / booked).quantize(Decimal("0.1"))


def _get(stage: Stage, path: str) -> Any:  # noqa: ANN401 - any JSON
    return httpx2.get(f"{stage.fortnox.url}{path}", params={"company": DATABASE_NUMBER}).raise_for_status().json()


def _documents(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = _get(stage, "/_sandbox/documents")
    return found


def _orders_in(stage: Stage) -> int:
    with stage.program.store.read() as session:
        orders = select(func.count()).select_from(Lane).where(Lane.subject.startswith("order:"))
        return session.scalar(orders) or 0


def _states(stage: Stage) -> dict[str, tuple[str, bool]]:
    """Order name → (outcome in the scenario's words, whether it is known)."""
    paid = (
        select(func.count())
        .select_from(Operation)
        .where(
            Operation.lane_id == Lane.id, Operation.kind == "BookPayment", Operation.state == OperationState.DONE.value
        )
        .scalar_subquery()
    )
    with stage.program.store.read() as session:
        rows = session.execute(select(Snapshot.name, Lane.state, paid).join(Lane, Lane.id == Snapshot.lane_id)).all()
    found = {}
    for name, state, payments in rows:
        word = state
        if state == LaneState.BOOKED.value:
            word = "booked_and_paid" if payments else "booked_unpaid"
        found[name] = (word, True)
    return found


def _outcomes(stage: Stage) -> Mapping[str, int]:
    return Counter(word for word, _known in _states(stage).values())


def _wrong(stage: Stage) -> list[str]:
    states = _states(stage)
    codes: dict[str, set[str]] = {}
    with stage.program.store.read() as session:
        open_rows = (
            select(Snapshot.name, Finding.code)
            .join(Finding, Finding.lane_id == Snapshot.lane_id)
            .where(Finding.resolved_at.is_(None))
        )
        for name, code in session.execute(open_rows):
            codes.setdefault(name, set()).add(code)
    wrong = []
    for order in stage.scenario.orders:
        found, _known = states.get(order.name, ("not there", False))
        expected_codes = {order.expect.code} if order.expect.code else set()
        if found != order.expect.outcome or codes.get(order.name, set()) != expected_codes:
            shown = f"{found} {sorted(codes.get(order.name, set()))}"
            wrong.append(f"{order.name}: {shown}, expected {order.expect.outcome} {sorted(expected_codes)}")
    return wrong


def _findings(stage: Stage) -> Mapping[str, int]:
    statement = select(Finding.code, func.count()).where(Finding.resolved_at.is_(None)).group_by(Finding.code)
    with stage.program.store.read() as session:
        return {code: count for code, count in session.execute(statement)}  # noqa: C416 - a Row is no pair to dict


def _booked_payments(documents: dict[str, Any]) -> int:
    return sum(bool(one["Booked"]) for one in documents["invoicepayments"])


def _payments_expected(stage: Stage) -> int:
    with stage.program.store.read() as session:
        plans = session.scalars(
            select(Snapshot.plan).join(Lane, Lane.id == Snapshot.lane_id).where(Lane.state == LaneState.BOOKED.value)
        ).all()
    documents = (document for plan in plans for document in (plan or {}).get("documents", ()))
    return sum(len(document["payments"]) for document in documents)


def _ore(amount: object) -> int:
    return int(Decimal(str(amount)) * 100)


def _difference(booked: list[ScenarioOrder], invoices: list[dict[str, Any]]) -> int:
    """Sum over orders of |shop − books|, the books being Fortnox's own totals without its whole-krona rounding."""
    standing: dict[str, int] = {}
    for invoice in invoices:
        name = str(invoice["ExternalInvoiceReference1"])
        standing[name] = standing.get(name, 0) + _ore(invoice["Total"]) - _ore(invoice["RoundOff"])
    expected = {order.name: order.expect.left for order in booked}
    return sum(abs(expected.get(name, 0) - standing.get(name, 0)) for name in {*expected, *standing})


def _receivable(stage: Stage, invoices: list[dict[str, Any]]) -> int:
    paid = {order.name for order in stage.scenario.orders if order.expect.outcome == "booked_and_paid"}
    return sum(abs(_ore(one["Balance"])) for one in invoices if one["ExternalInvoiceReference1"] in paid)


def _as_expected(stage: Stage) -> int:
    """How many vouchers Bokbro itself found as it expected them, reading the whole ledger in one call."""
    begun = datetime.now(UTC)
    stage.program.clockwork.compare_ledgers(timedelta(0))
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        with stage.program.store.read() as session:
            reading = last_reading(session, stage.tenant_id)
        if reading and reading.read_at >= begun:
            return reading.compared - reading.differing
        time.sleep(0.1)
    return 0


def _limited(stage: Stage) -> int:
    calls = _get(stage, "/_sandbox/calls")["calls"]
    return sum(call["status"] == 429 for call in calls)
