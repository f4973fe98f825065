"""Single entries of the local register: put, invalidated; and which jobs a change wakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.findings.repository import jobs_waiting_for
from app.jobs.inbox import make_due
from app.jobs.queue import wake
from app.kit.db.engine import ReadSession, WriteSession
from app.schema import Connection, MasterDataRefresh, MasterRecord, RefreshRequest

_NOW = timedelta()


def remember(
    session: WriteSession, connection_id: int, kind: str, code: str, data: Mapping[str, Any] | None = None
) -> None:
    """Remember that an entry exists, and what we wrote on it, without asking what else Fortnox knows of it."""
    statement = insert(MasterRecord).values(connection_id=connection_id, kind=kind, code=code, data=dict(data or {}))
    session.execute(statement.on_conflict_do_nothing())


def invalidate(session: WriteSession, connection_id: int, kind: str, code: str, except_for: Sequence[str] = ()) -> bool:
    """Delete one entry (an account in every year, except those codes); returns whether it existed."""
    has_code = (
        MasterRecord.code.endswith(f":{code}", autoescape=True) if kind == "accounts" else MasterRecord.code == code
    )
    conditions = (MasterRecord.connection_id == connection_id, MasterRecord.kind == kind, has_code)
    deleted = session.scalars(
        delete(MasterRecord).where(*conditions, MasterRecord.code.not_in(except_for)).returning(MasterRecord.code)
    )
    return bool(deleted.all())


def changed(session: WriteSession, connection_id: int, kind: str) -> None:
    """An entry changed: caches of the register are read anew, and the orders that wait for it are woken."""
    conditions = (MasterDataRefresh.connection_id == connection_id, MasterDataRefresh.kind == kind)
    session.execute(update(MasterDataRefresh).where(*conditions).values(changed_at=func.clock_timestamp()))
    tenant_id = session.get_one(Connection, connection_id).tenant_id
    wake(session, jobs_waiting_for(session, tenant_id, [kind]))


def put(
    session: WriteSession,
    connection_id: int,
    kind: str,
    entries: Mapping[str, Mapping[str, Any]],
    *,
    merged: bool = False,
) -> None:
    """Keep entries as Fortnox has them now. `merged`: they hold only some of the fields, the others stay."""
    rows = [
        {"connection_id": connection_id, "kind": kind, "code": code, "data": dict(data)}
        for code, data in entries.items()
    ]
    if rows:
        statement = insert(MasterRecord).values(rows)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[MasterRecord.connection_id, MasterRecord.kind, MasterRecord.code],
                set_={
                    "data": MasterRecord.data.concat(statement.excluded.data) if merged else statement.excluded.data,
                    "seen_at": func.clock_timestamp(),
                },
            )
        )


def read_now(session: WriteSession, connection_id: int, kind: str, at: datetime | None) -> None:
    """A register was read to its end, at a moment or just now."""
    moment = at or func.clock_timestamp()
    statement = insert(MasterDataRefresh).values(connection_id=connection_id, kind=kind, refreshed_at=moment)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[MasterDataRefresh.connection_id, MasterDataRefresh.kind], set_={"refreshed_at": moment}
        )
    )


MASTER_DATA_JOB = "register:company"
"""Subject of the job that reads a company's registers."""


def request_refresh(
    session: WriteSession, connection_id: int, requested: Iterable[tuple[str, str]], after: timedelta = _NOW
) -> None:
    """Have registers (kind, "") or single entries (kind, code) read now, or after some time. A request starts anew."""
    rows = [{"connection_id": connection_id, "kind": kind, "code": code} for kind, code in requested]
    if not rows:
        return
    statement = insert(RefreshRequest).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[RefreshRequest.connection_id, RefreshRequest.kind, RefreshRequest.code],
            set_={"asked_at": func.clock_timestamp(), "page": 1, "started_at": None},
        )
    )
    tenant_id = session.get_one(Connection, connection_id).tenant_id
    make_due(session, tenant_id, connection_id, MASTER_DATA_JOB, after=after)


def is_held(session: WriteSession, connection_id: int, kind: str, code: str) -> bool:
    """Whether the register holds an entry."""
    conditions = (MasterRecord.connection_id == connection_id, MasterRecord.kind == kind, MasterRecord.code == code)
    return session.scalar(select(MasterRecord.code).where(*conditions)) is not None


def next_request(session: ReadSession, connection_id: int, kinds: Sequence[str]) -> RefreshRequest | None:
    """What of a company is to be read next: by kind, in this order, for accounts need the years, and long ones wait."""
    order = case({kind: place for place, kind in enumerate(kinds)}, value=RefreshRequest.kind, else_=len(kinds))
    requests = select(RefreshRequest).where(RefreshRequest.connection_id == connection_id)
    return session.scalars(requests.order_by(order, RefreshRequest.asked_at).limit(1)).first()


def delete_request(session: WriteSession, request: RefreshRequest) -> None:
    """Delete the request, unless it was made again meanwhile."""
    conditions = (
        RefreshRequest.connection_id == request.connection_id,
        RefreshRequest.kind == request.kind,
        RefreshRequest.code == request.code,
        RefreshRequest.asked_at == request.asked_at,
    )
    session.execute(delete(RefreshRequest).where(*conditions))
