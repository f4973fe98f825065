"""The people of a company: who they are, inviting one by a link, the list of one's own companies, joining by a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.tenants.passwords import MIN_PASSWORD_LENGTH, WeakPasswordError
from app.tenants.people import (
    IN_COMPANY,
    INVITATION_DAYS,
    AddressTakenError,
    InvitationGoneError,
    LastMerchantError,
    OpenInvitation,
    accept,
    add_person,
    choose_company,
    companies_of,
    invitation_of,
    invite,
    leave,
    members,
    open_invitations,
    withdraw,
)
from app.tenants.roles import Permission, Role, visible_tenant
from app.tenants.sessions import SignInRefusedError, open_session, sign_in
from app.tenants.throttle import TooManyAttemptsError
from app.web.access import Anybody, FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import FormRoute, takes_form
from app.web.pages.sign_in import address_of_request, keep_session
from app.web.rendering import language_of, render

router = APIRouter(route_class=FormRoute)
_MOST = 2**63 - 1
"""The largest id that the database has."""


@router.get("/company/people")
def people(request: Request, services: Serving, person: Person, done: str = "") -> Response:
    """Show who belongs to the company, and who was invited."""
    return _page(request, services, person, done=done if done in ("removed", "withdrawn") else "")


@router.post("/company/people/invite")
@takes_form(Permission.MANAGE_PEOPLE)
def invite_one(
    request: Request,
    services: Serving,
    person: FormPerson,
    role: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Make a link and show it, once."""
    tenant = own_tenant(person, Permission.MANAGE_PEOPLE)
    if role not in IN_COMPANY:
        return _page(request, services, person, error="role", status=422)
    with services.store.write() as session:
        token = invite(session, tenant, Role(role), note=note, by=person.email, now=services.clock())
    link = f"{services.settings.base_url}/invitation/{token}"
    return _page(request, services, person, link=link)


@router.post("/company/people/withdraw")
@takes_form(Permission.MANAGE_PEOPLE)
def withdraw_one(
    request: Request, services: Serving, person: FormPerson, invitation: Annotated[str, Form()] = ""
) -> Response:
    """End an invitation that nobody has used."""
    tenant = own_tenant(person, Permission.MANAGE_PEOPLE)
    try:
        with services.store.write() as session:
            withdraw(session, tenant, invitation, by=person.email, now=services.clock())
    except InvitationGoneError:
        return _page(request, services, person, error="gone", status=409)
    return RedirectResponse("/company/people?done=withdrawn", 303)


@router.post("/company/people/remove")
@takes_form(Permission.MANAGE_PEOPLE)
def remove_one(
    request: Request, services: Serving, person: FormPerson, user: Annotated[int, Form(le=_MOST)] = 0
) -> Response:
    """End what a person may do in the company; the next page they open is another one."""
    tenant = own_tenant(person, Permission.MANAGE_PEOPLE)
    try:
        with services.store.write() as session:
            there = leave(session, user, tenant)
    except LastMerchantError:
        return _page(request, services, person, error="last", status=409)
    return RedirectResponse(f"/company/people?done={'removed' if there else ''}", 303)


@router.get("/companies")
def companies(request: Request, services: Serving, person: Person) -> Response:
    """The person's companies, to choose one."""
    with services.store.read() as session:
        own = companies_of(session, person.user_id)
    return render(request, "companies.html", person=person, companies=own)


@router.post("/companies/choose")
@takes_form()
def choose(services: Serving, person: FormPerson, company: Annotated[int, Form(le=_MOST)] = 0) -> Response:
    """Show another company from now on, in this browser."""
    with services.store.write() as session:
        chosen = choose_company(session, person.session_hash, person.user_id, company)
    return RedirectResponse("/" if chosen else "/companies", 303)


@router.get("/invitation/{token}")
def invitation(request: Request, services: Serving, person: Anybody, token: str) -> Response:
    """What the link invites to."""
    try:
        with services.store.read() as session:
            invited = invitation_of(session, token, services.clock())
    except InvitationGoneError:
        return render(request, "invitation.html", person=person, invited=None, status=410)
    return _invitation(request, person, token, invited)


