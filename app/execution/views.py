"""What pages show of the steps of a plan, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kit.db.engine import ReadSession
from app.kit.json_types import Json
from app.schema import (
    Operation,
    OperationEvent,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One event in a step's history: a look-up, a call, a decision."""

    at: datetime
    kind: str
    status: int | None
    request: Json | None
    answer: Json | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the posting log."""

    kind: str
    key: str
    state: str
    at: datetime
    document: str = ""
    """The document's number in Fortnox, once known."""
    calls: tuple[Call, ...] = ()


def steps_of(session: ReadSession, job_id: int) -> tuple[Step, ...]:
    """A job's posting log, each step with every call."""
    rows = list(
        session.scalars(select(Operation).where(Operation.job_id == job_id).order_by(Operation.position, Operation.id))
    )
    events: dict[int, list[Call]] = {}
    condition = OperationEvent.operation_id.in_([row.id for row in rows])
    for event in session.scalars(select(OperationEvent).where(condition).order_by(OperationEvent.id)):
        call = Call(event.at, event.kind, event.status, event.request, event.answer, event.note)
        events.setdefault(event.operation_id, []).append(call)
    return tuple(
        Step(row.kind, row.step_key, row.state, row.updated_at, row.remote_id or "", tuple(events.get(row.id, ())))
        for row in rows
    )
