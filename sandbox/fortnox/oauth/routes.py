"""The endpoints under ``/oauth-v1``."""

import base64
import binascii
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sandbox.fortnox.config import ClientConfig, CompanyConfig
from sandbox.fortnox.oauth.pages import activation_page, error_page
from sandbox.fortnox.oauth.tokens import INVALID_REFRESH, Grant, MigrationError, TokenError
from sandbox.fortnox.wire import encode
from sandbox.fortnox.world import World
from sandbox.kit.calls import note_tenant

_ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "access_type", "account_type")


def oauth_router(world: World) -> APIRouter:
    """Make the routes of a world."""
    router = APIRouter(prefix="/oauth-v1", include_in_schema=False)

    @router.get("/auth")
    def show_activation(request: Request) -> Response:
        with world.lock:
            return _Activation(world, dict(request.query_params)).show()

    @router.post("/auth")
    async def decide_activation(request: Request) -> Response:
        form = await _read_form(request)
        if "grant_type" in form:
            # A code posted here instead of to /token is a common slip (fortnox-api.md 1.2).
            return Response(status_code=403)
        with world.lock:
            return _Activation(world, form).decide(form.get("company", ""), approved=form.get("action") == "approve")

    @router.post("/token")
    async def token(request: Request) -> Response:
        form = await _read_form(request)
        with world.lock:
            try:
                return _json(200, _TokenCall(world, request).answer(form))
            except TokenError as error:
                return _json(error.status, error.body, as_html=True)

    @router.post("/revoke")
    async def revoke(request: Request) -> Response:
        form = await _read_form(request)
        with world.lock:
            try:
                client = _TokenCall(world, request).client()
            except TokenError as error:
                return _json(error.status, error.body, as_html=True)
            return _json(200, {"revoked": world.tokens.revoke(client.client_id, form.get("token", ""))})

    @router.post("/migrate")
    async def migrate(request: Request) -> Response:
        form = await _read_form(request)
        with world.lock:
            try:
                return _json(200, _TokenCall(world, request).migrated(form.get("access_token", "")))
            except MigrationError as error:
                return _json(error.status, error.body)

    return router


async def _read_form(request: Request) -> dict[str, str]:
    """Read a form as browsers and token clients send it (urlencoded)."""
    words = parse_qs((await request.body()).decode("utf-8", "replace"))
    return {name: values[0] for name, values in words.items()}


def _json(status: int, body: Any, *, as_html: bool = False) -> Response:  # noqa: ANN401  any JSON
    """Answer JSON; refusals of the token endpoint were recorded with an HTML content type."""
    headers = {"X-Uid": secrets.token_hex(4), "Server": "Fortnox"}
    kind = "text/html; charset=UTF-8" if as_html else "application/json"
    return Response(encode(body).encode(), status, headers, kind)


class _Activation:
    """One visit to the activation page: what was asked, and whether it may go on."""

    def __init__(self, world: World, asked: dict[str, str]) -> None:
        self.world = world
        self.asked = {name: asked[name] for name in _ASKED if asked.get(name)}
        self.client = next((c for c in world.config.clients if c.client_id == asked.get("client_id")), None)
        self.scopes = self.asked.get("scope", "").split()
        self.service = self.asked.get("account_type") == "service"

    def show(self) -> Response:
        """Show the page, or what stands in its way."""
        stop = self._obstacle()
        if stop is not None:
            return stop
        companies = [company.config for company in self.world.companies.values()]
        if self.client is None or not companies:
            return HTMLResponse(error_page("Det finns inget företag att koppla till."), 400)
        page = activation_page(self.client, companies, self.scopes, self.asked, service=self.service)
        return HTMLResponse(page)

    def decide(self, company: str, *, approved: bool) -> Response:
        """Send the user back with a code, or with the reason why not."""
        stop = self._obstacle()
        if stop is not None or self.client is None:
            return stop or HTMLResponse(error_page("Okänd klient."), 400)
        if self.world.switches.bare_callback:
            return RedirectResponse(self._redirect_uri(), 302)
        if not approved:
            return self._back(error="access_denied", error_description="The user denied the request")
        chosen = self.world.companies.get(int(company)) if company.isdecimal() else None
        if chosen is None:
            return HTMLResponse(error_page("Välj ett företag."), 400)
        refusal = _refusal(chosen.config, self.scopes, service=self.service)
        if refusal is not None:
            return self._back(error=refusal)
        grant = Grant(
            self.client.client_id, chosen.tenant, tuple(self.scopes), chosen.config.user.id, service=self.service
        )
        return self._back(code=self.world.tokens.new_code(grant, self._redirect_uri()))

    def _obstacle(self) -> Response | None:
        """Check the request; faults of client and address are shown, the others go back to the client."""
        if self.client is None or not self._redirect_uri():
            return HTMLResponse(error_page("Auth code or ClientID supplied is invalid"), 400)
        if self.service and not self.client.service_accounts:
            return HTMLResponse(error_page("Client does not allow service account"), 400)
        if self.asked.get("response_type") != "code":
            return self._back(error="unsupported_response_type")
        if "state" not in self.asked or not self.scopes or self.asked.get("account_type", "service") != "service":
            return self._back(error="invalid_request")
        if not set(self.scopes) <= set(self.client.scopes):
            return self._back(error="invalid_scope")
        return None

    def _redirect_uri(self) -> str:
        """Give the address to go back to, "" when it is not allowed; the registered one is the default."""
        registered = self.client.redirect_uris if self.client else ()
        asked = self.asked.get("redirect_uri") or (registered[0] if registered else "")
        allowed = asked in registered if registered else urlsplit(asked).scheme in {"http", "https"}
        return asked if allowed else ""

    def _back(self, **words: str) -> Response:
        query = words | ({"state": self.asked["state"]} if "state" in self.asked else {})
        address = self._redirect_uri()
        return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", 302)


