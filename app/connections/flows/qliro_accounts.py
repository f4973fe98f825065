"""Decrypts the credentials of a Qliro connection for one use."""

from __future__ import annotations

from dataclasses import dataclass

from app.connections.grants import StoredGrants
from app.kit.db.engine import Store
from app.kit.encryption import DecryptionError
from app.schema import Connection
from app.shops.base import SourceError
from app.shops.qliro.calls import QliroAccount


@dataclass(frozen=True, slots=True)
class QliroAccounts:
    """The host is the connection's own: a key of the test environment is never tried at the live one."""

    store: Store
    grants: StoredGrants

    def open(self, connection_id: int) -> QliroAccount:
        """The account. Raises SourceError where nothing is stored that could sign, or it does not open any more.

        A lost key is no refusal of Qliro's: the operator must not look for the fault there.
        """
        with self.store.read() as session:
            host = session.get_one(Connection, connection_id).host
        try:
            secrets = self.grants.load(connection_id).secrets
        except DecryptionError as error:
            raise SourceError("QLIRO_CREDENTIALS_UNREADABLE", "", passes=False) from error
        if not {"key", "secret"} <= secrets.keys() or not host:
            raise SourceError("QLIRO_ACCESS_REFUSED", "no credentials are stored", passes=False)
        return QliroAccount(host, secrets["key"], secrets["secret"])
