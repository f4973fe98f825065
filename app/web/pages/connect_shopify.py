"""Connect Shopify: the merchant's own app by a form, or the configured public app by installing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.connections.errors import ConnectRefusedError
from app.connections.flows.shopify import ASKED_SCOPES, ShopifyConnector, shopify_app
from app.connections.repository import Connected
from app.settings import Settings
from app.tenants.roles import Permission
from app.tenants.sessions import SignedIn
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.edge import origin
from app.web.form_bodies import FormRoute, takes_form
from app.web.problems import problem_page
from app.web.rendering import render
from app.web.services import Services

router = APIRouter(route_class=FormRoute)


def form_targets(settings: Settings) -> list[str]:
    """Where a form post of these pages may be redirected to: the shop, and the sign-in behind its admin."""
    shop = origin(settings.shopify_url_template.replace("{shop}", "*.myshopify.com"))
    sign_in = ["https://admin.shopify.com", "https://accounts.shopify.com"]
    return [shop, *(sign_in if shop.endswith("*.myshopify.com") else [])]


def _connector(services: Services) -> ShopifyConnector:
    app = shopify_app(services.settings)
    return ShopifyConnector(services.store, app, services.client, services.ring, services.clock)


@router.get("/connect/shopify")
def form(request: Request, services: Serving, person: Person) -> Response:
    """Show the form, and the public app when one is configured."""
    own_tenant(person, Permission.CONNECT_SHOP)
    return render(
        request,
        "connect_shopify.html",
        person=person,
        scopes=ASKED_SCOPES,
        has_public_app=bool(services.settings.shopify_client_id),
        compliance_address=f"{services.settings.base_url.rstrip('/')}/webhooks/shopify/compliance",
    )


@router.post("/connect/shopify")
@takes_form(Permission.CONNECT_SHOP)
def own_app(
    request: Request,
    services: Serving,
    person: FormPerson,
    shop: Annotated[str, Form()] = "",
    client_id: Annotated[str, Form()] = "",
    client_secret: Annotated[str, Form()] = "",
) -> Response:
    """Try the credentials, read the shop, make the webhooks, store the connection."""
    tenant = own_tenant(person, Permission.CONNECT_SHOP)
    try:
        connected = _connector(services).connect_own_app(
            tenant_id=tenant, shop=shop, client_id=client_id, client_secret=client_secret
        )
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "shopify")
    return _home(services, connected)


@router.post("/connect/shopify/install")
@takes_form(Permission.CONNECT_SHOP)
def begin_install(
    request: Request, services: Serving, person: FormPerson, shop: Annotated[str, Form()] = ""
) -> Response:
    """Send the browser to the shop's consent page for the public app."""
    tenant = _public_app(services, person)
    try:
        url = _connector(services).begin_install(tenant_id=tenant, session_hash=person.session_hash, shop=shop)
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "shopify")
    return RedirectResponse(url, 303)


@router.get("/connect/shopify/install")
def enter_install(request: Request, services: Serving, person: Person) -> Response:
    """Begin from the app's entry in Shopify's admin."""
    tenant = _public_app(services, person)
    try:
        url = _connector(services).enter_install(
            tenant_id=tenant, session_hash=person.session_hash, query=dict(request.query_params)
        )
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "shopify")
    return RedirectResponse(url, 303)


@router.get("/connect/shopify/callback")
def callback(request: Request, services: Serving, person: Person) -> Response:
    """Come back from the shop's consent page."""
    tenant = _public_app(services, person)
    try:
        connected = _connector(services).complete_install(
            tenant_id=tenant, session_hash=person.session_hash, query=dict(request.query_params)
        )
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "shopify")
    return _home(services, connected)


def _public_app(services: Services, person: SignedIn) -> int:
    if not services.settings.shopify_client_id:
        raise HTTPException(404)
    return own_tenant(person, Permission.CONNECT_SHOP)


def _home(services: Services, connected: Connected) -> Response:
    services.on_connected(connected)
    return RedirectResponse(f"/?connected=shopify&again={str(connected.renewed).lower()}", 303)
