"""Which areas of Fortnox a connection may work in, for the page of connections and for the settings."""

from __future__ import annotations

from sqlalchemy import select

from app.domain.areas import OPTIONAL, SCOPES, AreaView
from app.store.engine import ReadSession
from app.store.tables import Connection, RegisterEntry
from app.sync.register import RIGHTS, closed_by


def areas_shown(session: ReadSession, connection: Connection) -> tuple[AreaView, ...]:
    """The areas that were tried, in their own order; empty for another platform, and before the first look."""
    here = (RegisterEntry.connection_id == connection.id, RegisterEntry.kind == RIGHTS)
    kept = {row.code: row.data for row in session.scalars(select(RegisterEntry).where(*here))}
    found = []
    for area in (one for one in SCOPES if one in kept):
        closed = closed_by(kept[area])
        values = {"message": closed.message, "scope": closed.scope} if closed else {}
        found.append(AreaView(area, closed is None, closed.code if closed else "", values, area in OPTIONAL))
    return tuple(found)
