"""Single entries of the local register: learned, kept, forgotten; and who must hear that one changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.findings.repository import lanes_waiting_for
from app.jobs.inbox import make_due
from app.jobs.queue import wake
from app.kit.db.engine import WriteSession
from app.schema import Connection, RegisterEntry, RegisterRefresh, RegisterWish


def learn(
    session: WriteSession, connection_id: int, kind: str, code: str, data: Mapping[str, Any] | None = None
) -> None:
    """Remember that an entry exists, and what we wrote on it, without asking what else Fortnox knows of it."""
    statement = insert(RegisterEntry).values(connection_id=connection_id, kind=kind, code=code, data=dict(data or {}))
    session.execute(statement.on_conflict_do_nothing())


def forget(session: WriteSession, connection_id: int, kind: str, code: str, except_for: Sequence[str] = ()) -> bool:
    """Forget one entry (an account in every year, but for those codes); returns whether it was there."""
    theirs = (
        RegisterEntry.code.endswith(f":{code}", autoescape=True) if kind == "accounts" else RegisterEntry.code == code
    )
    here = (RegisterEntry.connection_id == connection_id, RegisterEntry.kind == kind, theirs)
    gone = session.scalars(
        delete(RegisterEntry).where(*here, RegisterEntry.code.not_in(except_for)).returning(RegisterEntry.code)
    )
    return bool(gone.all())


def changed(session: WriteSession, connection_id: int, kind: str) -> None:
    """An entry changed: whoever remembers the register looks again, and so do the orders that wait for it."""
    here = (RegisterRefresh.connection_id == connection_id, RegisterRefresh.kind == kind)
    session.execute(update(RegisterRefresh).where(*here).values(changed_at=func.clock_timestamp()))
    tenant_id = session.get_one(Connection, connection_id).tenant_id
    wake(session, lanes_waiting_for(session, tenant_id, [kind]))


def put(
    session: WriteSession,
    connection_id: int,
    kind: str,
    entries: Mapping[str, Mapping[str, Any]],
    *,
    merged: bool = False,
) -> None:
    """Keep entries as Fortnox has them now. `merged`: they tell only a part, and the rest stays."""
    rows = [
        {"connection_id": connection_id, "kind": kind, "code": code, "data": dict(data)}
        for code, data in entries.items()
    ]
    if rows:
        statement = insert(RegisterEntry).values(rows)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[RegisterEntry.connection_id, RegisterEntry.kind, RegisterEntry.code],
                set_={
                    "data": RegisterEntry.data.concat(statement.excluded.data) if merged else statement.excluded.data,
                    "seen_at": func.clock_timestamp(),
                },
            )
        )


def read_now(session: WriteSession, connection_id: int, kind: str, at: datetime | None) -> None:
    """A register was read to its end, at a moment or just now."""
    moment = at or func.clock_timestamp()
    statement = insert(RegisterRefresh).values(connection_id=connection_id, kind=kind, refreshed_at=moment)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[RegisterRefresh.connection_id, RegisterRefresh.kind], set_={"refreshed_at": moment}
        )
    )


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
