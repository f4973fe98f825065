"""Renewing a shop's tokens at run time: the connect flow's own token calls, as `TokenKeeper` asks for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx2

from app.connections.errors import ConnectRefusedError
from app.connections.flows.shopify import ShopifyApp
from app.connections.flows.shopify_api import client_credentials_token, refreshed_token
from app.kit.http.token_keeper import CLIENT_CREDENTIALS, FreshTokens, Grant, RenewalRefusedError, TokenUnavailableError

SHOPIFY_LOST_CODES = {"invalid_grant": "SHOPIFY_TOKEN_REVOKED", "refused": "SHOPIFY_CREDENTIALS_REFUSED"}
"""The app was removed, or its secret was replaced."""


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
