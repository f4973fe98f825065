"""Asks Qliro for its settlement batches: nothing tells of them (qliro-api.md 0.2), so every connection is read anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select

from app.domain.commerce import books_day
from app.domain.findings import Finding
from app.domain.settlements import Settlement
from app.security.sealing import SealBrokenError
from app.sources.base import BodyNotUnderstoodError, SourceError
from app.sources.qliro.calls import QliroAccount
from app.sources.qliro.client import QliroSettlements
from app.sources.qliro.settlement_rows import Json, day
from app.sources.qliro.settlements import LATE_ROWS
from app.store.engine import Store
from app.store.tables import Connection
from app.sync.doorbell import Doorbell
from app.sync.findings import Place, open_one, resolve_code, resolve_others
from app.sync.grants import SealedGrants
from app.sync.qliro_order_net import look_again
from app.sync.settlements import store_settlements

log = structlog.get_logger(__name__)

SETTLED_UNTIL = "settled_until"
"""Detail of a connection: the day until which its batches are known."""
_REFUSED = "QLIRO_ACCESS_REFUSED"
_NOT_READ = "QLIRO_BATCH_NOT_READ"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QliroPoll:
    """Harmless when it runs twice or not at all: however long it did not run, it goes on from its mark."""

    store: Store
    grants: SealedGrants
    source: QliroSettlements
    doorbell: Doorbell
    now: Callable[[], datetime]

    def run(self) -> int:
        """Store what is new in every active connection's batches; returns how many batches that were."""
        with self.store.read() as session:
            active = (Connection.platform == "qliro", Connection.state == "active")
            connections = list(session.scalars(select(Connection).where(*active).order_by(Connection.id)))
        changed = 0
        for connection in connections:
            try:
                changed += self._poll(connection)
            except SourceError as error:
                log.warning("qliro_not_read", account=connection.account, error=str(error))
                self._tell_refusal(connection, error)
            except (SealBrokenError, KeyError) as error:
                log.warning("qliro_credentials_do_not_open", account=connection.account, error=type(error).__name__)
        if changed:
            self.doorbell.ring()
        return changed

    def _poll(self, connection: Connection) -> int:
        today = books_day(self.now())
        yesterday = today - _ONE_DAY
        secrets = self.grants.load(connection.id).secrets
        # The host is the connection's own: a key of the test environment is never tried at the live one.
        account = QliroAccount(str(connection.details["host"]), secrets["key"], secrets["secret"])
        heads = list(self.source.heads_between(account, _first_day(connection, yesterday), yesterday))
        self._resolve_refusal(connection)
        changed, unread, read = 0, dict[str, date](), list[Settlement]()
        for head in heads:
            try:
                settlement = self.source.read(account, head, today)
            except BodyNotUnderstoodError as error:
                unread[str(head.get("Id"))] = _day_of(head, yesterday)
                self._tell_unread(connection, head, error)
            else:
                read.append(settlement)
        # Before the payouts themselves are due: an order nobody told of is booked first, and its row finds it.
        found = look_again(self.store, connection, read, self.now())
        for settlement in read:
            changed += store_settlements(self.store, connection.id, [settlement])
        if found:
            self.doorbell.ring()
        self._finish(connection, unread, yesterday)
        return changed

    def _finish(self, connection: Connection, unread: dict[str, date], yesterday: date) -> None:
        """Move the mark on, but never past a batch that could not be read: it is asked for until it can."""
        until = min([yesterday, *(found - _ONE_DAY for found in unread.values())])
        with self.store.write() as session:
            row = session.get_one(Connection, connection.id, with_for_update=True)
            row.details = row.details | {SETTLED_UNTIL: until.isoformat()}
            resolve_others(session, _place(connection), _NOT_READ, sorted(unread))

    def _tell_refusal(self, connection: Connection, error: SourceError) -> None:
        if error.code == _REFUSED:
            with self.store.write() as session:
                open_one(session, _place(connection), Finding("QLIRO_ACCESS_REFUSED", connection.account, {}))

    def _resolve_refusal(self, connection: Connection) -> None:
        with self.store.write() as session:
            resolve_code(session, _place(connection), _REFUSED)

    def _tell_unread(self, connection: Connection, head: Json, error: BodyNotUnderstoodError) -> None:
        batch = str(head.get("Id"))
        log.error("qliro_batch_not_understood", account=connection.account, batch=batch, error=str(error))
        with self.store.write() as session:
            data = {"payout": batch, "text": str(error)}
            open_one(session, _place(connection), Finding("QLIRO_BATCH_NOT_READ", batch, data))


def _first_day(connection: Connection, yesterday: date) -> date:
    """Two weeks before the mark: rows come late, and a batch may have waited for them when it was last read."""
    marked = connection.details.get(SETTLED_UNTIL)
    until = date.fromisoformat(marked) if marked else books_day(connection.created_at)
    return min(until, yesterday) - LATE_ROWS + _ONE_DAY


def _place(connection: Connection) -> Place:
    return Place(connection.tenant_id, connection_id=connection.id)


def _day_of(head: Json, otherwise: date) -> date:
    try:
        return day(head, "BatchDate")
    except BodyNotUnderstoodError:
        return otherwise
