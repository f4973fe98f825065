"""Engine and sessions. A function's session type says whether it may write; commits happen only here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, Row, TextClause, create_engine, event, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

from app.kit.db.outage import Outages
from app.kit.db.stopwatch import steady

_Answer = TypeVar("_Answer")
_PING_SECONDS = 2.0
"""For "are you there" on a connection that was idle: a server that takes longer for that is away."""
_IDLE_SECONDS = 1.0
"""A connection that was used within this is not asked: a ping costs as much as a statement."""
_GIVEN_BACK = "given_back"
_SPARE_SECONDS = 5.0
"""How much later than the server we give a statement up: a server that runs reports the time-out itself."""


class ReadSession(Session):
    """A session that sees, and never writes: its transaction is read only for PostgreSQL too."""


class WriteSession(Session):
    """A session whose block is one transaction: committed at the end, rolled back when an error leaves it."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the database is waited for, in seconds."""

    connect: float = 3.0
    """For a new connection."""
    pool: float = 5.0
    """For one of the pool's connections, when all are in use."""
    statement: float = 60.0
    """For one statement."""
    migration: float = 1800.0
    """For one statement of a migration, and for another deploy's migrations to end."""


@dataclass(frozen=True, slots=True)
class Store:
    """The database as the rest of the program sees it."""

    engine: Engine
    _read: sessionmaker[ReadSession]
    _write: sessionmaker[WriteSession]
    _committing: Engine
    waits: Waits
    is_pooled: bool = False
    """Whether a pooler in transaction mode (PgBouncer) stands before the server: a session has nothing of its own."""
    outages: Outages = field(default_factory=Outages)

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A read-only transaction. Never hold one open across a network call."""
        with self._read() as session:
            session.connection(execution_options={"postgresql_readonly": True})
            yield session
            # Not rolled back: psycopg would forget every statement that the connection has prepared.
            session.commit()

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A transaction that commits when the block ends. Never hold one open across a network call."""
        with self._write.begin() as session:
            yield session

    def write_once(self, statement: TextClause | str, values: Mapping[str, object]) -> Sequence[Row[Any]]:
        """One statement that commits by itself, without a round trip for begin and commit; returns its rows.

        A string has the driver's placeholders, `%(name)s`, or `%(name)b` for a value that is to be sent as bytes.
        """
        with self._committing.connect() as connection:
            if isinstance(statement, str):
                result = connection.exec_driver_sql(statement, dict(values))
            else:
                result = connection.execute(statement, values)
            return result.all() if result.returns_rows else ()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


class _PatientConnection(psycopg.Connection[Any]):
    """A connection that is not waited for without end: a server that was stopped keeps its sockets open.

    Neither the server's own limits nor those of TCP end that: its kernel goes on answering for it.
    """

    answers_within: float | None = None
    """Seconds for one exchange; the connection is given up after it, for what comes later belongs to nobody."""

    def wait(self, gen: PQGen[_Answer], interval: float = 0.1, timeout: float | None = None) -> _Answer:
        """Wait for one exchange. Raises psycopg.OperationalError when the server does not answer in time."""
        if timeout is not None or self.answers_within is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answers_within)
        except psycopg.errors._WaitTimeout as late:  # noqa: SLF001 - psycopg's word for the timeout handed in
            self.close()
            raise psycopg.OperationalError(f"no answer from the server in {self.answers_within:g} s") from late


def _limits(waits: Waits) -> dict[str, int]:
    """Settings of the server in milliseconds."""
    # A worker frozen inside a transaction would hold its row locks for ever; two minutes is far above any of ours.
    return {
        "lock_timeout": 10_000,
        "statement_timeout": round(waits.statement * 1000),
        "idle_in_transaction_session_timeout": 120_000,
    }


