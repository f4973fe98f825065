"""Installing an app and getting tokens (shopify-api.md 1.2 to 1.5)."""

from __future__ import annotations

import base64
import json
import time
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox.kit.calls import note_tenant
from sandbox.shopify.model import App, Json, Shop, World
from sandbox.shopify.signing import query_signature
from sandbox.shopify.tokens import (
    ACCESS_LIFE,
    CLIENT_CREDENTIALS_LIFE,
    REFRESH_LIFE,
    AccessToken,
    RefreshToken,
    TokenRefusedError,
    Tokens,
)

OFFLINE_TOKEN = "urn:shopify:params:oauth:token-type:offline-access-token"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
FOUND = 302
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Install app</title>
<style>body{{font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto}}
button{{font:inherit;padding:.5rem 1rem}}
</style></head><body><h1>Install app on {name}</h1><p>Shopify emulator. The app <code>{client}</code> asks for:</p>
<ul>{scopes}</ul><form method="post">{hidden}
<button name="decision" value="install">Install</button> <button name="decision" value="cancel">Cancel</button></form>
</body></html>"""


class OAuthRefusedError(Exception):
    """An OAuth request that gets 400 with an error code; the exact texts of Shopify are unknown."""

    def __init__(self, error: str, description: str) -> None:
        self.body = {"error": error, "error_description": description}
        super().__init__(description)


class OAuth:
    """The OAuth endpoints of all shops."""

    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world = world
        self.tokens = tokens

    def consent(self, shop: Shop, query: Json) -> Response:
        """The page on which the merchant agrees."""
        app = self._app_of_redirect(query)
        scopes = "".join(f"<li>{escape(scope)}</li>" for scope in str(query.get("scope") or "").split(",") if scope)
        kept = ("client_id", "scope", "redirect_uri", "state")
        hidden = "".join(
            f'<input type="hidden" name="{key}" value="{escape(str(query.get(key) or ""))}">' for key in kept
        )
        text = PAGE.format(name=escape(shop.name), client=escape(app.client_id), scopes=scopes, hidden=hidden)
        return HTMLResponse(text)

    def decide(self, shop: Shop, form: Json) -> Response:
        """Back to the app: with a code, or (wording not verified) with access_denied."""
        app = self._app_of_redirect(form)
        host = base64.b64encode(f"admin.shopify.com/store/{shop.domain.partition('.')[0]}".encode()).decode()
        query = {
            "host": host.rstrip("="),
            "shop": shop.domain,
            "state": str(form.get("state") or ""),
            "timestamp": str(int(time.time())),
        }
        if form.get("decision") == "install":
            shop.installed, shop.client_id = True, app.client_id
            query["code"] = self.tokens.new_code(shop.domain, app.client_id, str(form.get("scope") or shop.scopes))
        else:
            query["error"] = "access_denied"
        query["hmac"] = query_signature(app.client_secret, query)
        target = str(form["redirect_uri"])
        return RedirectResponse(target + ("&" if "?" in target else "?") + urlencode(query), status_code=FOUND)

    def _app_of_redirect(self, query: Json) -> App:
        app = self.world.apps.get(str(query.get("client_id") or ""))
        if app is None:
            raise OAuthRefusedError("invalid_request", "Could not find Shopify API application with that client_id")
        target = str(query.get("redirect_uri") or "")
        if not target or (app.redirect_urls and target not in app.redirect_urls):
            raise OAuthRefusedError("invalid_request", "The redirect_uri is not whitelisted")
        return app

    def grant(self, shop: Shop, body: Json) -> Json:
        """One token request of any grant."""
        app = self.world.apps.get(str(body.get("client_id") or ""))
        if app is None or body.get("client_secret") not in {app.client_secret, app.old_secret} - {None}:
            raise OAuthRefusedError("invalid_client", "The client id or secret is wrong")
        kind = body.get("grant_type")
        try:
            if kind == "client_credentials":
                return self._client_credentials(shop, app)
            if kind == "refresh_token":
                refresh_value = str(body.get("refresh_token") or "")
                return _pair(*self.tokens.refresh(refresh_value, shop.domain, app.client_id))
            if kind == TOKEN_EXCHANGE:
                return self._exchange(shop, body)
            return self._code(shop, app, body)
        except TokenRefusedError as refused:
            raise OAuthRefusedError("invalid_request", str(refused)) from refused

    def _code(self, shop: Shop, app: App, body: Json) -> Json:
        code = str(body.get("code") or "")
        grant = self.tokens.redeem_code(code, shop.domain, app.client_id)
        shop.scopes = grant.scopes
        if not _wants_expiring(body):
            access = self.tokens.issue(shop.domain, app.client_id, grant.scopes, None)
            return {"access_token": access.value, "scope": access.scopes}
        access = self.tokens.issue(shop.domain, app.client_id, grant.scopes, ACCESS_LIFE)
        return _pair(access, self.tokens.issue_refresh(access))

    def _client_credentials(self, shop: Shop, app: App) -> Json:
        if shop.organization != app.organization or not shop.installed:
            raise OAuthRefusedError("shop_not_permitted", "Client credentials cannot be performed on this shop.")
        access = self.tokens.issue(shop.domain, app.client_id, shop.scopes, CLIENT_CREDENTIALS_LIFE)
        seconds = int(CLIENT_CREDENTIALS_LIFE.total_seconds())
        return {"access_token": access.value, "scope": access.scopes, "expires_in": seconds}

    def _exchange(self, shop: Shop, body: Json) -> Json:
        """A permanent token becomes an expiring one, irreversibly (1.4). Session tokens are not emulated."""
        kinds = (body.get("subject_token_type"), body.get("requested_token_type"))
        old = self.tokens.find(str(body.get("subject_token") or ""), shop.domain)
        if kinds != (OFFLINE_TOKEN, OFFLINE_TOKEN) or old is None or not _wants_expiring(body):
            raise OAuthRefusedError("invalid_subject_token", "Only a permanent offline token can be exchanged here")
        self.tokens.revoke_access(old.value)
        access = self.tokens.issue(shop.domain, old.client_id, old.scopes, ACCESS_LIFE)
        return _pair(access, self.tokens.issue_refresh(access))


def _wants_expiring(body: Json) -> bool:
    return str(body.get("expiring") or "") in {"1", "true", "True"}


def _pair(access: AccessToken, refresh: RefreshToken) -> Json:
    return {
        "access_token": access.value,
        "scope": access.scopes,
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "refresh_token": refresh.value,
        "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
    }


def oauth_router(oauth: OAuth) -> APIRouter:
    """The OAuth paths under /{shop}/admin/oauth."""
    router = APIRouter()

    def known(domain: str, request: Request) -> Shop:
        note_tenant(request.scope, domain)
        shop = oauth.world.shops.get(domain)
        if shop is None:
            raise OAuthRefusedError("not_found", "This shop does not exist")
        return shop

    @router.get("/{domain}/admin/oauth/authorize")
    def authorize(domain: str, request: Request) -> Response:
        """Show the consent page."""
        return oauth.consent(known(domain, request), dict(request.query_params))

    @router.post("/{domain}/admin/oauth/authorize")
    async def decide(domain: str, request: Request) -> Response:
        """Take the merchant's decision."""
        return oauth.decide(known(domain, request), _read_body(await request.body(), ""))

    @router.post("/{domain}/admin/oauth/access_token")
    async def access_token(domain: str, request: Request) -> Response:
        """Issue a token; JSON and form bodies both work, as live."""
        body = _read_body(await request.body(), request.headers.get("content-type", ""))
        return JSONResponse(oauth.grant(known(domain, request), body))

    return router


def _read_body(raw: bytes, content_type: str) -> dict[str, Any]:
    if "json" not in content_type:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise OAuthRefusedError("invalid_request", "The body is not JSON") from error
    return found if isinstance(found, dict) else {}
