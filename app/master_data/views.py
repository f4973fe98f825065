"""What pages show of a company's registers, as plain values: how far they are read, and which areas are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.kit.db.engine import ReadSession
from app.ledgers.areas import OPTIONAL, SCOPES, AreaView
from app.master_data.cache import INVOICES, KINDS, RIGHTS, closed_by
from app.model.platforms import PlatformKind
from app.schema import Connection, MasterDataRefresh, MasterRecord, RefreshRequest


@dataclass(frozen=True, slots=True)
class RefreshProgress:
    """How far the reading of a company's registers has come."""

    read: int
    total: int
    rows: int
    """Entries kept so far, of all registers."""


def invoices_known_until(session: ReadSession, row: Connection) -> datetime | None:
    """How old the index of a ledger's invoices is; None before it was read."""
    read = session.get(MasterDataRefresh, (row.id, INVOICES)) if row.kind == PlatformKind.LEDGER else None
    return read.refreshed_at if read else None


def refresh_progress(session: ReadSession, row: Connection) -> RefreshProgress | None:
    """How far the registers are read, while the job has whole ones to read."""
    conditions = (RefreshRequest.connection_id == row.id, RefreshRequest.code == "", RefreshRequest.kind.in_(KINDS))
    open_kinds = session.scalar(select(func.count()).select_from(RefreshRequest).where(*conditions)) or 0
    if row.kind != PlatformKind.LEDGER or row.state != "active" or not open_kinds:
        return None
    rows = select(func.count()).select_from(MasterRecord).where(MasterRecord.connection_id == row.id)
    return RefreshProgress(len(KINDS) - open_kinds, len(KINDS), session.scalar(rows) or 0)


def areas_shown(session: ReadSession, connection: Connection) -> tuple[AreaView, ...]:
    """The areas that were tried, in their own order; empty for another platform, and before the first look."""
    conditions = (MasterRecord.connection_id == connection.id, MasterRecord.kind == RIGHTS)
    kept = {row.code: row.data for row in session.scalars(select(MasterRecord).where(*conditions))}
    rights = []
    for area in (scope for scope in SCOPES if scope in kept):
        closed = closed_by(kept[area])
        values = {"message": closed.message, "scope": closed.scope} if closed else {}
        rights.append(AreaView(area, closed is None, closed.code if closed else "", values, area in OPTIONAL))
    return tuple(rights)
