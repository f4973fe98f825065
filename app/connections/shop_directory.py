"""Which shop a delivery claims to be from, without asking the database each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.connections.grants import StoredGrants
from app.jobs.inbox import connection_of
from app.kit.db.engine import Store

_SECONDS = 5.0
"""How long an entry is believed: a new connection or secret is known everywhere after this."""
_FRESH_SECONDS = 0.25
"""What was asked this recently is not asked again, whatever came: bad signatures must not read the database each."""
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class KnownShop:
    """A connected shop and the secrets that may sign for it."""

    tenant_id: int
    connection_id: int
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"KnownShop(connection {self.connection_id}, secrets ***)"


class ShopDirectory:
    """Connected shops of one platform by their account, remembered for some seconds."""

    def __init__(
        self, store: Store, platform: str, grants: StoredGrants, app_secret: str, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._platform = platform
        self._grants = grants
        self._app_secret = app_secret
        self._now = now
        self._known: dict[str, tuple[float, KnownShop]] = {}
        self._unknown: dict[str, float] = {}

    def remembered(self, domain: str) -> KnownShop | None:
        """The shop if it was looked up a moment ago. Asks nobody."""
        cached = self._known.get(domain)
        return cached[1] if cached and time.monotonic() - cached[0] < _SECONDS else None

    def look_up(self, domain: str) -> KnownShop | None:
        """The shop as the database has it now, or had it a quarter of a second ago."""
        cached, now = self._known.get(domain), time.monotonic()
        if cached and now - cached[0] < _FRESH_SECONDS:
            return cached[1]
        if now - self._unknown.get(domain, float("-inf")) < _FRESH_SECONDS:
            return None
        row = connection_of(self._store, self._platform, domain)
        if row is None:
            self._known.pop(domain, None)
            if len(self._unknown) >= _MOST:  # requests of unknown senders must not fill the memory
                self._unknown.clear()
            self._unknown[domain] = now
            return None
        secrets = [*self._grants.webhook_secrets(row, self._now()), self._app_secret]
        shop = KnownShop(row.tenant_id, row.id, tuple(secret for secret in secrets if secret))
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[domain] = (time.monotonic(), shop)
        return shop
