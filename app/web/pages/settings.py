"""The settings page: a company's rules, checked against the chart of accounts; every version is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.model.finding import Finding
from app.periods.oss_map import OssFile, read_oss, write_oss
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.repository import history, load_rules, put_in_force, rules_from_json, rules_to_json
from app.tenants.roles import Permission
from app.tenants.rules import TenantRules
from app.tenants.sessions import SignedIn
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import LARGE, FormRoute, takes_form
from app.web.rendering import render
from app.web.services import Services
from app.web.settings import GROUPS, FormError, read_form, shown_values
from app.web.spreadsheet import csv_text

router = APIRouter(route_class=FormRoute)

_FILE_MOST = 200_000
"""Bytes of an OSS file: every country and rate is some six thousand."""


@router.get("/settings")
def settings(request: Request, services: Serving, person: Person, saved: int | None = None, woken: int = 0) -> Response:
    """Show the rules in force."""
    _tenant, rules = _in_force(services, person)
    return _page(request, services, person, rules, shown_values(rules), {}, saved=saved, woken=woken)


@router.post("/settings")
@takes_form(Permission.CHANGE_RULES, most_bytes=LARGE)
async def change(request: Request, services: Serving, person: FormPerson) -> Response:
    """Put what the form says in force, whole or not at all."""
    tenant, rules = _in_force(services, person)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    if form.get("version") != str(rules.version):
        # Two people, or two windows: the later one must see what the earlier one did.
        return _page(request, services, person, rules, shown_values(rules), {"version": "version"}, status=409)
    try:
        stored = read_form(rules, form)
    except FormError as error:
        return _page(request, services, person, rules, {**shown_values(rules), **form}, error.errors, status=422)
    requested = rules_from_json(stored, rules.version)
    if unknown := _newly_unknown(services, tenant, rules, requested):
        values = {**shown_values(requested), **form}
        errors = dict.fromkeys(unknown, "code")
        return _page(request, services, person, rules, values, errors, unknown=unknown, status=422)
    known = list(services.check_rules(tenant, rules))
    objections = [objection for objection in services.check_rules(tenant, requested) if objection not in known]
    if objections and "anyway" not in form:
        # A wrong account is reported while its number is still in the field; older faults do not block saving.
        values = {**shown_values(requested), **form}
        return _page(request, services, person, rules, values, {}, objections=objections, status=422)
    return _saved(services, person, tenant, stored)


@router.get("/settings/oss.csv")
def oss_file(services: Serving, person: Person, proposed: bool = False) -> Response:  # noqa: FBT001, FBT002
    """The OSS map as a file."""
    _tenant, rules = _in_force(services, person)
    return csv_text("bokbro-oss.csv", write_oss(rules.accounts, proposed=proposed))


@router.post("/settings/oss")
@takes_form(Permission.CHANGE_RULES, most_bytes=LARGE)
def oss_preview(request: Request, services: Serving, person: FormPerson, file: UploadFile) -> Response:
    """Show what a file would change, and change nothing."""
    _tenant, rules = _in_force(services, person)
    text = file.file.read(_FILE_MOST).decode("utf-8", "replace")
    return _oss_page(request, person, read_oss(text, rules.accounts), text, rules.version)


@router.post("/settings/oss/confirm")
@takes_form(Permission.CHANGE_RULES, most_bytes=LARGE)
def oss_confirm(
    request: Request,
    services: Serving,
    person: FormPerson,
    text: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = -1,
) -> Response:
    """Put the file that was shown in force."""
    tenant, rules = _in_force(services, person)
    if version != rules.version:
        return _page(request, services, person, rules, shown_values(rules), {"version": "version"}, status=409)
    read = read_oss(text[:_FILE_MOST], rules.accounts)
    if read.bad:
        return _oss_page(request, person, read, text, rules.version)
    return _saved(services, person, tenant, rules_to_json(rules) | {"accounts": read.laid_over(rules.accounts)})


def _newly_unknown(services: Services, tenant: int, now: TenantRules, requested: TenantRules) -> dict[str, str]:
    """Field → codes that Fortnox does not have and that are new in the form: old ones do not block saving."""
    unknown = services.unknown_codes(tenant, requested)
    before = services.unknown_codes(tenant, now) if unknown else {}
    new = {field: [code for code in codes if code not in before.get(field, ())] for field, codes in unknown.items()}
    return {field: ", ".join(codes) for field, codes in new.items() if codes}


def _in_force(services: Services, person: SignedIn) -> tuple[int, TenantRules]:
    """The tenant whose rules a person may change, and these rules. Raises NotAllowedError."""
    tenant = own_tenant(person, Permission.CHANGE_RULES)
    with services.store.read() as session:
        return tenant, load_rules(session, tenant)


def _saved(services: Services, person: SignedIn, tenant: int, stored: dict[str, object]) -> Response:
    with services.store.write() as session:
        version, woken = put_in_force(session, tenant, stored, by=person.email)
    services.rules_changed()
    return RedirectResponse(f"/settings?saved={version}&woken={woken}", 303)


def _oss_page(request: Request, person: SignedIn, read: OssFile, text: str, version: int) -> Response:
    status = 422 if read.bad else 200
    return render(request, "settings_oss.html", person=person, read=read, text=text, version=version, status=status)


def _page(
    request: Request,
    services: Services,
    person: SignedIn,
    rules: TenantRules,
    values: dict[str, str],
    errors: dict[str, str],
    *,
    saved: int | None = None,
    woken: int = 0,
    objections: Sequence[Finding] | None = None,
    unknown: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    tenant = own_tenant(person, Permission.CHANGE_RULES)
    with services.store.read() as session:
        versions = history(session, tenant)
    roles = [role for role in {**DEFAULT_ACCOUNTS, **rules.accounts} if not role.startswith("oss_")]
    chart = services.check_rules(tenant, rules) if objections is None else objections
    return render(
        request, "settings.html", person=person, groups=GROUPS, values=values, errors=errors, roles=roles, saved=saved,
        unknown=unknown or {}, sees_stock=services.sees_stock(tenant),
        woken=woken, versions=versions, version=rules.version, chart=chart, status=status, asks=objections is not None,
        chart_by_role={objection.data["role"]: objection for objection in chart if "role" in objection.data},
        oss_mapped=sum(role.startswith("oss_sales.") for role in rules.accounts),
    )  # fmt: skip
