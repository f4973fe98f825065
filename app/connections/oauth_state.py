"""The state of a consent round trip: used once, within ten minutes, by the session that began it; stored as a hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from app.kit.db.engine import WriteSession
from app.kit.random_tokens import new_token, same, token_hash
from app.schema import OAuthState

LIFETIME = timedelta(minutes=10)
"""As long as Fortnox's own authorisation code lives (fortnox-api.md 1.1)."""
_KEEP = timedelta(days=1)


class OAuthStateError(Exception):
    """The state that came back cannot be accepted; `code` is its entry in the catalogue."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A consent round trip that came home: what was kept when it began."""

    tenant_id: int
    data: Mapping[str, Any]


def begin(
    session: WriteSession,
    *,
    platform: str,
    tenant_id: int,
    session_hash: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> str:
    """Store a new state and return the text that travels through the browser."""
    session.execute(delete(OAuthState).where(OAuthState.expires_at < now - _KEEP))
    state = new_token()
    session.add(
        OAuthState(
            state_hash=token_hash(state),
            platform=platform,
            tenant_id=tenant_id,
            session_hash=session_hash,
            data=dict(data or {}),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    return state


def redeem(
    session: WriteSession,
    *,
    state: str,
    platform: str,
    tenant_id: int,
    session_hash: str,
    now: datetime,
) -> RoundTrip:
    """Use a state up. Raises OAuthStateError with OAUTH_STATE_UNKNOWN, _FOREIGN, _REPLAYED or _EXPIRED.

    A foreign visit does not use it up, or whoever saw the address could spoil its owner's round trip.
    """
    row = session.scalar(select(OAuthState).where(OAuthState.state_hash == token_hash(state)))
    if row is None:
        raise OAuthStateError("OAUTH_STATE_UNKNOWN")
    if row.platform != platform or row.tenant_id != tenant_id or not same(row.session_hash, session_hash):
        raise OAuthStateError("OAUTH_STATE_FOREIGN")
    if row.used_at is not None:
        raise OAuthStateError("OAUTH_STATE_REPLAYED")
    if row.expires_at <= now:
        raise OAuthStateError("OAUTH_STATE_EXPIRED")
    # Of two callbacks at the same instant only one finds the row unused.
    claimed = session.execute(
        update(OAuthState)
        .where(OAuthState.state_hash == row.state_hash, OAuthState.used_at.is_(None))
        .values(used_at=now)
        .returning(OAuthState.state_hash)
    ).one_or_none()
    if claimed is None:
        raise OAuthStateError("OAUTH_STATE_REPLAYED")
    return RoundTrip(row.tenant_id, row.data)
