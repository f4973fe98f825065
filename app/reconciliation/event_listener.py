"""Listens to Fortnox's events: one connection for all companies, held by exactly one process as long as it runs."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.notifier import Notifier
from app.kit.db.engine import Store
from app.kit.http.token_keeper import ConsentLostError, TokenUnavailableError
from app.ledgers.base import BookEvent, TokensAdded, TopicsLostError
from app.reconciliation.ledger_events import BookEvents
from app.schema import Connection

log = structlog.get_logger(__name__)

_LOCK = (0x0B0B, 0x7091C5)
"""The advisory lock of the one listener: held by a transaction of its own, so it ends with the process.

Not by a session, for behind a pooler there is none. The transaction has no snapshot between its statements and no id:
it holds nothing up.
"""
_LONGEST_PAUSE = 60.0


class Stream(Protocol):
    """The connection as the listener uses it (`app.ledgers.fortnox.events.TopicStream`)."""

    @property
    def topics(self) -> tuple[str, ...]:
        """What there is to listen to."""

    def add_tenants(self, client_secret: str, tokens: list[str]) -> TokensAdded:
        """Listen to the companies of these tokens."""

    def remove_tenants(self, accounts: list[str]) -> None:
        """Listen to these companies no longer."""

    def add_topics(self, offsets: dict[str, str | None]) -> tuple[str, ...]:
        """Listen to topics from offsets; those that are refused."""

    def subscribe(self) -> None:
        """Let events come."""

    def receive(self, seconds: float) -> BookEvent | None:
        """The next event, or None."""


class Tokens(Protocol):
    """Where access tokens come from."""

    def access_token(self, connection_id: int) -> str:
        """A valid token."""

    def refused(self, connection_id: int, access_token: str) -> None:
        """The platform refused this token."""


@dataclass(frozen=True, slots=True)
class ListeningRhythm:
    """How often the listener looks at what else there is to do, in seconds."""

    companies: float = 30.0
    """Between two looks at which companies are connected and whether their tokens were renewed. Below a token's
    spare minute, so that a company never falls silent with its old token."""
    wait: float = 1.0
    """Longest wait for an event, and with that for a stop."""
    first_pause: float = 1.0
    """Before the first try to connect again; doubled each time, to a minute."""


@dataclass(slots=True)
class Listener:
    """Keeps the connection up and applies its events."""

    store: Store
    events: BookEvents
    tokens: Tokens
    open_stream: Callable[[], AbstractContextManager[Stream]]
    client_secret: str
    notifier: Notifier
    other_company: Callable[[int, str], None]
    """Called when a token of a connection turns out to be another company's."""
    rhythm: ListeningRhythm = ListeningRhythm()
    failures: int = 0
    """In a row; a successful subscription resets it."""

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set. Waits while another process listens; ends for no other reason."""
        while not stop.is_set():
            try:
                with self._lock() as is_ours:
                    if is_ours:
                        self._listen(stop)
            except TopicsLostError as lost:
                self.failures += 1
                log.warning("topics_lost", error=str(lost), failures=self.failures)
            except SQLAlchemyError as error:
                self.failures += 1
                log.warning("listener_without_database", error=type(error).__name__)
            except Exception:
                self.failures += 1
                log.exception("listener_failed")
            stop.wait(self._pause(self.failures))

    def _pause(self, failures: int) -> float:
        jitter = 1 + random.random() / 4  # noqa: S311 - spreads load, guards nothing
        return min(self.rhythm.first_pause * 2.0 ** min(max(failures - 1, 0), 10), _LONGEST_PAUSE) * jitter

    @contextmanager
    def _lock(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a generator of one bool
        with self.store.engine.connect() as connection:
            values = {"one": _LOCK[0], "two": _LOCK[1]}
            connection.execute(text("set local idle_in_transaction_session_timeout = 0"))
            is_ours = bool(connection.scalar(text("select pg_try_advisory_xact_lock(:one, :two)"), values))
            try:
                yield is_ours
            finally:
                connection.commit()

    def _listen(self, stop: threading.Event) -> None:
        with self.open_stream() as stream:
            companies = _Subscriptions(self, stream)
            companies.look_at_companies()
            self._take_topics(stream)
            stream.subscribe()
            self.failures = 0
            log.info("topics_subscribed", companies=len(companies.added))
            looked = time.monotonic()
            while not stop.is_set():
                event = stream.receive(self.rhythm.wait)
                if event is not None and self.events.apply(event):
                    self.notifier.notify()
                if time.monotonic() - looked > self.rhythm.companies:
                    companies.look_at_companies()
                    looked = time.monotonic()

    def _take_topics(self, stream: Stream) -> None:
        """Go on from the stored offsets. Events that the ledger no longer keeps are replaced by reading."""
        offsets = self.events.offsets()
        refused = stream.add_topics({topic: offsets.get(topic) for topic in stream.topics})
        if refused:
            self._from_now_on(stream, offsets, refused)
        # A topic without a stored offset cannot be resumed: its events from before are lost.
        lost = {*refused, *(topic for topic in stream.topics if topic not in offsets)}
        if lost:
            self.events.missed(lost)
            self.notifier.notify()

    def _from_now_on(self, stream: Stream, offsets: dict[str, str], refused: tuple[str, ...]) -> None:
        log.warning("topics_from_now_on", topics=sorted(refused))
        again: dict[str, str | None] = {
            topic: None if topic in refused else offsets.get(topic) for topic in stream.topics
        }
        unknown = stream.add_topics(again)
        accepted = {topic: offset for topic, offset in again.items() if topic not in unknown}
        if unknown and (not accepted or stream.add_topics(accepted)):
            raise TopicsLostError(f"topics refused: {', '.join(sorted(unknown))}")


@dataclass(slots=True)
class _Subscriptions:
    """The companies that this connection listens to."""

    listener: Listener
    stream: Stream
    added: dict[int, tuple[str, str]]
    """Connection → its account, and the token it was added with."""

    def __init__(self, listener: Listener, stream: Stream) -> None:
        self.listener, self.stream, self.added = listener, stream, {}

    def look_at_companies(self) -> None:
        """Add companies that were connected or whose token is new, remove those that are gone."""
        active = self._active_companies()
        removed = [account for connection_id, (account, _token) in self.added.items() if connection_id not in active]
        fresh = {connection_id: pair for connection_id, pair in active.items() if self.added.get(connection_id) != pair}
        if removed:
            self.stream.remove_tenants(removed)
        if fresh:
            self._add(fresh)
        self.added = {connection_id: pair for connection_id, pair in self.added.items() if connection_id in active}

    def _active_companies(self) -> dict[int, tuple[str, str]]:
        with self.listener.store.read() as session:
            active = (Connection.platform == self.listener.events.platform, Connection.state == "active")
            rows = session.execute(select(Connection.id, Connection.account).where(*active)).all()
        accounts = {}
        for connection_id, account in rows:
            try:
                accounts[connection_id] = (account, self.listener.tokens.access_token(connection_id))
            except (ConsentLostError, TokenUnavailableError) as error:
                log.warning("company_not_heard", connection=connection_id, error=str(error))
        return accounts

    def _add(self, fresh: dict[int, tuple[str, str]]) -> None:
        answer = self.stream.add_tenants(self.listener.client_secret, [token for _account, token in fresh.values()])
        for connection_id, (account, token) in fresh.items():
            if token in answer.invalid:
                self._refused(connection_id, token)
            elif (reported := answer.accounts.get(token)) is not None and reported != account:
                log.error("token_of_other_company", connection=connection_id, expected=account, told=reported)
                self.stream.remove_tenants([reported])
                self.listener.other_company(connection_id, reported)
            else:
                self.added[connection_id] = (account, token)

    def _refused(self, connection_id: int, token: str) -> None:
        try:
            self.listener.tokens.refused(connection_id, token)
        except (ConsentLostError, TokenUnavailableError) as error:
            log.warning("company_not_heard", connection=connection_id, error=str(error))
