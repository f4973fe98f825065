"""Where grants live: encrypted in the connection's row, renewed under a claim (implements `GrantStore`)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from app.findings.repository import Place, open_finding
from app.kit.db.engine import Store
from app.kit.db.stopwatch import steady
from app.kit.encryption import KeyRing, connection_binding
from app.kit.http.token_keeper import FreshTokens, Grant
from app.model.finding import Finding
from app.schema import Connection

_RECENT_SECONDS = 5.0
"""How long a process may use a grant that it has seen: one that was withdrawn meanwhile is refused by its platform."""


@dataclass(frozen=True, slots=True)
class StoredGrants:
    """Implements `app.kit.http.token_keeper.GrantStore` on the connection table."""

    store: Store
    ring: KeyRing
    _seen: dict[int, tuple[Grant, float]] = field(default_factory=dict)

    def load(self, connection_id: int) -> Grant:
        """The grant as it stands."""
        with self.store.read() as session:
            return self.see(session.get_one(Connection, connection_id))

    def recent(self, connection_id: int) -> Grant | None:
        """The grant as this process saw it a moment ago; None: it must be read."""
        grant, seen_at = self._seen.get(connection_id, (None, 0.0))
        return grant if steady() - seen_at < _RECENT_SECONDS else None

    def see(self, row: Connection) -> Grant:
        """The grant of a row that was just read; who asks in the next seconds need not read it again."""
        grant, seen_at = self._seen.get(row.id, (None, 0.0))
        if grant and grant.version > row.version and steady() - seen_at < _RECENT_SECONDS:
            return grant  # another thread has seen, or made, a newer one since this row was read
        if grant is None or grant.version != row.version or grant.account != row.account:
            grant = self._opened(row)
        grant = replace(grant, active=row.state == "active")
        self._seen[row.id] = grant, steady()
        return grant

    def forget(self, connection_id: int) -> None:
        """Read the grant anew the next time."""
        self._seen.pop(connection_id, None)

    def _opened(self, row: Connection) -> Grant:
        values = self.ring.open_values(row.encrypted, bound_to=_bound(row))
        expires = values.get("expires_at")
        return Grant(
            connection_id=row.id,
            account=row.account,
            kind=row.grant,
            active=row.state == "active",
            version=row.version,
            expires_at=datetime.fromisoformat(expires) if expires else None,
            access_token=values.get("access_token"),
            refresh_token=values.get("refresh_token"),
            secrets={name: value for name, value in values.items() if isinstance(value, str)},
        )

    def claim(self, grant: Grant, seconds: float) -> str | None:
        """Become the one who renews this version."""
        token = secrets.token_hex(8)
        statement = (
            update(Connection)
            .where(
                Connection.id == grant.connection_id,
                Connection.version == grant.version,
                Connection.busy_until <= func.clock_timestamp(),
            )
            .values(busy_until=func.clock_timestamp() + timedelta(seconds=seconds), busy_token=token)
            .returning(Connection.id)
        )
        with self.store.write() as session:
            return token if session.execute(statement).scalar_one_or_none() is not None else None

    def save(self, grant: Grant, claim: str, fresh: FreshTokens) -> bool:
        """Store the new tokens over the version they renew, if the claim still holds."""
        with self.store.write() as session:
            row = session.scalar(select(Connection).where(Connection.id == grant.connection_id).with_for_update())
            if row is None or row.version != grant.version or row.busy_token != claim:
                return False
            values = dict(self.ring.open_values(row.encrypted, bound_to=_bound(row)))
            values["access_token"] = fresh.access_token
            values["expires_at"] = fresh.expires_at.isoformat() if fresh.expires_at else None
            # Client credentials give no refresh token; what is stored stays.
            values["refresh_token"] = fresh.refresh_token or values.get("refresh_token")
            row.encrypted = bytes(self.ring.encrypt_values(values, bound_to=_bound(row)))
            row.version += 1
            row.busy_until, row.busy_token = datetime.fromisoformat("1970-01-01T00:00:00+00:00"), None
            row.updated_at = func.clock_timestamp()
        self.see(row)
        return True

    def release(self, grant: Grant, claim: str) -> None:
        """Give the claim back."""
        conditions = (Connection.id == grant.connection_id, Connection.busy_token == claim)
        with self.store.write() as session:
            session.execute(
                update(Connection).where(*conditions).values(busy_until=func.clock_timestamp(), busy_token=None)
            )

    def lost(self, grant: Grant, code: str) -> None:
        """The connection needs a person; its history and its waiting orders stay."""
        self.forget(grant.connection_id)
        with self.store.write() as session:
            row = session.get_one(Connection, grant.connection_id, with_for_update=True)
            if row.version != grant.version:
                return  # somebody connected again meanwhile
            row.state = "needs_consent"
            row.busy_until, row.busy_token = datetime.fromisoformat("1970-01-01T00:00:00+00:00"), None
            place = Place(row.tenant_id, connection_id=row.id)
            open_finding(session, place, Finding(code, "", {"shop": row.account, "company": row.display_name}))

    def webhook_secrets(self, connection: Connection, now: datetime) -> list[str]:
        """The app secrets that may sign this shop's deliveries: the present one, and the old one for its last hour."""
        values = self.ring.open_values(connection.encrypted, bound_to=_bound(connection))
        client_secrets = [str(values.get("client_secret") or "")]
        until = values.get("old_client_secret_until")
        if until and datetime.fromisoformat(until) > now:
            client_secrets.append(str(values.get("old_client_secret") or ""))
        return [secret for secret in client_secrets if secret]


def _bound(row: Connection) -> str:
    return connection_binding(row.tenant_id, row.platform, row.account)
