"""Asks Qliro for its settlement batches: no push reports them (qliro-api.md 0.2), so every connection is polled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select

from app.connections.qliro_accounts import QliroAccounts
from app.findings.repository import Place, open_finding, resolve_code, resolve_others
from app.jobs.notifier import Notifier
from app.kit.db.engine import Store
from app.model.finding import Finding
from app.model.order import books_day
from app.model.payout import Payout
from app.orders.missed_orders import look_again
from app.payouts.polling.qliro_outage import keep_silent_batches, note_answer, note_outage, silent_batches
from app.payouts.repository import store_payouts
from app.schema import Connection
from app.shops.base import BodyNotUnderstoodError, SourceError
from app.shops.qliro.calls import QliroAccount
from app.shops.qliro.payouts.client import QliroSettlements
from app.shops.qliro.payouts.payout import LATE_ROWS
from app.shops.qliro.payouts.rows import Json, day

log = structlog.get_logger(__name__)

SETTLED_UNTIL = "settled_until"
"""Detail of a connection: the day until which its batches are known."""
_NO_ACCESS = ("QLIRO_ACCESS_REFUSED", "QLIRO_CREDENTIALS_UNREADABLE")
_NOT_READ = "QLIRO_BATCH_NOT_READ"
_ONE_DAY = timedelta(days=1)


_GIVE_UP = 3
"""Batches in a row that Qliro does not tell: the rest is asked for the next time, or one poll would last for hours."""


@dataclass(slots=True)
class _Reading:
    """What became of the batches of one poll."""

    changed: int = 0
    answered: bool = False
    """Whether Qliro reported any batch."""
    in_a_row: int = 0
    unread: list[str] = field(default_factory=list)
    """Batches that we do not understand."""
    silent: dict[str, str] = field(default_factory=dict)
    """Batch → why Qliro did not tell it."""
    held: dict[str, date] = field(default_factory=dict)
    """Day of every batch that we do not have."""

    def came(self) -> None:
        """Qliro reported a batch."""
        self.answered, self.in_a_row = True, 0


@dataclass(frozen=True, slots=True)
class QliroPoll:
    """Harmless when it runs twice or not at all: however long it did not run, it goes on from its mark."""

    store: Store
    accounts: QliroAccounts
    source: QliroSettlements
    notifier: Notifier
    now: Callable[[], datetime]

    def run(self) -> int:
        """Store what is new in every active connection's batches; returns how many batches that were."""
        with self.store.read() as session:
            active = (Connection.platform == "qliro", Connection.state == "active")
            connections = list(session.scalars(select(Connection).where(*active).order_by(Connection.id)))
        changed = sum(self.poll(connection) for connection in connections)
        if changed:
            self.notifier.notify()
        return changed

    def poll(self, connection: Connection) -> int:
        """Store what is new in one connection's batches; returns how many. What is refused becomes a finding."""
        try:
            return self._poll(connection)
        except SourceError as error:
            log.warning("qliro_not_read", account=connection.account, error=str(error))
            self._tell_refusal(connection, error)
            if error.passes:
                note_outage(self.store, connection, self.now(), error.detail)
            return 0

    def _poll(self, connection: Connection) -> int:
        today = books_day(self.now())
        yesterday = today - _ONE_DAY
        account = self.accounts.open(connection.id)
        heads = list(self.source.heads_between(account, _first_day(connection, yesterday), yesterday))
        self._resolve_refusal(connection)
        self._look_again(connection, [])
        reading = _Reading()
        # What did not come the last time is asked for last: it holds nothing else back.
        late = silent_batches(connection)
        for head in sorted(heads, key=lambda head: str(head.get("Id")) in late):
            self._read(connection, account, head, reading)
        self._finish(connection, reading, yesterday)
        if reading.silent and not reading.answered:
            raise SourceError("QLIRO_UNAVAILABLE", next(iter(reading.silent.values())), passes=True)
        note_answer(self.store, connection)
        return reading.changed

    def _read(self, connection: Connection, account: QliroAccount, head: Json, reading: _Reading) -> None:
        """Store one batch, or note why it could not be had. Raises SourceError when Qliro refuses us."""
        batch, today = str(head.get("Id")), books_day(self.now())
        if reading.in_a_row >= _GIVE_UP:
            reading.held[batch] = _day_of(head, today - _ONE_DAY)
            return
        try:
            payout = self.source.read(account, head, today)
        except BodyNotUnderstoodError as error:
            reading.came()
            reading.unread.append(batch)
            reading.held[batch] = _day_of(head, today - _ONE_DAY)
            self._tell_unread(connection, head, error)
        except SourceError as error:
            if not error.passes:
                raise
            log.warning("qliro_batch_not_read", account=connection.account, batch=batch, error=str(error))
            reading.in_a_row += 1
            reading.silent[batch] = error.detail
            reading.held[batch] = _day_of(head, today - _ONE_DAY)
        else:
            reading.came()
            # Before the payout itself is due: an order that no push reported is booked first, and its row finds it.
            self._look_again(connection, [payout])
            reading.changed += store_payouts(self.store, connection.id, [payout])

    def _look_again(self, connection: Connection, payouts: list[Payout]) -> None:
        if look_again(self.store, connection, payouts, self.now()):
            self.notifier.notify()

    def _finish(self, connection: Connection, reading: _Reading, yesterday: date) -> None:
        """Move the mark on, but never past a batch that could not be read: it is asked for until it can."""
        until = min([yesterday, *(day - _ONE_DAY for day in reading.held.values())])
        with self.store.write() as session:
            row = session.get_one(Connection, connection.id, with_for_update=True)
            row.details = row.details | {SETTLED_UNTIL: until.isoformat()}
            lasting = keep_silent_batches(session, row, self.now(), reading.silent)
            resolve_others(session, _place(connection), _NOT_READ, sorted({*reading.unread, *lasting}))

    def _tell_refusal(self, connection: Connection, error: SourceError) -> None:
        held = {
            "QLIRO_ACCESS_REFUSED": Finding("QLIRO_ACCESS_REFUSED", connection.account, {}),
            "QLIRO_CREDENTIALS_UNREADABLE": Finding(
                "QLIRO_CREDENTIALS_UNREADABLE", connection.account, {"account": connection.account}
            ),
        }
        if error.code in held:
            with self.store.write() as session:
                open_finding(session, _place(connection), held[error.code])

    def _resolve_refusal(self, connection: Connection) -> None:
        with self.store.write() as session:
            for code in _NO_ACCESS:
                resolve_code(session, _place(connection), code)

    def _tell_unread(self, connection: Connection, head: Json, error: BodyNotUnderstoodError) -> None:
        batch = str(head.get("Id"))
        log.error("qliro_batch_not_understood", account=connection.account, batch=batch, error=str(error))
        with self.store.write() as session:
            data = {"payout": batch, "text": str(error)}
            open_finding(session, _place(connection), Finding("QLIRO_BATCH_NOT_READ", batch, data))


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
