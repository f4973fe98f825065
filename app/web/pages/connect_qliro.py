"""Connect Qliro by a form."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.connections import ConnectRefusedError
from app.tenants.roles import Permission
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import FormRoute, takes_form
from app.web.problems import problem_page
from app.web.rendering import render

router = APIRouter(route_class=FormRoute)


@router.get("/connect/qliro")
def form(request: Request, person: Person) -> Response:
    """Show the form."""
    own_tenant(person, Permission.CONNECT_QLIRO)
    return render(request, "connect_qliro.html", person=person)


@router.post("/connect/qliro")
@takes_form(Permission.CONNECT_QLIRO)
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
    tenant = own_tenant(person, Permission.CONNECT_QLIRO)
    try:
        connected = services.qliro.connect(
            tenant_id=tenant, environment=environment, key=key, secret=secret, replaces_key=replaces_key
        )
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "qliro")
    services.on_connected(connected)
    return RedirectResponse(f"/?connected=qliro&again={str(connected.renewed).lower()}", 303)
