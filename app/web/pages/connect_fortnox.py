"""Connect Fortnox: the choice, the redirect, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from starlette.responses import Response

from app.connections.errors import ConnectRefusedError
from app.connections.flows.fortnox import FortnoxConnector, MoreRefusedError
from app.connections.flows.fortnox_oauth import Account, fortnox_app
from app.ledgers.areas import OPTIONAL, SCOPES, WAREHOUSE, optional_areas_of
from app.schema import Connection
from app.settings import Settings
from app.tenants.repository import load_rules
from app.tenants.roles import Permission
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.edge import origin
from app.web.form_bodies import FormRoute, takes_form
from app.web.problems import problem_page
from app.web.rendering import render
from app.web.services import Services

router = APIRouter(route_class=FormRoute)


def form_targets(settings: Settings) -> list[str]:
    """Where a form post of these pages may be redirected to: the consent page, and the sign-in behind it."""
    consent = origin(settings.fortnox_auth_url)
    return [consent, "https://*.fortnox.se"] if consent.endswith(".fortnox.se") else [consent]


def _connector(services: Services) -> FortnoxConnector:
    app = fortnox_app(services.settings)
    return FortnoxConnector(services.store, app, services.client, services.ring, services.clock)


@router.get("/connect/fortnox")
def choice(request: Request, services: Serving, person: Person) -> Response:
    """Explain what happens and let the person choose who gives access."""
    tenant = own_tenant(person, Permission.CONNECT_LEDGER)
    scopes = services.settings.fortnox_scopes
    optional = [area for area in OPTIONAL if not set(SCOPES[area]) <= set(scopes)]
    return render(
        request, "connect_fortnox.html", person=person, scopes=scopes, areas=optional,
        chosen=_areas_in_use(services, tenant),
    )  # fmt: skip


@router.post("/connect/fortnox")
@takes_form(Permission.CONNECT_LEDGER)
def begin(
    services: Serving,
    person: FormPerson,
    account: Annotated[str, Form()] = "service",
    areas: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Send the browser to Fortnox's consent page."""
    tenant = own_tenant(person, Permission.CONNECT_LEDGER)
    chosen: Account = "user" if account == "user" else "service"
    more = [scope for area in OPTIONAL if area in (areas or ()) for scope in SCOPES[area]]
    url = _connector(services).begin(tenant_id=tenant, session_hash=person.session_hash, account=chosen, more=more)
    return RedirectResponse(url, 303)


def _areas_in_use(services: Services, tenant: int) -> set[str]:
    """The optional areas that the consent has already, or that the rules want: asking again must not lose them."""
    with services.store.read() as session:
        conditions = (Connection.tenant_id == tenant, Connection.platform == "fortnox")
        given = session.scalar(select(Connection.scopes).where(*conditions)) or ()
        areas = optional_areas_of(load_rules(session, tenant))
    return {area for area in OPTIONAL if set(SCOPES[area]) <= set(given)} | (set(areas) - {WAREHOUSE})


@router.get("/connect/fortnox/callback")
def callback(request: Request, services: Serving, person: Person) -> Response:
    """Come back with a code, or with Fortnox's reason for none."""
    tenant = own_tenant(person, Permission.CONNECT_LEDGER)
    try:
        connected = _connector(services).complete(
            tenant_id=tenant, session_hash=person.session_hash, query=dict(request.query_params)
        )
    except MoreRefusedError as refused:
        # What only some companies use must not cost the connection: asked again at once, without it.
        url = _connector(services).begin(
            tenant_id=tenant, session_hash=person.session_hash, account=refused.account, without=refused.more
        )
        return RedirectResponse(url, 303)
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "fortnox")
    services.on_connected(connected)
    without = [area for area in OPTIONAL if set(SCOPES[area]) <= set(connected.without)]
    query = f"&without={','.join(without)}" if without else ""
    return RedirectResponse(f"/?connected=fortnox&again={str(connected.renewed).lower()}{query}", 303)
