"""Codes, access tokens, refresh tokens and consents (fortnox-api.md 1.1 and 1.2)."""

import base64
import json
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.fortnox.clock import Clock
from sandbox.fortnox.config import SandboxConfig


@dataclass(frozen=True)
class Grant:
    """What a user allowed: a client, a company, scopes; bound to a person or to the company's service account."""

    client_id: str
    tenant: int
    scopes: tuple[str, ...]
    user_id: str
    service: bool = False
    generation: int = 0


@dataclass
class Code:
    """An authorisation code: ten minutes, once."""

    grant: Grant
    redirect_uri: str
    expires: datetime
    used: bool = False


@dataclass
class RefreshToken:
    """A refresh token: 45 days, once. ``used_at`` is when it was turned in."""

    grant: Grant
    expires: datetime
    used_at: datetime | None = None
    revoked: bool = False


class TokenError(Exception):
    """A refusal at the token endpoint, with its exact body (fortnox-api.md 1.2)."""

    def __init__(self, error: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({"error_description": description} if description else {})


class MigrationError(Exception):
    """A refusal to exchange a legacy token. Official are status and message; how the body holds them is our guess."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message}


INVALID_REFRESH = ("invalid_grant", "Invalid refresh token")


@dataclass
class TokenStore:
    """All tokens in force. The world's lock guards it."""

    config: SandboxConfig
    clock: Clock
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    refresh: dict[str, RefreshToken] = field(default_factory=dict)
    consents: dict[tuple[str, int], Grant] = field(default_factory=dict)
    legacy: dict[str, Grant] = field(default_factory=dict)
    _generations: dict[tuple[str, int], int] = field(default_factory=dict)

    def new_code(self, grant: Grant, redirect_uri: str) -> str:
        """Issue an authorisation code; consent of a service account opens client_credentials too."""
        grant = self.renewed(grant)
        code = secrets.token_hex(16)
        self.codes[code] = Code(grant, redirect_uri, self.clock.now() + timedelta(seconds=self.config.code_seconds))
        if grant.service:
            self.consents[grant.client_id, grant.tenant] = grant
        return code

    def renewed(self, grant: Grant) -> Grant:
        """Give the grant the generation in force, so that a later withdrawal of consent reaches its tokens."""
        generation = self._generations.get((grant.client_id, grant.tenant), 0)
        return Grant(grant.client_id, grant.tenant, grant.scopes, grant.user_id, grant.service, generation)

    def take_code(self, client_id: str, code: str, redirect_uri: str | None) -> Grant:
        """Turn a code in; a second time it is refused."""
        known = self.codes.get(code)
        if known is None or known.used or known.grant.client_id != client_id or known.expires <= self.clock.now():
            raise TokenError("invalid_grant", "Invalid authorization code")
        if redirect_uri != known.redirect_uri:
            raise TokenError("invalid_grant", "Invalid redirect_uri")
        known.used = True
        return known.grant

    def find_refresh(self, client_id: str, token: str, race_seconds: float) -> RefreshToken:
        """Find a refresh token that may be turned in; within ``race_seconds`` of its use it still may."""
        known = self.refresh.get(token)
        if known is None or known.grant.client_id != client_id or known.revoked or known.expires <= self.clock.now():
            raise TokenError(*INVALID_REFRESH)
        late = known.used_at is not None and (self.clock.now() - known.used_at).total_seconds() >= race_seconds
        if late or not self._in_force(known.grant):
            raise TokenError(*INVALID_REFRESH)
        return known

    def turn_in(self, token: RefreshToken) -> Grant:
        """Use a refresh token up. In a race the pair issued last is the only one that stays (fortnox-api.md 1.1)."""
        if token.used_at is not None:
            for other in self.refresh.values():
                if other.grant == token.grant and other is not token:
                    other.revoked = True
        token.used_at = token.used_at or self.clock.now()
        return token.grant

    def issue(self, grant: Grant, *, with_refresh: bool) -> dict[str, Any]:
        """Issue tokens for a grant; the order of keys is that of the recording."""
        answer: dict[str, Any] = {
            "access_token": self.issue_access(grant),
            "expires_in": self.config.access_token_seconds,
            "token_type": "bearer",
            "scope": " ".join(grant.scopes),
        }
        if with_refresh:
            token = secrets.token_hex(20)
            expires = self.clock.now() + timedelta(days=self.config.refresh_token_days)
            self.refresh[token] = RefreshToken(grant, expires)
            answer["refresh_token"] = token
        return answer

    def issue_access(self, grant: Grant) -> str:
        """Issue an access token: a JWT in shape, whose signature means nothing."""
        now = self.clock.now()
        expires = now + timedelta(seconds=self.config.access_token_seconds)
        payload = {
            "tenantId": grant.tenant,
            "userId": grant.user_id,
            "clientId": grant.client_id,
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
            "jti": secrets.token_hex(8),
        }
        parts = [{"typ": "JWT", "alg": "RS256"}, payload]
        token = ".".join([*(_segment(json.dumps(part).encode()) for part in parts), _segment(secrets.token_bytes(32))])
        self.access[token] = (grant, expires)
        return token

    def grant_of(self, access_token: str) -> Grant | None:
        """Give the grant behind an access token that is in force."""
        known = self.access.get(access_token)
        if known is None or known[1] <= self.clock.now() or not self._in_force(known[0]):
            return None
        return known[0]

    def revoke(self, client_id: str, token: str) -> bool:
        """Revoke a refresh token; true when there was one."""
        known = self.refresh.get(token)
        if known is None or known.grant.client_id != client_id or known.revoked or known.used_at is not None:
            return False
        known.revoked = True
        return True

    def issue_legacy(self, grant: Grant) -> str:
        """Issue what integrations had before OAuth: a token without an end, good for nothing but its exchange."""
        token = str(uuid.uuid4())
        self.legacy[token] = grant
        return token

    def find_legacy(self, client_id: str, token: str) -> Grant:
        """The grant behind a legacy token. Raises MigrationError, in the words of the official page on migration."""
        known = self.legacy.get(token)
        if known is None:
            raise MigrationError(404, "Access-token not found")
        if known.client_id != client_id:
            raise MigrationError(403, "Not allowed to create JWT for given access-token")
        return known

    def withdraw_consent(self, client_id: str, tenant: int) -> None:
        """Do as a customer who disconnects the integration: every token of the pair is dead at once."""
        self.consents.pop((client_id, tenant), None)
        self._generations[client_id, tenant] = self._generations.get((client_id, tenant), 0) + 1

    def expire_access(self) -> int:
        """Make every access token expire now; how many there were."""
        count = len(self.access)
        self.access.clear()
        return count

    def summary(self) -> dict[str, int]:
        """Count what is in force."""
        live = sum(1 for token in self.refresh.values() if token.used_at is None and not token.revoked)
        return {"access": len(self.access), "refresh": live, "consents": len(self.consents)}

    def _in_force(self, grant: Grant) -> bool:
        return grant.generation == self._generations.get((grant.client_id, grant.tenant), 0)


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
