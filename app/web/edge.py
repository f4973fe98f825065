"""The outermost middleware of every page: security headers, cross-site checks, and the handler of last resort.

Plain ASGI rather than a framework middleware, and stepped over for webhooks: those are guarded by their signatures, and
their path must stay as short as it can be.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.db.outage import Outages
from app.kit.random_tokens import same
from app.web.reading_bodies import UnreadBody

_log = structlog.get_logger()
_WEBHOOKS = "/webhooks/"
_STATIC = "/static/"
_STATIC_SECONDS = 3600

Page = Callable[[Request, str, int, str], HTMLResponse]
"""Renders an error page: request, kind of error, status, reference."""


class Edge:
    """Wraps an ASGI application."""

    def __init__(self, app: ASGIApp, *, headers: dict[str, str], origin: str, page: Page, outages: Outages) -> None:
        self.app = app
        self._headers = headers
        self._origin = origin
        self._page = page
        self._outages = outages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(_WEBHOOKS):
            await self.app(scope, receive, send)
            return
        started = False
        body = UnreadBody(scope, receive)
        receive = body.receive

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                self._guard(headers, scope["path"])
                if body.is_left:
                    headers["Connection"] = "close"
            await send(message)

        if not comes_from_us(scope["method"], Headers(scope=scope), self._origin):
            await self._page(Request(scope), "csrf", 403, "")(scope, receive, send_guarded)
            return
        try:
            await self.app(scope, receive, send_guarded)
        except Exception as error:
            if self._outages.note(error) and not started:
                await self._page(Request(scope), "database", 503, "")(scope, receive, send_guarded)
                return
            reference = secrets.token_hex(4)
            _log.exception("page_failed", reference=reference, path=scope["path"], method=scope["method"])
            if started:
                raise
            await self._page(Request(scope), "server", 500, reference)(scope, receive, send_guarded)

    def _guard(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self._headers.items():
            headers[name] = value
        if path.startswith(_STATIC):
            headers["Cache-Control"] = f"public, max-age={_STATIC_SECONDS}"


_YEAR = 365 * 24 * 3600


def security_headers(form_hosts: Iterable[str], *, secure: bool) -> dict[str, str]:
    """All headers of a page. `secure` adds HSTS; it is off in development, where it would lock localhost to TLS."""
    headers = {
        "Content-Security-Policy": "; ".join(
            (
                "default-src 'none'",
                "style-src 'self'",
                "script-src 'self'",
                "img-src 'self' data:",
                f"form-action 'self' {' '.join(form_hosts)}".rstrip(),
                "frame-ancestors 'none'",
                "base-uri 'none'",
            )
        ),
        "X-Content-Type-Options": "nosniff",
        # Not `no-referrer`: with it browsers send `Origin: null` in our own forms, and the CSRF guard reads Origin.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if secure:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
    return headers


def origin(url: str) -> str:
    """Scheme and host of an address. Raises ValueError for one that is not of http."""
    parts = urlsplit(url)
    if not re.fullmatch(r"https?", parts.scheme) or not parts.netloc:
        raise ValueError(f"not an http address: {url!r}")
    return f"{parts.scheme}://{parts.netloc}"


FORM_FIELD = "form_token"
"""The name of the hidden field that carries the session's token."""


_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


_OWN_SITES = frozenset({"same-origin", "none"})


def comes_from_us(method: str, headers: Mapping[str, str], own_origin: str) -> bool:
    """Whether a request may change something.

    Safe methods may always pass. Others need `Sec-Fetch-Site: same-origin` (or `none`: typed by the person), or, from
    browsers and networks without that header, an `Origin` equal to ours. A request with neither is refused.
    `headers` must be looked up without regard to case.
    """
    if method.upper() in _SAFE_METHODS:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITES
    return headers.get("origin") == own_origin


def form_token_fits(session_token: str, given: object) -> bool:
    """Compare a form's token with the session's, in constant time."""
    return isinstance(given, str) and same(session_token, given)
