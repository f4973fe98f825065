"""Opens the credentials of a Qliro connection for one use."""

from __future__ import annotations

from dataclasses import dataclass

from app.sources.base import SourceError
from app.sources.qliro.calls import QliroAccount
from app.store.engine import Store
from app.store.tables import Connection
from app.sync.grants import SealedGrants


@dataclass(frozen=True, slots=True)
class QliroAccounts:
    """The host is the connection's own: a key of the test environment is never tried at the live one."""

    store: Store
    grants: SealedGrants

    def open(self, connection_id: int) -> QliroAccount:
        """The account. Raises SealBrokenError, and SourceError where nothing is stored that could sign."""
        with self.store.read() as session:
            details = session.get_one(Connection, connection_id).details
        secrets = self.grants.load(connection_id).secrets
        if not {"key", "secret"} <= secrets.keys() or "host" not in details:
            raise SourceError("QLIRO_ACCESS_REFUSED", "no credentials are stored", passes=False)
        return QliroAccount(str(details["host"]), secrets["key"], secrets["secret"])
