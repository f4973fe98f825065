"""Connect Qliro by a form."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.connections.errors import ConnectRefusedError
from app.connections.flows.qliro import Environment, QliroConnector
from app.tenants.roles import Permission
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import FormRoute, takes_form
from app.web.problems import problem_page
from app.web.rendering import render
from app.web.services import Services

router = APIRouter(route_class=FormRoute)


def _connector(services: Services) -> QliroConnector:
    hosts = {
        Environment.LIVE: services.settings.qliro_live_url.rstrip("/"),
        Environment.TEST: services.settings.qliro_test_url.rstrip("/"),
    }
    return QliroConnector(services.store, hosts, services.client, services.ring, services.clock)


@router.get("/connect/qliro")
def form(request: Request, person: Person) -> Response:
    """Show the form."""
    own_tenant(person, Permission.CONNECT_PROVIDER)
    return render(request, "connect_qliro.html", person=person)


@router.post("/connect/qliro")
@takes_form(Permission.CONNECT_PROVIDER)
def connect(
    *,
    request: Request,
    services: Serving,
    person: FormPerson,
    environment: Annotated[str, Form()] = "live",
    key: Annotated[str, Form()] = "",
    secret: Annotated[str, Form()] = "",
    replaces_key: Annotated[bool, Form()] = False,
) -> Response:
    """Try the credentials, store the connection."""
    tenant = own_tenant(person, Permission.CONNECT_PROVIDER)
    try:
        connected = _connector(services).connect(
            tenant_id=tenant, environment=environment, key=key, secret=secret, replaces_key=replaces_key
        )
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "qliro")
    services.on_connected(connected)
    return RedirectResponse(f"/?connected=qliro&again={str(connected.renewed).lower()}", 303)
