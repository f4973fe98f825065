"""The first page: connections and today's numbers."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.ledgers.areas import OPTIONAL
from app.tenants.roles import visible_tenant
from app.web.access import Person, Serving
from app.web.rendering import render

router = APIRouter()


@router.get("/")
def home(
    request: Request,
    services: Serving,
    person: Person,
    connected: str = "",
    again: bool = False,  # noqa: FBT001, FBT002  a query parameter
    without: str = "",
) -> Response:
    """Show them. `connected` is the platform that a connect flow has just come home from, `without` what it lacks."""
    tenant = visible_tenant(person.role, person.tenant_id)
    connections = services.reading.connections(tenant)
    fresh = next((connection for connection in connections if connection.platform == connected), None)
    return render(
        request,
        "home.html",
        person=person,
        home=services.reading.home(tenant, services.clock()),
        connections=connections,
        fresh=fresh,
        again=again,
        without=[area for area in OPTIONAL if area in without.split(",")],
    )
