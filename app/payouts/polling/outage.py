"""How long a provider has not answered for a connection or a single batch: only an outage that lasts is reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.findings.repository import Place, open_finding, resolve_code
from app.kit.db.engine import Store, WriteSession
from app.model.finding import Finding
from app.model.platforms import Platform, Situation
from app.schema import Connection

LASTING = timedelta(hours=6)
"""A night's maintenance passes by itself; what lasts longer a person should know of."""


def note_outage(store: Store, platform: Platform, connection: Connection, now: datetime, detail: str) -> None:
    """The provider did not answer at all: remembered, and reported once it lasts."""
    with store.write() as session:
        row = session.get_one(Connection, connection.id, with_for_update=True)
        since = row.silent_since = row.silent_since or now
        if now - since >= LASTING:
            data = {
                "account": connection.account,
                "hours": str(int((now - since).total_seconds() // 3600)),
                "text": detail,
            }
            open_finding(
                session,
                _place(connection),
                Finding(platform.codes[Situation.SILENT_FOR_HOURS], connection.account, data),
            )


def note_answer(store: Store, platform: Platform, connection: Connection) -> None:
    """The provider answers: the silence is over."""
    with store.write() as session:
        row = session.get_one(Connection, connection.id, with_for_update=True)
        row.silent_since = None
        resolve_code(session, _place(connection), platform.codes[Situation.SILENT_FOR_HOURS])


def silent_batches(connection: Connection) -> dict[str, datetime]:
    """Batch → since when it could not be had."""
    return {batch: datetime.fromisoformat(since) for batch, since in connection.silent_batches.items()}


def keep_silent_batches(
    session: WriteSession, platform: Platform, row: Connection, now: datetime, reasons: Mapping[str, str]
) -> list[str]:
    """Remember which batches could not be read and why; returns those whose outage lasts and is reported."""
    before = silent_batches(row)
    since = {batch: before.get(batch, now) for batch in reasons}
    row.silent_batches = {batch: at.isoformat() for batch, at in since.items()}
    lasting = [batch for batch, at in since.items() if now - at >= LASTING]
    for batch in lasting:
        data = {"payout": batch, "text": reasons[batch]}
        open_finding(session, _place(row), Finding(platform.codes[Situation.BATCH_NOT_READ], batch, data))
    return lasting


def _place(connection: Connection) -> Place:
    return Place(connection.tenant_id, connection_id=connection.id)
