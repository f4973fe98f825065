"""The page of missing accounts: roles that findings name, payment methods of the shop's own orders."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.master_data.account_requests import asked_roles, laid_over, read_choices, seen_methods, stems
from app.model.finding import Finding
from app.tenants.repository import load_rules, put_in_force, rules_from_json
from app.tenants.roles import Permission
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import LARGE, FormRoute, takes_form
from app.web.rendering import render
from app.web.services import Services

router = APIRouter(route_class=FormRoute)


@router.get("/accounts")
def accounts(request: Request, services: Serving, person: Person, saved: int | None = None, woken: int = 0) -> Response:
    """Show what is asked for, with proposals."""
    return _page(request, services, person, {}, saved=saved, woken=woken)


@router.post("/accounts")
@takes_form(Permission.CHANGE_RULES, most_bytes=LARGE)
async def choose(request: Request, services: Serving, person: FormPerson) -> Response:
    """Put the chosen accounts in force and look again at what waited, all or nothing."""
    tenant = own_tenant(person, Permission.CHANGE_RULES)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    with services.store.read() as session:
        rules = load_rules(session, tenant)
        methods = seen_methods(session, tenant, rules)
    choices, wrong = read_choices(form, rules)
    if wrong:
        return _page(request, services, person, form, wrong=wrong, status=422)
    stored = laid_over(rules, choices, methods)
    known = list(services.check_rules(tenant, rules))
    requested = rules_from_json(stored, rules.version)
    objections = [objection for objection in services.check_rules(tenant, requested) if objection not in known]
    if objections and "anyway" not in form:
        return _page(request, services, person, form, objections=objections, status=422)
    with services.store.write() as session:
        version, woken = put_in_force(session, tenant, stored, by=person.email)
    services.rules_changed()
    return RedirectResponse(f"/accounts?saved={version}&woken={woken}", 303)


def _page(
    request: Request,
    services: Services,
    person: Person,
    values: dict[str, str],
    *,
    wrong: Sequence[str] = (),
    objections: Sequence[Finding] = (),
    saved: int | None = None,
    woken: int = 0,
    status: int = 200,
) -> Response:
    tenant = own_tenant(person, Permission.CHANGE_RULES)
    with services.store.read() as session:
        rules = load_rules(session, tenant)
        roles, methods = asked_roles(session, tenant, rules), seen_methods(session, tenant, rules)
    return render(
        request, "accounts.html", person=person, roles=roles, methods=methods, stems=stems(rules), values=values,
        wrong=wrong, objections=objections, saved=saved, woken=woken, status=status,
        oss_is_off=rules.oss_from is None and any(role.role.startswith("oss_") for role in roles),
    )  # fmt: skip
