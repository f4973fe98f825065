"""Keeping access tokens valid at run time, for any OAuth platform, across processes (architecture-options.md 12).

Client credentials rotate nothing and can be asked for at any time. A refresh token is single use: one worker claims
the connection's row, renews outside any transaction, and stores the new pair before anyone uses it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the grant's name

_CLAIM_SECONDS = 60.0
"""How long a claim holds: a token call (30 s at most) and the store after it."""
_SPARE = timedelta(seconds=60)
"""A token that ends within this is renewed first: a call takes up to 30 s."""
_WAIT_FOR_OTHER = 10.0
"""How long to wait for the worker that is renewing."""


class ConsentLostError(Exception):
    """The grant no longer gives access tokens; a person must connect again. `code` is the catalogue's."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class RenewalRefusedError(Exception):
    """The token endpoint refused a grant; `error` is OAuth's word for it (invalid_grant …)."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


class TokenUnavailableError(Exception):
    """No access token just now, for a reason that passes (network, the other side down, another worker renewing)."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A connection's grant as stored. `version` counts its stores; nothing secret shows in its repr."""

    connection_id: int
    account: str
    kind: str
    active: bool
    version: int
    expires_at: datetime | None
    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    """What else was encrypted with it: the client id and secret of a merchant's own app."""


@dataclass(frozen=True, slots=True)
class FreshTokens:
    """What a token endpoint gave."""

    access_token: str = field(repr=False)
    expires_at: datetime | None
    refresh_token: str | None = field(repr=False)


class GrantStore(Protocol):
    """Where grants live. Each method is one short transaction."""

    def load(self, connection_id: int) -> Grant:
        """The grant as it stands."""

    def recent(self, connection_id: int) -> Grant | None:
        """The grant as this process saw it a moment ago; None: it must be read."""

    def claim(self, grant: Grant, seconds: float) -> str | None:
        """Become the one who renews this version; None when somebody else is."""

    def save(self, grant: Grant, claim: str, fresh: FreshTokens) -> bool:
        """Store the new tokens if the claim still holds."""

    def release(self, grant: Grant, claim: str) -> None:
        """Give the claim back after a failure that changed nothing."""

    def lost(self, grant: Grant, code: str) -> None:
        """Mark the connection as needing consent."""


@dataclass(frozen=True, slots=True)
class TokenKeeper:
    """Gives a valid access token of a connection, renewing it at most once at a time over all processes."""

    ask: Callable[[Grant], FreshTokens]
    """Call the platform's token endpoint. Raises RenewalRefusedError, TokenUnavailableError."""
    lost_codes: Mapping[str, str]
    """OAuth error → catalogue code, for the refusals that only a person can fix; every other refusal is temporary."""
    store: GrantStore
    now: Callable[[], datetime]

    def access_token(self, connection_id: int) -> str:
        """A token valid for a minute at least. Raises ConsentLostError, TokenUnavailableError."""
        recent = self.store.recent(connection_id)
        if recent is not None and recent.active and recent.access_token and self._lasts(recent):
            return recent.access_token
        give_up = time.monotonic() + _WAIT_FOR_OTHER
        while True:
            grant = self.store.load(connection_id)
            if not grant.active:
                raise ConsentLostError(self.lost_codes["invalid_grant"])
            if grant.access_token and self._lasts(grant):
                return grant.access_token
            claim = self.store.claim(grant, _CLAIM_SECONDS)
            if claim:
                return self._renew(grant, claim)
            if time.monotonic() > give_up:
                raise TokenUnavailableError("another worker is renewing the token")
            time.sleep(0.05)

    def refused(self, connection_id: int, access_token: str) -> None:
        """The platform answered 401 to this token: renew before the next call, or wait for the worker that does.

        Raises ConsentLostError, TokenUnavailableError.
        """
        give_up = time.monotonic() + _WAIT_FOR_OTHER
        while True:
            grant = self.store.load(connection_id)
            if grant.access_token != access_token or not grant.active:
                return
            claim = self.store.claim(grant, _CLAIM_SECONDS)
            if claim:
                self._renew(grant, claim)
                return
            if time.monotonic() > give_up:
                raise TokenUnavailableError("another worker is renewing the token")
            time.sleep(0.05)

    def _lasts(self, grant: Grant) -> bool:
        return grant.expires_at is None or grant.expires_at > self.now() + _SPARE

    def _renew(self, grant: Grant, claim: str) -> str:
        try:
            fresh = self.ask(grant)
        except RenewalRefusedError as error:
            self._grant_refused(grant, claim, error)
            return self.access_token(grant.connection_id)
        except TokenUnavailableError:
            self.store.release(grant, claim)
            raise
        if not self.store.save(grant, claim, fresh):
            raise TokenUnavailableError("the claim on the token ran out")
        return fresh.access_token

    def _grant_refused(self, grant: Grant, claim: str, error: RenewalRefusedError) -> None:
        """Only what a person must fix ends a consent; `invalid_grant` after another worker renewed does not."""
        code = self.lost_codes.get(error.error)
        if code is None:
            self.store.release(grant, claim)
            raise TokenUnavailableError(f"token endpoint: {error.error}") from error
        if self.store.load(grant.connection_id).version != grant.version:
            return
        self.store.lost(grant, code)
        raise ConsentLostError(code, error.description) from error
