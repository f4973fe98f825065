"""Room for payout files: how much they take, and how much they may, per company and in all."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, text

from app.kit.db.engine import ReadSession, WriteSession
from app.schema import PayoutFile

MOST_OF_A_COMPANY = 2_000_000_000
"""Bytes: forty of the largest files, or ten years of a busy shop's months."""
MOST_IN_ALL = 20_000_000_000
LOW_FROM = 0.8
"""Share of the limit from which a warning is logged."""
_LOCK = 4_711_010
"""Of the advisory lock under which files are counted and kept: two at once must not both have the last room."""


@dataclass(frozen=True, slots=True)
class FileSpace:
    """Bytes of files that are kept."""

    of_company: int
    in_all: int

    @property
    def is_low(self) -> bool:
        """Whether there is little room left."""
        return self.of_company >= LOW_FROM * MOST_OF_A_COMPANY or self.in_all >= LOW_FROM * MOST_IN_ALL


def space_with(session: WriteSession, tenant_id: int, more: int) -> FileSpace:
    """The space used if a company adds so many bytes; the next caller waits for this transaction."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    size = func.octet_length(PayoutFile.content)
    own_size = func.sum(size).filter(PayoutFile.tenant_id == tenant_id)
    of_company, in_all = session.execute(select(func.coalesce(own_size, 0), func.coalesce(func.sum(size), 0))).one()
    return FileSpace(int(of_company) + more, int(in_all) + more)


def largest_space(session: ReadSession) -> FileSpace:
    """Of the company that has most, and in all."""
    sizes = select(func.sum(func.octet_length(PayoutFile.content)).label("size")).group_by(PayoutFile.tenant_id)
    each = sizes.subquery()
    most, whole = session.execute(select(func.max(each.c.size), func.sum(each.c.size))).one()
    return FileSpace(int(most or 0), int(whole or 0))
