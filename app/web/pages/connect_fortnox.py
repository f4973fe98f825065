"""Connect Fortnox: the choice, the redirect, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.connect import ConnectRefusedError
from app.connect.fortnox_oauth import Account
from app.security.roles import Permission
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.problems import problem_page
from app.web.rendering import render

router = APIRouter()


@router.get("/connect/fortnox")
def choice(request: Request, services: Serving, person: Person) -> Response:
    """Explain what happens and let the person choose who gives access."""
    own_tenant(person, Permission.CONNECT_FORTNOX)
    return render(request, "connect_fortnox.html", person=person, scopes=services.settings.fortnox_scopes)


@router.post("/connect/fortnox")
def begin(services: Serving, person: FormPerson, account: Annotated[str, Form()] = "service") -> Response:
    """Send the browser to Fortnox's consent page."""
    tenant = own_tenant(person, Permission.CONNECT_FORTNOX)
    chosen: Account = "user" if account == "user" else "service"
    url = services.fortnox.begin(tenant_id=tenant, session_hash=person.session_hash, account=chosen)
    return RedirectResponse(url, 303)


@router.get("/connect/fortnox/callback")
def callback(request: Request, services: Serving, person: Person) -> Response:
    """Come back with a code, or with Fortnox's reason for none."""
    tenant = own_tenant(person, Permission.CONNECT_FORTNOX)
    try:
        connected = services.fortnox.complete(
            tenant_id=tenant, session_hash=person.session_hash, query=dict(request.query_params)
        )
    except ConnectRefusedError as refusal:
        return problem_page(request, refusal, person, "fortnox")
    services.on_connected(connected)
    return RedirectResponse(f"/?connected=fortnox&again={str(connected.renewed).lower()}", 303)
