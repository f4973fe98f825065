"""Notices that a person closes, with a reference. The row keeps who, when and what; it is shown once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.catalogue import Severity, lookup
from app.findings.views import AnswerView
from app.kit.db.engine import ReadSession, Store
from app.schema import Finding

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Closing:
    """Implements `app.web.views.CloseNotice`."""

    store: Store

    def __call__(self, tenant_id: int | None, finding_id: int, note: str, by: str) -> bool:
        """Close an open notice. False: there is none within reach, or it stops something and wants more than that."""
        with self.store.write() as session:
            row = session.get(Finding, finding_id, with_for_update=True)
            if row is None or row.resolved_at is not None or tenant_id not in {None, row.tenant_id}:
                return False
            if lookup(row.code).severity is not Severity.NOTICE:
                return False
            row.resolved_at, row.closed_by = func.clock_timestamp(), by
            row.closed_note = note.strip()[:_LONGEST]
        return True


def closed_shown(session: ReadSession, job_id: int) -> tuple[AnswerView, ...]:
    """Notices of an order that people closed, oldest first."""
    conditions = (Finding.job_id == job_id, Finding.closed_by.is_not(None))
    rows = session.scalars(select(Finding).where(*conditions).order_by(Finding.resolved_at, Finding.id))
    return tuple(
        AnswerView(
            row.id, row.code, row.about, "closed", row.closed_by or "", row.resolved_at, holds=False,
            detail=row.closed_note,
        )
        for row in rows
        if row.resolved_at is not None
    )  # fmt: skip
