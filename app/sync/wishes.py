"""What is to be read of a company's registers, as rows: wished for by whoever learns that something changed.

Wishing costs no call. The connection's register lane fulfils wishes one by one, as the budget of calls allows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.store.engine import WriteSession
from app.store.tables import Connection, RegisterEntry, RegisterWish
from app.sync.inbox import make_due

REGISTER_LANE = "register:fortnox"
"""Subject of the lane that reads a company's registers."""


def wish(session: WriteSession, connection_id: int, wanted: Iterable[tuple[str, str]]) -> None:
    """Have registers (kind, "") or single entries (kind, code) read soon. A wish that stands already begins anew."""
    rows = [{"connection_id": connection_id, "kind": kind, "code": code} for kind, code in wanted]
    if not rows:
        return
    statement = insert(RegisterWish).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[RegisterWish.connection_id, RegisterWish.kind, RegisterWish.code],
            set_={"asked_at": func.clock_timestamp(), "page": 1, "begun_at": None},
        )
    )
    tenant_id = session.get_one(Connection, connection_id).tenant_id
    make_due(session, tenant_id, connection_id, REGISTER_LANE)


def is_held(session: WriteSession, connection_id: int, kind: str, code: str) -> bool:
    """Whether the register holds an entry."""
    here = (RegisterEntry.connection_id == connection_id, RegisterEntry.kind == kind, RegisterEntry.code == code)
    return session.scalar(select(RegisterEntry.code).where(*here)) is not None
