"""Access and refresh tokens, with their lives and the grace rule for refreshes (shopify-api.md 1.2 to 1.6)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESS_LIFE = timedelta(seconds=3600)
CLIENT_CREDENTIALS_LIFE = timedelta(seconds=86399)
REFRESH_LIFE = timedelta(days=90)
GRACE_LIFE = timedelta(days=30)
"""A used refresh token stays valid until its replacement is first used, but no longer than this (1.4)."""
CODE_LIFE = timedelta(minutes=10)


@dataclass
class AccessToken:
    """What authorises a call: one app in one shop."""

    value: str
    shop: str
    client_id: str
    scopes: str
    expires_at: datetime | None


@dataclass
class RefreshToken:
    """Gives a new pair. `previous` is the token it replaced, which dies when this one is first used."""

    value: str
    shop: str
    client_id: str
    scopes: str
    expires_at: datetime
    used_at: datetime | None = None
    previous: str | None = None


@dataclass(frozen=True)
class Grant:
    """An authorization code waiting to be exchanged once."""

    shop: str
    client_id: str
    scopes: str
    expires_at: datetime


class TokenRefusedError(Exception):
    """The code or token is unknown, used up, expired or revoked."""


class Tokens:
    """All tokens of the emulator."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, Grant] = {}
        self._access: dict[str, AccessToken] = {}
        self._refresh: dict[str, RefreshToken] = {}

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._codes, self._access, self._refresh = {}, {}, {}

    def regrant(self, shop: str, client_id: str, scopes: str) -> None:
        """The merchant approves other scopes: tokens that are out there follow, as where Shopify manages installing."""
        with self._lock:
            known: list[AccessToken | RefreshToken] = [*self._access.values(), *self._refresh.values()]
            for token in known:
                if (token.shop, token.client_id) == (shop, client_id):
                    token.scopes = scopes

    def new_code(self, shop: str, client_id: str, scopes: str) -> str:
        """A code for the redirect back to the app."""
        code = secrets.token_hex(16)
        with self._lock:
            self._codes[code] = Grant(shop, client_id, scopes, self._clock() + CODE_LIFE)
        return code

    def redeem_code(self, code: str, shop: str, client_id: str) -> Grant:
        """Use a code; it works once, for its own shop and app."""
        with self._lock:
            grant = self._codes.pop(code, None)
        if grant is None or (grant.shop, grant.client_id) != (shop, client_id) or grant.expires_at < self._clock():
            raise TokenRefusedError("authorization code was not found or was already used")
        return grant

    def issue(self, shop: str, client_id: str, scopes: str, life: timedelta | None) -> AccessToken:
        """A new access token; without `life` it never expires."""
        value = ("shpat_" if life is None else "shpca_") + secrets.token_hex(16)
        token = AccessToken(value, shop, client_id, scopes, self._clock() + life if life else None)
        with self._lock:
            self._access[value] = token
        return token

    def issue_refresh(self, access: AccessToken, previous: str | None = None) -> RefreshToken:
        """The refresh token that goes with an expiring access token."""
        value = "shprt_" + secrets.token_hex(16)
        expires_at = self._clock() + REFRESH_LIFE
        token = RefreshToken(value, access.shop, access.client_id, access.scopes, expires_at, previous=previous)
        with self._lock:
            self._refresh[value] = token
        return token

    def refresh(self, value: str, shop: str, client_id: str) -> tuple[AccessToken, RefreshToken]:
        """A new pair; the token just used stays valid under the grace rule."""
        now = self._clock()
        with self._lock:
            token = self._refresh.get(value)
            if token is None or (token.shop, token.client_id) != (shop, client_id) or not _alive(token, now):
                raise TokenRefusedError("refresh token was not found or is expired")
            if token.previous:
                self._refresh.pop(token.previous, None)
            token.used_at = token.used_at or now
        access = self.issue(shop, client_id, token.scopes, ACCESS_LIFE)
        return access, self.issue_refresh(access, previous=value)

    def find(self, value: str | None, shop: str) -> AccessToken | None:
        """The living access token with this value in this shop."""
        with self._lock:
            token = self._access.get(value or "")
        if token is None or token.shop != shop or (token.expires_at and token.expires_at < self._clock()):
            return None
        return token

    def revoke_access(self, value: str) -> None:
        """Kill one access token, as an exchange for an expiring one does."""
        with self._lock:
            self._access.pop(value, None)

    def revoke_shop(self, shop: str, client_id: str) -> None:
        """Kill every token of an app in a shop: what an uninstall does at once (1.6)."""
        with self._lock:
            self._access = {k: t for k, t in self._access.items() if (t.shop, t.client_id) != (shop, client_id)}
            self._refresh = {k: t for k, t in self._refresh.items() if (t.shop, t.client_id) != (shop, client_id)}

    def expire_access(self, shop: str) -> int:
        """Let all expiring access tokens of a shop be expired now; how many there were."""
        past = self._clock() - timedelta(seconds=1)
        with self._lock:
            found = [t for t in self._access.values() if t.shop == shop and t.expires_at is not None]
            for token in found:
                token.expires_at = past
        return len(found)


def _alive(token: RefreshToken, now: datetime) -> bool:
    unused_or_in_grace = token.used_at is None or now <= token.used_at + GRACE_LIFE
    return now <= token.expires_at and unused_or_in_grace