def open_store(url: str, *, pool_size: int = 20, waits: Waits | None = None, pooled: bool = False) -> Store:
    """Open the database at a SQLAlchemy URL (`postgresql+psycopg://…`; `postgresql://…` is accepted).

    `pooled`: the URL is that of a pooler in transaction mode. Nothing is prepared then, and what is set here for each
    session must be set for the role (`set_for_role`).
    """
    waits = waits or Waits()
    options = [
        "-c timezone=UTC",
        # A webhook is answered after the commit, and a call is sent after its mark: neither may be lost with the
        # machine, whatever the server, the database or the role would rather have.
        "-c synchronous_commit=on",
        *(f"-c {name}={value}" for name, value in _limits(waits).items()),
    ]
    of_session: dict[str, Any] = {"prepare_threshold": None} if pooled else {"options": " ".join(options)}
    engine = create_engine(
        with_driver(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=waits.pool,
        hide_parameters=True,  # a failing statement is logged and shown: without the people and secrets it was about
        connect_args={
            "application_name": "bokbro",
            **of_session,
            "connect_timeout": max(2, round(waits.connect)),  # psycopg takes whole seconds, two at least
            # A machine that is gone without a word: its connections end within 20 seconds.
            "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
        },
    )  # fmt: skip

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, positional: list[Any], named: dict[str, Any]) -> psycopg.Connection[Any]:  # noqa: ANN401
        connection = _PatientConnection.connect(*positional, **named)
        connection.answers_within = waits.statement + _SPARE_SECONDS
        return connection

    @event.listens_for(engine, "checkout")
    def _is_there(connection: _PatientConnection, record: Any, _proxy: Any) -> None:  # noqa: ANN401
        # Behind a pooler the question waits for a server connection like any statement: late is not away.
        if pooled or steady() - record.info.get(_GIVEN_BACK, 0.0) < _IDLE_SECONDS:
            return
        usual, connection.answers_within = connection.answers_within, _PING_SECONDS
        try:
            engine.dialect.do_ping(cast("Any", connection))
        except psycopg.Error as error:
            raise InvalidatePoolError from error  # whatever it was, the other connections have seen it too
        connection.answers_within = usual

    @event.listens_for(engine, "checkin")
    def _rests(_connection: object, record: Any) -> None:  # noqa: ANN401
        record.info[_GIVEN_BACK] = steady()

    return Store(
        engine,
        sessionmaker(engine, class_=ReadSession, autoflush=False, expire_on_commit=False),
        sessionmaker(engine, class_=WriteSession, expire_on_commit=False),
        engine.execution_options(isolation_level="AUTOCOMMIT"),
        waits,
        pooled,
    )


class RoleNotSetError(RuntimeError):
    """Behind a pooler a setting that our promises need does not hold."""


def set_for_role(store: Store) -> None:
    """Have the server give our role, in this database, what each session sets where there is no pooler.

    Connections that the pooler has open keep what they had: it must make new ones.
    """
    with store.write() as session:
        name = session.execute(text("select quote_ident(current_user), quote_ident(current_database())")).one()
        for setting, value in _of_role(store.waits).items():
            session.execute(text(f"alter role {name[0]} in database {name[1]} set {setting} = '{value}'"))


def require_role_settings(store: Store) -> None:
    """Raise RoleNotSetError where a pooler's connection lacks a setting. Asked at the start of a process."""
    if not store.is_pooled:
        return
    wanted = _of_role(store.waits)
    with store.read() as session:
        rows = session.execute(
            text("select name, setting from pg_settings where lower(name) = any (:names)"), {"names": list(wanted)}
        )
        found: dict[str, str] = {row.name.lower(): row.setting for row in rows}
    if wrong := {name: found.get(name) for name, value in wanted.items() if found.get(name) != value}:
        raise RoleNotSetError(
            f"behind the pooler {wrong}: run bokbro migrate, have it make new connections (RECONNECT)"
        )


def _of_role(waits: Waits) -> dict[str, str]:
    return {
        "timezone": "UTC",
        "synchronous_commit": "on",
        **{name: str(value) for name, value in _limits(waits).items()},
    }


@contextmanager
def for_migrations(store: Store) -> Iterator[Any]:
    """A connection for what takes long: rewriting a table, waiting for another deploy."""
    with store.engine.connect() as connection:
        # Of this transaction only: behind a pooler the next one may be another session's.
        connection.exec_driver_sql(f"set local statement_timeout = {round(store.waits.migration * 1000)}")
        driver = connection.connection.driver_connection
        if isinstance(driver, _PatientConnection):
            driver.answers_within = store.waits.migration + _SPARE_SECONDS
        try:
            yield connection
        finally:
            connection.invalidate()  # its limits are not for others


def with_driver(url: str) -> str:
    """The URL with our driver named, whatever the operator wrote."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