@router.post("/invitation/{token}/join")
@takes_form()
def join_signed_in(request: Request, services: Serving, person: FormPerson, token: str) -> Response:
    """Join as the person who is signed in."""
    try:
        with services.store.write() as session:
            tenant = accept(session, token, person.user_id, person.email, services.clock())
            choose_company(session, person.session_hash, person.user_id, tenant)
    except InvitationGoneError:
        return render(request, "invitation.html", person=person, invited=None, status=410)
    return RedirectResponse("/", 303)


@router.post("/invitation/{token}/sign-in")
@takes_form(is_open=True)
def join_by_password(
    request: Request,
    services: Serving,
    token: str,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Sign in to an account that there is, and join."""
    try:
        with services.store.read() as session:
            invited = invitation_of(session, token, services.clock())
        try:
            fresh = sign_in(
                services.store, services.passwords, email=email, password=password, now=services.clock(),
                address=address_of_request(request), lifetime=timedelta(hours=services.settings.session_hours),
                invitation=token,
            )  # fmt: skip
        except (SignInRefusedError, TooManyAttemptsError) as refusal:
            error = "too_many" if isinstance(refusal, TooManyAttemptsError) else "refused"
            return _invitation(request, None, token, invited, email=email, sign_in_error=error, status=401)
    except InvitationGoneError:
        return render(request, "invitation.html", person=None, invited=None, status=410)
    return keep_session(services, fresh, RedirectResponse("/", 303))


@router.post("/invitation/{token}/account")
@takes_form(is_open=True)
def join_anew(
    request: Request,
    services: Serving,
    token: str,
    name: Annotated[str, Form()] = "",
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make an account, and join. The slow hash is computed outside the transaction."""
    now = services.clock()
    email = email.replace("\0", "").strip().lower()  # PostgreSQL's text knows no NUL
    try:
        with services.store.read() as session:
            invited = invitation_of(session, token, now)
        errors = _errors(name, email)
        try:
            hashed = services.passwords.hash(password)
        except WeakPasswordError:
            errors.append("password")
        if errors:
            return _invitation(request, None, token, invited, name=name, email=email, errors=errors, status=422)
        try:
            with services.store.write() as session:
                language = language_of(request, None)
                user = add_person(session, email=email, name=name, password_hash=hashed, language=language)
                tenant = accept(session, token, user, email, now)
                lifetime = timedelta(hours=services.settings.session_hours)
                fresh = open_session(session, user_id=user, now=now, lifetime=lifetime, tenant_id=tenant)
        except AddressTakenError:
            return _invitation(request, None, token, invited, name=name, email=email, errors=["taken"], status=409)
    except InvitationGoneError:
        return render(request, "invitation.html", person=None, invited=None, status=410)
    return keep_session(services, fresh, RedirectResponse("/", 303))


def _errors(name: str, email: str) -> list[str]:
    """Fields that cannot be as they are."""
    local, at, host = email.strip().partition("@")
    is_address = bool(local and at and host) and "." in host and " " not in email.strip()
    return [*([] if name.strip() else ["name"]), *([] if is_address else ["email"])]


def _invitation(
    request: Request,
    person: Anybody,
    token: str,
    invited: OpenInvitation,
    *,
    name: str = "",
    email: str = "",
    errors: list[str] | None = None,
    sign_in_error: str = "",
    status: int = 200,
) -> Response:
    return render(
        request, "invitation.html", person=person, status=status, invited=invited, token=token, name=name, email=email,
        errors=errors or [], sign_in_error=sign_in_error, least=MIN_PASSWORD_LENGTH,
    )  # fmt: skip


def _page(
    request: Request,
    services: Serving,
    person: Person,
    *,
    link: str = "",
    error: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    tenant = visible_tenant(person.role, person.tenant_id)
    if tenant is None:
        return RedirectResponse("/", 303)  # operators have no company of their own
    with services.store.read() as session:
        everybody = members(session, tenant)
        invitations = open_invitations(session, tenant, services.clock())
    return render(
        request, "people.html", person=person, status=status, members=everybody, invitations=invitations, link=link,
        error=error, done=done, roles=IN_COMPANY, days=INVITATION_DAYS,
    )  # fmt: skip
