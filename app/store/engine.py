"""Engine and sessions. A function's session type says whether it may write; commits happen only here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker


class ReadSession(Session):
    """A session that sees, and never writes: its transaction is read only for PostgreSQL too."""


class WriteSession(Session):
    """A session whose block is one transaction: committed at the end, rolled back when an error leaves it."""


@dataclass(frozen=True, slots=True)
class Store:
    """The database as the rest of the program sees it."""

    engine: Engine
    _read: sessionmaker[ReadSession]
    _write: sessionmaker[WriteSession]

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A read-only transaction. Never hold one open across a network call."""
        with self._read() as session:
            session.connection(execution_options={"postgresql_readonly": True})
            # Leaving closes the session: what was read stays readable, and nothing could have been written.
            yield session

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A transaction that commits when the block ends. Never hold one open across a network call."""
        with self._write.begin() as session:
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


_OPTIONS = (
    "-c timezone=UTC",
    "-c lock_timeout=10000",
    # A webhook is answered after the commit, and a call is sent after its mark: neither may be lost with the machine,
    # whatever the server, the database or the role would rather have.
    "-c synchronous_commit=on",
)
"""Of every session of ours, over whatever the operator's server has by default."""


def open_store(url: str, *, pool_size: int = 20) -> Store:
    """Open the database at a SQLAlchemy URL (`postgresql+psycopg://…`; `postgresql://…` is accepted)."""
    engine = create_engine(
        with_driver(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # a failing statement is logged and shown: without the people and secrets it was about
        connect_args={"application_name": "bokbro", "options": " ".join(_OPTIONS)},
    )

    @event.listens_for(engine, "connect")
    def _never_idle_in_transaction(connection: Any, _record: Any) -> None:  # noqa: ANN401
        # A worker frozen inside a transaction would hold its row locks for ever; two minutes is far above any of ours.
        with connection.cursor() as cursor:
            cursor.execute("set idle_in_transaction_session_timeout = '120s'")
        connection.commit()

    return Store(
        engine,
        sessionmaker(engine, class_=ReadSession, autoflush=False),
        sessionmaker(engine, class_=WriteSession, expire_on_commit=False),
    )


def with_driver(url: str) -> str:
    """The URL with our driver named, whatever the operator wrote."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
