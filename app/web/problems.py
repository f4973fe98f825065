"""Error pages: a catalogue entry for what a person can fix, plain words for the rest."""

from __future__ import annotations

import secrets
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.catalogue import lookup
from app.connections.errors import ConnectRefusedError
from app.tenants.roles import NotAllowedError
from app.tenants.sessions import SignedIn
from app.web.access import FormNotOursError, NotSignedInError
from app.web.rendering import render

_STATUS = {
    "FORTNOX_CONSENT_REFUSED": 403,
    "FORTNOX_LICENCE_MISSING": 403,
    "FORTNOX_APP_LICENCE_MISSING": 403,
    "FORTNOX_NO_ADMIN_RIGHT": 403,
    "FORTNOX_SCOPE_MISSING": 403,
    "FORTNOX_CONSENT_LOST": 403,
    "FORTNOX_WRONG_COMPANY": 409,
    "FORTNOX_COMPANY_TAKEN": 409,
    "FORTNOX_APP_MISCONFIGURED": 502,
    "FORTNOX_ANSWER_UNREADABLE": 502,
    "FORTNOX_REFUSED_UNKNOWN": 502,
    "FORTNOX_RATE_LIMITED": 503,
    "FORTNOX_UNAVAILABLE": 503,
    "OAUTH_STATE_FOREIGN": 403,
    "OAUTH_STATE_REPLAYED": 409,
    "QLIRO_ACCESS_REFUSED": 403,
    "QLIRO_ACCOUNT_TAKEN": 409,
    "QLIRO_UNAVAILABLE": 503,
    "SHOPIFY_CREDENTIALS_REFUSED": 403,
    "SHOPIFY_CONSENT_REFUSED": 403,
    "SHOPIFY_SCOPE_MISSING": 403,
    "SHOPIFY_ACCESS_DENIED": 403,
    "SHOPIFY_TOKEN_REVOKED": 403,
    "SHOPIFY_INSTALL_FORGED": 403,
    "SHOPIFY_SHOP_TAKEN": 409,
    "SHOPIFY_WEBHOOKS_REFUSED": 502,
    "SHOPIFY_THROTTLED": 503,
    "SHOPIFY_UNAVAILABLE": 503,
}
"""HTTP status by code; what is missing is a fault of the request itself, 400."""
_KINDS = {
    403: "forbidden",
    404: "not_found",
    408: "too_slow",
    413: "too_large",
    429: "too_many",
    503: "crowded",
}
"""Which words an error page has, by its status."""


def problem_page(request: Request, refusal: ConnectRefusedError, person: SignedIn | None, back: str) -> HTMLResponse:
    """The page of a connect flow that ended in a catalogue code. `back` is `fortnox`, `shopify` or `qliro`."""
    return render(
        request,
        "problem.html",
        person=person,
        status=_STATUS.get(refusal.code, 400),
        finding=lookup(refusal.code),
        values=refusal.values,
        back=back,
    )


def error_page(request: Request, kind: str, status: int, reference: str = "") -> HTMLResponse:
    """A page in plain words. Knows no person: the fault may be in finding out who it is."""
    return render(request, "error.html", status=status, kind=kind, reference=reference)


def install_error_pages(app: FastAPI) -> None:
    """Give every expected error of a page its answer."""
    app.add_exception_handler(NotSignedInError, _to_sign_in)
    app.add_exception_handler(NotAllowedError, lambda request, _: error_page(request, "forbidden", 403))
    app.add_exception_handler(FormNotOursError, lambda request, _: error_page(request, "csrf", 403))
    app.add_exception_handler(RequestValidationError, lambda request, _: error_page(request, "bad_request", 400))
    app.add_exception_handler(HTTPException, _http_error)


def _to_sign_in(request: Request, _error: Exception) -> Response:
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = quote(target, safe="") if request.method == "GET" else ""
    return RedirectResponse(f"/sign-in?next={back}" if back else "/sign-in", 303)


def _http_error(request: Request, error: Exception) -> Response:
    status = cast("HTTPException", error).status_code
    kind = _KINDS.get(status, "bad_request")
    return error_page(request, kind, status, secrets.token_hex(4))
