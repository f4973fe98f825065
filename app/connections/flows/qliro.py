"""Connect Qliro: key and secret of one merchant account in one environment, tried before they are stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import select

from app.connections.errors import ConnectRefusedError
from app.connections.repository import (
    AccountTakenError,
    Connected,
    ConnectionFacts,
    NewConnection,
    check_account,
    store_connection,
)
from app.kit.db.engine import Store, WriteSession
from app.kit.encryption import DecryptionError, KeyRing, connection_binding
from app.kit.http.client import HttpKit
from app.schema import Connection
from app.shops.base import SourceError
from app.shops.qliro.calls import QliroAccount
from app.shops.qliro.payouts.client import QliroSettlements
from app.shops.qliro.platform import QLIRO

_LONGEST_KEY = 50
"""Characters of a MerchantApiKey (qliro-api.md 1.1)."""
_LONGEST_SECRET = 500


class Environment(StrEnum):
    """Qliro's two worlds: nothing of one is known in the other."""

    LIVE = "live"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class QliroConnector:
    """Ends in a stored connection, or in ConnectRefusedError and nothing stored."""

    store: Store
    hosts: dict[Environment, str]
    """Where each environment answers, with scheme."""
    client: httpx2.Client
    ring: KeyRing
    clock: Callable[[], datetime]

    def connect(
        self, *, tenant_id: int, environment: str, key: str, secret: str, replaces_key: bool = False
    ) -> Connected:
        """Try the credentials by asking for last week's settlement batches, then store them encrypted.

        Qliro knows the merchant of such a question by the secret's signature alone (qliro-api.md 1.2): a mistyped key
        is not found out here, and every key with one secret is one account. A second key is refused unless a person
        said that it replaces the first, whose history it takes over. The host is part of the account, so the same key
        may be connected in both environments.
        """
        key, secret = key.strip(), secret.strip()
        if environment not in set(Environment) or not _is_text(key, _LONGEST_KEY):
            raise ConnectRefusedError("QLIRO_KEY_INVALID")
        if not _is_text(secret, _LONGEST_SECRET):
            raise ConnectRefusedError("QLIRO_KEY_INVALID")
        account = QliroAccount(self.hosts[Environment(environment)], key, secret)
        name = f"{key}@{urlsplit(account.host).netloc}"
        try:
            with self.store.write() as session:
                check_account(session, tenant_id, QLIRO.name, name, only_one=False)
            self._try(account)
            new = NewConnection(
                tenant_id=tenant_id,
                platform=QLIRO.name,
                kind=QLIRO.kind,
                account=name,
                display_name=key,
                grant=environment,
                scopes=(),
                secrets={"key": key, "secret": secret},
                facts=ConnectionFacts(host=account.host),
            )
            with self.store.write() as session:
                self._take_over(session, new, secret, replaces_key=replaces_key)
                return store_connection(session, self.ring, new, self.clock())
        except AccountTakenError as refusal:
            raise ConnectRefusedError("QLIRO_ACCOUNT_TAKEN", {"account": name}) from refusal

    def _take_over(self, session: WriteSession, new: NewConnection, secret: str, *, replaces_key: bool) -> None:
        """Give the tenant's connection of the same account its new key. Raises ConnectRefusedError where unasked."""
        conditions = (
            Connection.tenant_id == new.tenant_id,
            Connection.platform == QLIRO.name,
            Connection.account != new.account,
        )
        for row in session.scalars(select(Connection).where(*conditions, Connection.grant == new.grant)):
            if self._secret_of(row) != secret or row.host != new.facts.host:
                continue
            if not replaces_key:
                raise ConnectRefusedError("QLIRO_SAME_ACCOUNT", {"account": row.display_name, "key": new.display_name})
            row.account = new.account
            session.flush()
            return

    def _secret_of(self, row: Connection) -> str | None:
        """None where it cannot be opened: nobody can say then whether it is the same account."""
        bound_to = connection_binding(row.tenant_id, row.platform, row.account)
        try:
            return str(self.ring.open_values(row.encrypted, bound_to=bound_to).get("secret"))
        except DecryptionError:
            return None

    def _try(self, account: QliroAccount) -> None:
        # In UTC: near midnight one day less is asked for, never today, which Qliro refuses (qliro-api.md 5.2).
        yesterday = self.clock().date() - timedelta(days=1)
        try:
            QliroSettlements(HttpKit(self.client)).try_access(account, yesterday - timedelta(days=6), yesterday)
        except SourceError as refusal:
            raise ConnectRefusedError(refusal.code) from refusal


def _is_text(value: str, longest: int) -> bool:
    return 0 < len(value) <= longest and value.isascii() and value.isprintable() and " " not in value
