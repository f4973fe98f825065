"""The company's state: trial, live, paused. Going live is one act, with the first day that is booked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.kit.db.engine import WriteSession
from app.model.order import books_day
from app.readiness.rows import Readiness
from app.tenants.company_state import StateChangeError, go_live, pause, resume, start_trial, state_view
from app.tenants.roles import Permission, visible_tenant
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import FormRoute, takes_form
from app.web.rendering import render

router = APIRouter(route_class=FormRoute)
_REPAIRED_AT = {
    "ledger": "/", "shop": "/", "rights": "/", "accounts": "/accounts", "codes": "/settings", "scopes": "/",
    "orders": "/findings",
}  # fmt: skip
"""Row of the readiness check → the page where it is repaired, where that is one of ours."""


@router.get("/company")
def company(request: Request, services: Serving, person: Person, changed: bool = False) -> Response:  # noqa: FBT001, FBT002  a query parameter
    """Show the state, what it means, and the next step."""
    return _page(request, services, person, changed=changed)


@router.get("/company/readiness")
def readiness(request: Request, services: Serving, person: Person) -> Response:
    """Show what must be repaired before going live, and what is worth a look."""
    tenant = visible_tenant(person.role, person.tenant_id)
    if tenant is None:
        return RedirectResponse("/", 303)
    return render(request, "readiness.html", person=person, check=services.readiness(tenant, None), links=_REPAIRED_AT)


@router.post("/company/trial")
@takes_form(Permission.GO_LIVE)
def trial(request: Request, services: Serving, person: FormPerson) -> Response:
    """Begin the trial."""
    tenant = own_tenant(person, Permission.GO_LIVE)
    return _changed(request, services, person, lambda session: start_trial(session, tenant, by=person.email))


@router.post("/company/live")
@takes_form(Permission.GO_LIVE)
def live(
    request: Request,
    services: Serving,
    person: FormPerson,
    start_day: Annotated[str, Form()] = "",
    sure: Annotated[str, Form()] = "",
    anyway: Annotated[str, Form()] = "",
) -> Response:
    """Have everything from a day on booked. What is red for that day is shown first."""
    tenant = own_tenant(person, Permission.GO_LIVE)
    try:
        day = date.fromisoformat(start_day.strip())
    except ValueError:
        return _page(request, services, person, error="start_day", start_day=start_day, status=422)
    if not sure:
        return _page(request, services, person, error="sure", start_day=start_day, status=422)
    check = services.readiness(tenant, day)
    if check.red and not anyway:
        return _page(request, services, person, error="red", start_day=start_day, check=check, status=422)
    return _changed(request, services, person, lambda session: go_live(session, tenant, day, by=person.email))


@router.post("/company/pause")
@takes_form(Permission.PAUSE)
def stop_writing(request: Request, services: Serving, person: FormPerson) -> Response:
    """Write nothing more until somebody resumes."""
    tenant = own_tenant(person, Permission.PAUSE)
    return _changed(request, services, person, lambda session: pause(session, tenant, by=person.email))


@router.post("/company/resume")
@takes_form(Permission.GO_LIVE)
def write_again(request: Request, services: Serving, person: FormPerson) -> Response:
    """Go on after a pause."""
    tenant = own_tenant(person, Permission.GO_LIVE)
    return _changed(request, services, person, lambda session: resume(session, tenant, by=person.email))


def _changed(request: Request, services: Serving, person: Person, change: Callable[[WriteSession], object]) -> Response:
    """Change the state; where it is another one by now, show which."""
    try:
        with services.store.write() as session:
            change(session)
    except StateChangeError:
        return _page(request, services, person, error="state", status=409)
    services.look_now()
    return RedirectResponse("/company?changed=true", 303)


def _page(
    request: Request,
    services: Serving,
    person: Person,
    *,
    error: str = "",
    start_day: str | None = None,
    check: Readiness | None = None,
    changed: bool = False,
    status: int = 200,
) -> Response:
    tenant = visible_tenant(person.role, person.tenant_id)
    if tenant is None:
        return RedirectResponse("/", 303)  # operators have no company of their own
    with services.store.read() as session:
        view = state_view(session, tenant)
    proposed = view.start_day or books_day(services.clock())
    return render(
        request,
        "company.html",
        person=person,
        status=status,
        view=view,
        error=error,
        start_day=start_day if start_day is not None else proposed.isoformat(),
        changed=changed,
        connections=services.reading.connections(tenant),
        check=check or services.readiness(tenant, None),
        is_red=error == "red",
    )
