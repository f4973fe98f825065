"""Signing in and out, and choosing a language."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.tenants.sessions import NewSession, SignInRefusedError, keep_language, revoke_session, sign_in
from app.tenants.throttle import TooManyAttemptsError
from app.web.access import Anybody, FormNotOursError, FormPerson, Serving, local_path, session_cookie
from app.web.edge import form_token_fits
from app.web.form_bodies import FormRoute, takes_form
from app.web.i18n import LANGUAGES
from app.web.rendering import LANGUAGE_COOKIE, render

router = APIRouter(route_class=FormRoute)
_YEAR = 365 * 24 * 3600


@router.get("/sign-in")
def sign_in_page(request: Request, person: Anybody, next: str = "/") -> Response:  # noqa: A002  the parameter's name
    """The form; somebody who is signed in already goes on."""
    if person is not None:
        return RedirectResponse(local_path(next), 303)
    return render(request, "sign_in.html", next=local_path(next), email="", refused="")


@router.post("/sign-in")
@takes_form(is_open=True)
def sign_in_form(
    request: Request,
    services: Serving,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002  the field's name
) -> Response:
    """Check the pair. There is no session yet whose token the form could carry; the edge has checked its origin."""
    try:
        fresh = sign_in(
            services.store,
            services.passwords,
            email=email,
            password=password,
            address=address_of_request(request),
            now=services.clock(),
            lifetime=timedelta(hours=services.settings.session_hours),
        )
    except (SignInRefusedError, TooManyAttemptsError) as refusal:
        many = isinstance(refusal, TooManyAttemptsError)
        return render(
            request,
            "sign_in.html",
            status=429 if many else 401,
            next=local_path(next),
            email=email,
            refused="too_many" if many else "refused",
        )
    return keep_session(services, fresh, RedirectResponse(local_path(next), 303))


def keep_session(services: Serving, fresh: NewSession, answer: Response) -> Response:
    """Give the browser its session."""
    settings = services.settings
    answer.set_cookie(
        session_cookie(services),
        fresh.cookie,
        max_age=settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings.base_url.startswith("https://"),
    )
    return answer


def address_of_request(request: Request) -> str:
    """Network address that the request came from."""
    return request.client.host if request.client else ""


@router.post("/sign-out")
@takes_form()
def sign_out(services: Serving, person: FormPerson) -> Response:
    """End this browser's session."""
    with services.store.write() as session:
        revoke_session(session, person.session_hash, services.clock())
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(
        session_cookie(services),
        httponly=True,
        samesite="lax",
        secure=services.settings.base_url.startswith("https://"),
    )
    return answer


@router.post("/language")
@takes_form(is_open=True)
def choose(
    services: Serving,
    person: Anybody,
    language: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002  the field's name
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Remember a language: with the person when signed in, and in the browser for the sign-in page."""
    answer = RedirectResponse(local_path(next), 303)
    if language not in LANGUAGES:
        return answer
    if person is not None:
        if not form_token_fits(person.form_token, form_token):
            raise FormNotOursError
        with services.store.write() as session:
            keep_language(session, person.user_id, language)
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax")
    return answer
