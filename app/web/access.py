"""Who asks: the dependencies that find the signed-in person, check a form's token and a role's permission."""

from __future__ import annotations

import re
from typing import Annotated, cast

from fastapi import Depends, Form, Request

from app.tenants.roles import Permission, require, visible_tenant
from app.tenants.sessions import SignedIn, find_session
from app.web.edge import form_token_fits
from app.web.services import Services

_LOCAL_PATH = re.compile(r"(?:/(?!\.{1,2}(?:[/?]|$))[A-Za-z0-9_\-.~%+]+)*/?(?:\?[A-Za-z0-9/_\-.~%?&=+]*)?")


class NotSignedInError(Exception):
    """The page needs a signed-in person; the answer is the sign-in page."""


class FormNotOursError(Exception):
    """A form without the token of its session."""


def services_of(request: Request) -> Services:
    """What the application was built with."""
    return cast("Services", request.app.state.services)


def session_cookie(services: Services) -> str:
    """The cookie's name. The prefix makes browsers refuse it from a subdomain or over plain HTTP."""
    return "__Host-bokbro" if services.settings.base_url.startswith("https://") else "bokbro"


def find_person(request: Request, services: Annotated[Services, Depends(services_of)]) -> SignedIn | None:
    """The person behind the cookie, if any."""
    cookie = request.cookies.get(session_cookie(services))
    if not cookie:
        return None
    with services.store.read() as session:
        return find_session(session, cookie, services.clock())


def the_person(person: Annotated[SignedIn | None, Depends(find_person)]) -> SignedIn:
    """The signed-in person. Raises NotSignedInError."""
    if person is None:
        raise NotSignedInError
    return person


def form_person(person: Annotated[SignedIn, Depends(the_person)], form_token: Annotated[str, Form()] = "") -> SignedIn:
    """The signed-in person, whose session's token came with the form. Raises FormNotOursError."""
    if not form_token_fits(person.form_token, form_token):
        raise FormNotOursError
    return person


def own_tenant(person: SignedIn, permission: Permission) -> int:
    """The tenant that a person acts for. Raises NotAllowedError; operators act for none."""
    require(person.role, permission)
    tenant_id = visible_tenant(person.role, person.tenant_id)
    if tenant_id is None:
        raise NotSignedInError
    return tenant_id


def local_path(path: str) -> str:
    """A path of ours to go back to; anything that could lead elsewhere becomes the first page."""
    return path if path.startswith("/") and _LOCAL_PATH.fullmatch(path) else "/"


Serving = Annotated[Services, Depends(services_of)]
Anybody = Annotated[SignedIn | None, Depends(find_person)]
Person = Annotated[SignedIn, Depends(the_person)]
FormPerson = Annotated[SignedIn, Depends(form_person)]
