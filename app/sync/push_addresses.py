"""Secret addresses that pushes come to: made for a connection, known by the hash of their token only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from app.store.engine import Store, WriteSession
from app.store.tables import Connection, PushAddress

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """Whose address it is."""

    tenant_id: int
    connection_id: int


@dataclass(frozen=True, slots=True)
class PushAddresses:
    """Looks addresses up."""

    store: Store

    def connection(self, token: str) -> KnownAddress | None:
        """The connection of a token, whatever its state: what is told of a lost consent is kept all the same."""
        if not token or len(token) > _LONGEST:
            return None
        here = (PushAddress.connection_id == Connection.id, PushAddress.token_hash == hash_of(token))
        with self.store.read() as session:
            row = session.execute(select(Connection.tenant_id, Connection.id).where(*here)).one_or_none()
        return KnownAddress(*row) if row else None


def keep_address(session: WriteSession, connection_id: int, token_hash: str) -> None:
    """A further address of a connection. Older ones stay: Qliro keeps an order's address for as long as it lives."""
    session.add(PushAddress(token_hash=token_hash, connection_id=connection_id))


def hash_of(token: str) -> str:
    """What is stored in place of the token, which is random and long: plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
