"""Asks a provider for the batches that it pays out: no push reports them, so every connection is polled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select

from app.catalogue import lookup
from app.findings.repository import Place, open_finding, resolve_code, resolve_others
from app.jobs.notifier import Notifier
from app.kit.db.engine import Store
from app.model.finding import Finding
from app.model.order import books_day
from app.model.payout import Payout
from app.model.platforms import Platform, Situation
from app.orders.missed_orders import look_again
from app.payouts.polling.outage import keep_silent_batches, note_answer, note_outage, silent_batches
from app.payouts.repository import store_payouts
from app.schema import Connection
from app.shops.base import BatchHead, BatchSource, BodyNotUnderstoodError, SourceError

log = structlog.get_logger(__name__)

_REFUSED = (Situation.NO_ACCESS, Situation.CREDENTIALS_UNREADABLE)
_ONE_DAY = timedelta(days=1)


_GIVE_UP = 3
"""Batches in a row that are not told: the rest is asked for the next time, or a poll would last for hours."""


@dataclass(slots=True)
class _Reading:
    """What became of the batches of one poll."""

    changed: int = 0
    answered: bool = False
    """Whether any batch was reported."""
    in_a_row: int = 0
    unread: list[str] = field(default_factory=list)
    """Batches that we do not understand."""
    silent: dict[str, str] = field(default_factory=dict)
    """Batch → why it was not told."""
    held: dict[str, date] = field(default_factory=dict)
    """Day of every batch that we do not have."""

    def came(self) -> None:
        """A batch was reported."""
        self.answered, self.in_a_row = True, 0


@dataclass(frozen=True, slots=True)
class BatchPoll:
    """Harmless when it runs twice or not at all: however long it did not run, it goes on from its mark."""

    store: Store
    platform: Platform
    source: BatchSource
    notifier: Notifier
    now: Callable[[], datetime]

    def run(self) -> int:
        """Store what is new in every active connection's batches; returns how many batches that were."""
        with self.store.read() as session:
            active = (Connection.platform == self.platform.name, Connection.state == "active")
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
            log.warning("provider_not_read", account=connection.account, error=str(error))
            self._tell_refusal(connection, error)
            if error.passes:
                note_outage(self.store, self.platform, connection, self.now(), error.detail)
            return 0

    def _poll(self, connection: Connection) -> int:
        today = books_day(self.now())
        yesterday = today - _ONE_DAY
        first = _first_day(connection, yesterday, self.source.late_rows)
        heads = list(self.source.heads_between(connection.id, first, yesterday))
        self._resolve_refusal(connection)
        self._look_again(connection, [])
        reading = _Reading()
        # What did not come the last time is asked for last: it holds nothing else back.
        late = silent_batches(connection)
        for head in sorted(heads, key=lambda head: head.id in late):
            self._read(connection, head, reading)
        self._finish(connection, reading, yesterday)
        if reading.silent and not reading.answered:
            raise SourceError(
                self.platform.codes[Situation.UNAVAILABLE], next(iter(reading.silent.values())), passes=True
            )
        note_answer(self.store, self.platform, connection)
        return reading.changed

    def _read(self, connection: Connection, head: BatchHead, reading: _Reading) -> None:
        """Store one batch, or note why it could not be had. Raises SourceError when we are refused."""
        batch, today = head.id, books_day(self.now())
        held = head.day or today - _ONE_DAY
        if reading.in_a_row >= _GIVE_UP:
            reading.held[batch] = held
            return
        try:
            payout = self.source.read_batch(connection.id, head, today)
        except BodyNotUnderstoodError as error:
            reading.came()
            reading.unread.append(batch)
            reading.held[batch] = held
            self._tell_unread(connection, head, error)
        except SourceError as error:
            if not error.passes:
                raise
            log.warning("batch_not_read", account=connection.account, batch=batch, error=str(error))
            reading.in_a_row += 1
            reading.silent[batch] = error.detail
            reading.held[batch] = held
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
            row.payouts_known_until = until
            lasting = keep_silent_batches(session, self.platform, row, self.now(), reading.silent)
            not_read = self.platform.codes[Situation.BATCH_NOT_READ]
            resolve_others(session, _place(connection), not_read, sorted({*reading.unread, *lasting}))

    def _tell_refusal(self, connection: Connection, error: SourceError) -> None:
        if error.code in self._refusals:
            names = lookup(error.code).placeholders
            values = {name: value for name, value in {"account": connection.account}.items() if name in names}
            with self.store.write() as session:
                open_finding(session, _place(connection), Finding(error.code, connection.account, values))

    @property
    def _refusals(self) -> list[str]:
        return [self.platform.codes[situation] for situation in _REFUSED if situation in self.platform.codes]

    def _resolve_refusal(self, connection: Connection) -> None:
        with self.store.write() as session:
            for code in self._refusals:
                resolve_code(session, _place(connection), code)

    def _tell_unread(self, connection: Connection, head: BatchHead, error: BodyNotUnderstoodError) -> None:
        log.error("batch_not_understood", account=connection.account, batch=head.id, error=str(error))
        with self.store.write() as session:
            data = {"payout": head.id, "text": str(error)}
            finding = Finding(self.platform.codes[Situation.BATCH_NOT_READ], head.id, data)
            open_finding(session, _place(connection), finding)


def _first_day(connection: Connection, yesterday: date, late_rows: timedelta) -> date:
    """Two weeks before the mark: rows come late, and a batch may have waited for them when it was last read."""
    until = connection.payouts_known_until or books_day(connection.created_at)
    return min(until, yesterday) - late_rows + _ONE_DAY


def _place(connection: Connection) -> Place:
    return Place(connection.tenant_id, connection_id=connection.id)
