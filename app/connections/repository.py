"""A tenant's connections. This is the one place that decides whether an account may belong to a tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.kit.db.engine import ReadSession, WriteSession
from app.kit.encryption import KeyRing, connection_binding
from app.model.platforms import PlatformKind
from app.schema import Connection, Tenant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AccountTakenError(Exception):
    """Another tenant has this account."""


class OtherAccountError(Exception):
    """This tenant is already connected to another account, named here."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection that now stands."""

    connection_id: int
    display_name: str
    renewed: bool
    """Whether the row was there before, with its history."""
    without: tuple[str, ...] = ()
    """Scopes that Fortnox refused, and that the consent was then asked for without."""


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What is not secret of a connection, as its platform states it; columns of its row. Empty: it states none."""

    organisation_number: str = ""
    host: str = ""
    currency: str = ""
    time_zone: str = ""
    webhook_topics: tuple[str, ...] = ()
    refused_topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewConnection:
    """Everything of a connection's row that a consent decides."""

    tenant_id: int
    platform: str
    kind: PlatformKind
    account: str
    display_name: str
    grant: str
    scopes: tuple[str, ...]
    secrets: Mapping[str, Any]
    facts: ConnectionFacts = ConnectionFacts()

    def __repr__(self) -> str:
        return f"NewConnection({self.platform}, {self.account}, tenant {self.tenant_id})"


def check_account(session: WriteSession, tenant_id: int, platform: str, account: str, *, only_one: bool) -> None:
    """Raise AccountTakenError or OtherAccountError. `only_one`: a tenant may have no second account there."""
    # The lock makes two round trips of one tenant, with two companies, wait for each other.
    session.execute(select(Tenant.id).where(Tenant.id == tenant_id).with_for_update())
    owner = session.scalar(
        select(Connection.tenant_id).where(Connection.platform == platform, Connection.account == account)
    )
    if owner is not None and owner != tenant_id:
        raise AccountTakenError
    if only_one and owner is None:
        existing = session.scalar(
            select(Connection.display_name).where(Connection.tenant_id == tenant_id, Connection.platform == platform)
        )
        if existing is not None:
            raise OtherAccountError(existing)


def store_connection(session: WriteSession, ring: KeyRing, new: NewConnection, now: datetime) -> Connected:
    """Insert the row, or renew it in place so that its history stays. Raises AccountTakenError on a lost race."""
    bound_to = connection_binding(new.tenant_id, new.platform, new.account)
    values = {
        "display_name": new.display_name,
        "state": "active",
        "grant": new.grant,
        "scopes": list(new.scopes),
        "encrypted": bytes(ring.encrypt_values(new.secrets, bound_to=bound_to)),
        "updated_at": now,
        # A renewal under way holds a claim on the old tokens; it must not store them over the new ones.
        "busy_until": _EPOCH,
        "busy_token": None,
        **asdict(new.facts),
    }
    statement = insert(Connection).values(
        tenant_id=new.tenant_id,
        platform=new.platform,
        kind=new.kind,
        account=new.account,
        **values,
    )
    row = session.execute(
        statement.on_conflict_do_update(
            index_elements=[Connection.platform, Connection.account],
            set_=values | {"version": Connection.version + 1},
            where=Connection.tenant_id == new.tenant_id,
        ).returning(Connection.id, Connection.version)
    ).one_or_none()
    if row is None:
        raise AccountTakenError
    return Connected(row.id, new.display_name, renewed=row.version > 1)


def connections_of(session: ReadSession, tenant_id: int, platform: str) -> Sequence[Connection]:
    """A tenant's connections to a platform, oldest first."""
    conditions = (Connection.tenant_id == tenant_id, Connection.platform == platform)
    return session.scalars(select(Connection).where(*conditions).order_by(Connection.id)).all()


def find_connection(
    session: WriteSession, tenant_id: int, platform: str, connection_id: int, *, locked: bool = False
) -> Connection | None:
    """A tenant's connection to a platform; None where there is none of this id. `locked`: until the session ends."""
    conditions = (Connection.tenant_id == tenant_id, Connection.platform == platform)
    statement = select(Connection).where(Connection.id == connection_id, *conditions)
    return session.scalar(statement.with_for_update() if locked else statement)


def granted_scopes(session: ReadSession, tenant_id: int, platform: str) -> Sequence[str]:
    """The scopes of a tenant's consent; empty where it never gave one."""
    conditions = (Connection.tenant_id == tenant_id, Connection.platform == platform)
    return session.scalar(select(Connection.scopes).where(*conditions)) or ()
