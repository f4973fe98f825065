"""What needs doing: open findings by code."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.catalogue import CATALOGUE
from app.tenants.roles import Permission, require, visible_tenant
from app.web.access import FormPerson, Person, Serving
from app.web.form_bodies import FormRoute, takes_form
from app.web.rendering import render

router = APIRouter(route_class=FormRoute)


@router.get("/findings")
def findings(request: Request, services: Serving, person: Person, retried: int | None = None) -> Response:
    """Show every code once, with what to do about it and the orders that have it."""
    tenant = visible_tenant(person.role, person.tenant_id)
    groups = services.reading.findings(tenant)
    return render(request, "findings.html", person=person, groups=groups, retried=retried)


@router.post("/findings/{finding_id}/close")
@takes_form(Permission.ANSWER)
def close(
    request: Request,
    services: Serving,
    person: FormPerson,
    finding_id: Annotated[int, Path(ge=1, le=2**63 - 1)],
    note: Annotated[str, Form()] = "",
    order: Annotated[int, Form(ge=0, le=2**63 - 1)] = 0,
) -> Response:
    """Close a notice that a person has dealt with; `order` is the page it was closed from."""
    require(person.role, Permission.ANSWER)
    tenant = visible_tenant(person.role, person.tenant_id)
    if not services.close_notice(tenant, finding_id, note, person.email):
        return render(request, "answer_gone.html", person=person, status=409, order_id=order)
    return RedirectResponse(f"/orders/{order}" if order else "/findings", 303)


@router.post("/findings/{finding_id}/setting")
@takes_form(Permission.CHANGE_RULES)
def use_setting(
    request: Request, services: Serving, person: FormPerson, finding_id: Annotated[int, Path(ge=1, le=2**63 - 1)]
) -> Response:
    """Put the setting in force that a finding proposes."""
    require(person.role, Permission.CHANGE_RULES)
    tenant = visible_tenant(person.role, person.tenant_id)
    if not services.use_setting(tenant, finding_id, person.email):
        return render(request, "answer_gone.html", person=person, status=409, order_id=0)
    services.rules_changed()
    return RedirectResponse("/findings", 303)


@router.post("/findings/{code}/retry")
@takes_form(Permission.RETRY)
def retry(services: Serving, person: FormPerson, code: str, about: Annotated[str, Form()] = "") -> Response:
    """Make every order of a code due now, or those that wait for one thing."""
    require(person.role, Permission.RETRY)
    if code not in CATALOGUE:
        raise HTTPException(404)
    tenant = visible_tenant(person.role, person.tenant_id)
    count = services.retry_code(tenant, code, about[:200], person.email)
    return RedirectResponse(f"/findings?retried={count}", 303)
