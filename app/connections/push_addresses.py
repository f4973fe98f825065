"""Secret addresses that pushes come to: made for a connection, known by the hash of their token (decision 0027)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update

from app.kit.db.engine import ReadSession, Store, WriteSession
from app.schema import Connection, PushAddress

GOES_ON = timedelta(days=90)
"""How long a replaced address still opens: orders placed before hold it at Qliro, and may wait as long for capture."""
_LONGEST = 200
_USE_IS_NOTED_EACH = timedelta(minutes=1)
"""A push costs no further write than its own: when an address was last used is known to the minute."""
_FROM_LONGEST = 60


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """Whose address it is."""

    tenant_id: int
    connection_id: int


@dataclass(frozen=True, slots=True)
class AddressView:
    """One address as a page shows it."""

    token_hash: str
    connection_id: int
    made_at: datetime
    made_by: str
    last_used_at: datetime | None
    last_used_from: str
    ends_at: datetime | None
    ended_by: str
    is_open: bool
    """Whether a push that comes now is taken."""


@dataclass(frozen=True, slots=True)
class PushAddresses:
    """Looks addresses up."""

    store: Store

    def connection(self, token: str, came_from: str = "") -> KnownAddress | None:
        """The connection of a token that has not ended, whatever the connection's own state.

        What is told of a lost consent is kept all the same. That somebody came is noted of an ended address, too: it
        says that an order, or a checkout that nobody changed, still holds it.
        """
        if not token or len(token) > _LONGEST:
            return None
        token_hash = hash_of(token)
        conditions = (PushAddress.connection_id == Connection.id, PushAddress.token_hash == token_hash)
        statement = select(Connection.tenant_id, Connection.id, _is_open(), _wants_note())
        with self.store.read() as session:
            row = session.execute(statement.where(*conditions)).one_or_none()
        if row is None:
            return None
        tenant_id, connection_id, is_open, wants_note = row
        if wants_note:
            self._note_use(token_hash, came_from)
        return KnownAddress(tenant_id, connection_id) if is_open else None

    def _note_use(self, token_hash: str, came_from: str) -> None:
        conditions = (PushAddress.token_hash == token_hash, _wants_note())
        used = {"last_used_at": func.now(), "last_used_from": came_from[:_FROM_LONGEST]}
        with self.store.write() as session:
            session.execute(update(PushAddress).where(*conditions).values(used))


def _is_open() -> ColumnElement[bool]:
    return or_(PushAddress.ends_at.is_(None), PushAddress.ends_at > func.now())


def _wants_note() -> ColumnElement[bool]:
    long_ago = PushAddress.last_used_at < func.now() - _USE_IS_NOTED_EACH
    return or_(PushAddress.last_used_at.is_(None), long_ago)


def keep_address(session: WriteSession, connection_id: int, token_hash: str, by: str = "") -> None:
    """A further address of a connection. Older ones stay: Qliro keeps an order's address for as long as it lives."""
    session.add(PushAddress(token_hash=token_hash, connection_id=connection_id, made_by=by))


def replace_address(session: WriteSession, connection_id: int, old_hash: str, new_hash: str, by: str) -> bool:
    """Let an address end in `GOES_ON` and keep a new one; False where it has an end already: nothing is made then.

    Two people who replace it at the same moment make one new address: the second finds that it ends.
    """
    has_no_end = (PushAddress.token_hash == old_hash, PushAddress.ends_at.is_(None))
    if not _end(session, connection_id, has_no_end, GOES_ON, by):
        return False
    keep_address(session, connection_id, new_hash, by)
    return True


def withdraw_address(session: WriteSession, connection_id: int, token_hash: str, by: str) -> bool:
    """Let an address end now; False where it has ended before.

    What was missed is found by the nets under lost pushes: waiting orders are read each hour, others when paid out.
    """
    is_open = (PushAddress.token_hash == token_hash, _is_open())
    return _end(session, connection_id, is_open, timedelta(0), by)


def _end(
    session: WriteSession, connection_id: int, which: tuple[ColumnElement[bool], ...], after: timedelta, by: str
) -> bool:
    ended = update(PushAddress).where(PushAddress.connection_id == connection_id, *which)
    values = {"ends_at": func.now() + after, "ended_by": by}
    return session.execute(ended.values(values).returning(PushAddress.token_hash)).one_or_none() is not None


def addresses_of(session: ReadSession, connection_ids: Sequence[int]) -> Sequence[AddressView]:
    """Every address of these connections, the newest first, those that ended among them."""
    statement = select(PushAddress, _is_open()).where(PushAddress.connection_id.in_(connection_ids))
    rows = session.execute(statement.order_by(PushAddress.created_at.desc(), PushAddress.token_hash)).all()
    return [
        AddressView(
            address.token_hash, address.connection_id, address.created_at, address.made_by, address.last_used_at,
            address.last_used_from, address.ends_at, address.ended_by, is_open,
        )
        for address, is_open in rows
    ]  # fmt: skip


def hash_of(token: str) -> str:
    """What is stored in place of the token, which is random and long: plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