def _refusal(company: CompanyConfig, scopes: list[str], *, service: bool) -> str | None:
    """Say why a company cannot be connected (fortnox-api.md 1.1)."""
    if service and not company.user.sys_admin:
        return "error_missing_system_admin_right"
    if not company.app_licence:
        return "error_missing_app_license"
    if not company.integration_licence:
        return "error_missing_license"
    if company.licences is not None and not set(scopes) <= set(company.licences):
        return "error_missing_license"
    return None


class _TokenCall:
    """One call to the token endpoint."""

    def __init__(self, world: World, request: Request) -> None:
        self.world = world
        self.request = request

    def answer(self, form: dict[str, str]) -> dict[str, Any]:
        """Issue tokens for one of the three grants."""
        client = self.client()
        match form.get("grant_type"):
            case "authorization_code":
                grant = self.world.tokens.take_code(client.client_id, form.get("code", ""), form.get("redirect_uri"))
                self._check_licence(grant.tenant)
                return self.world.tokens.issue(grant, with_refresh=True)
            case "refresh_token":
                return self._refresh(client, form.get("refresh_token", ""))
            case "client_credentials":
                return self._client_credentials(client, form.get("scope"))
            case None:
                raise TokenError("invalid_request")
            case _:
                raise TokenError("unsupported_grant_type")

    def migrated(self, legacy: str) -> dict[str, Any]:
        """Exchange a legacy token for a pair, once (Fortnox: "Migrate legacy token to JWT")."""
        try:
            client = self.client()
        except TokenError as error:
            raise MigrationError(401, "Invalid authorization") from error
        if not legacy:
            raise MigrationError(400, "Could not create JWT")
        tokens = self.world.tokens
        grant = tokens.find_legacy(client.client_id, legacy)
        try:
            self._check_licence(grant.tenant)
        except TokenError as error:
            raise MigrationError(403, "Not allowed to create JWT, due to missing license") from error
        del tokens.legacy[legacy]
        return tokens.issue(tokens.renewed(grant), with_refresh=True)

    def client(self) -> ClientConfig:
        """Know the client by its Basic header."""
        kind, _, encoded = self.request.headers.get("authorization", "").partition(" ")
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            client_id = secret = ""
        for client in self.world.config.clients:
            if kind.lower() == "basic" and (client.client_id, client.client_secret) == (client_id, secret):
                return client
        raise TokenError("invalid_client", "The client credentials are invalid", 401)

    def _refresh(self, client: ClientConfig, sent: str) -> dict[str, Any]:
        tokens = self.world.tokens
        known = tokens.find_refresh(client.client_id, sent, self.world.switches.refresh_race_seconds)
        if not self.world.is_held(known.grant):
            raise TokenError(*INVALID_REFRESH)
        # Before the token is used up: a company that gets its licence back goes on where it was.
        self._check_licence(known.grant.tenant)
        return tokens.issue(tokens.turn_in(known), with_refresh=True)

    def _client_credentials(self, client: ClientConfig, scope: str | None) -> dict[str, Any]:
        tenant = self.request.headers.get("tenantid", "")
        if not tenant.isdecimal():
            raise TokenError("invalid_request", "TenantId is missing")
        grant = self.world.tokens.consents.get((client.client_id, int(tenant)))
        if grant is None:
            raise TokenError("unauthorized_client", "No consent for the tenant")
        wanted = tuple(scope.split()) if scope else grant.scopes
        if not set(wanted) <= set(grant.scopes):
            raise TokenError("invalid_scope")
        self._check_licence(grant.tenant)
        narrowed = Grant(grant.client_id, grant.tenant, wanted, grant.user_id, grant.service, grant.generation)
        return self.world.tokens.issue(narrowed, with_refresh=False)

    def _check_licence(self, tenant: int) -> None:
        note_tenant(self.request.scope, str(tenant))
        company = self.world.companies.get(tenant)
        status = self.world.switches.token_licence_status
        if company is None:
            raise TokenError("invalid_grant", "Unknown tenant")
        if not company.config.app_licence:
            raise TokenError("error_missing_app_license", status=status)
        if not company.config.integration_licence:
            raise TokenError("error_missing_license", status=status)
