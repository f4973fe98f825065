"""Renewing tokens at run time: the connect flows' own token calls, as `TokenKeeper` asks for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx2

from app.connections.errors import ConnectRefusedError
from app.connections.flows.fortnox_oauth import (
    FortnoxApp,
    TokenRefusedError,
    TokenUnreachableError,
    TokenUnreadableError,
    refresh_tokens,
    service_token,
    token_company,
)
from app.connections.flows.shopify import ShopifyApp
from app.connections.flows.shopify_api import client_credentials_token, refreshed_token
from app.kit.http.token_keeper import CLIENT_CREDENTIALS, FreshTokens, Grant, RenewalRefusedError, TokenUnavailableError

FORTNOX_LOST_CODES = {
    "invalid_grant": "FORTNOX_CONSENT_LOST",
    "other_company": "FORTNOX_TOKEN_OF_OTHER_COMPANY",
    "error_missing_license": "FORTNOX_LICENCE_MISSING",
    "error_missing_app_license": "FORTNOX_APP_LICENCE_MISSING",
}
"""Refusals that waiting does not fix (fortnox-api.md 1.2); all others are configuration or pass."""
SHOPIFY_LOST_CODES = {"invalid_grant": "SHOPIFY_TOKEN_REVOKED", "refused": "SHOPIFY_CREDENTIALS_REFUSED"}
"""The app was removed, or its secret was replaced."""


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


def shopify_renewal(
    client: httpx2.Client, app: ShopifyApp, now: Callable[[], datetime]
) -> Callable[[Grant], FreshTokens]:
    """Renew a shop's token: the merchant's own app by its credentials, the public app by its refresh token."""

    def renew(grant: Grant) -> FreshTokens:
        base = app.base_url(grant.account)
        try:
            if grant.kind == CLIENT_CREDENTIALS:
                own_id, own_secret = grant.secrets.get("client_id", ""), grant.secrets.get("client_secret", "")
                tokens = client_credentials_token(client, base, own_id, own_secret, now=now())
            elif grant.refresh_token:
                tokens = refreshed_token(client, base, app.client_id, app.client_secret, grant.refresh_token, now=now())
            else:
                raise RenewalRefusedError("invalid_grant", "no refresh token stored")
        except ConnectRefusedError as error:
            if error.code in ("SHOPIFY_CREDENTIALS_REFUSED", "SHOPIFY_TOKEN_REVOKED"):
                raise RenewalRefusedError("refused", error.code) from error
            raise TokenUnavailableError(f"Shopify token endpoint: {error.code}") from error
        return FreshTokens(tokens.access_token, tokens.expires_at, tokens.refresh_token)

    return renew
