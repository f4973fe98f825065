"""Renewing Fortnox's tokens at run time: the connect flow's own token calls, as `TokenKeeper` asks for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx2

from app.connections.flows.fortnox_oauth import (
    FortnoxApp,
    TokenRefusedError,
    TokenUnreachableError,
    TokenUnreadableError,
    refresh_tokens,
    service_token,
    token_company,
)
from app.kit.http.token_keeper import CLIENT_CREDENTIALS, FreshTokens, Grant, RenewalRefusedError, TokenUnavailableError

FORTNOX_LOST_CODES = {
    "invalid_grant": "FORTNOX_CONSENT_LOST",
    "other_company": "FORTNOX_TOKEN_OF_OTHER_COMPANY",
    "error_missing_license": "FORTNOX_LICENCE_MISSING",
    "error_missing_app_license": "FORTNOX_APP_LICENCE_MISSING",
}
"""Refusals that waiting does not fix (fortnox-api.md 1.2); all others are configuration or pass."""


def fortnox_renewal(
    client: httpx2.Client, app: FortnoxApp, now: Callable[[], datetime]
) -> Callable[[Grant], FreshTokens]:
    """Renew a Fortnox grant of either kind."""

    def renew(grant: Grant) -> FreshTokens:
        try:
            if grant.kind == CLIENT_CREDENTIALS:
                tokens = service_token(client, app, grant.account, now=now())
            elif grant.refresh_token:
                tokens = refresh_tokens(client, app, grant.refresh_token, now=now())
            else:
                raise RenewalRefusedError("invalid_grant", "no refresh token stored")
        except TokenRefusedError as error:
            # A service account has no grant that could be invalid: without the company's consent it is the client
            # that is not authorised. Waiting does not fix that.
            no_consent = grant.kind == CLIENT_CREDENTIALS and error.error == "unauthorized_client"
            word = "invalid_grant" if no_consent else error.error
            raise RenewalRefusedError(word, error.description) from error
        except (TokenUnreachableError, TokenUnreadableError) as error:
            raise TokenUnavailableError(f"Fortnox token endpoint: {error}") from error
        company = token_company(tokens.access_token)
        if company not in {None, grant.account}:
            # Never seen, and never to be used: one booking with it would stand in somebody else's books.
            raise RenewalRefusedError("other_company", f"expected {grant.account}, got {company}")
        return FreshTokens(tokens.access_token, tokens.expires_at, tokens.refresh_token)

    return renew
