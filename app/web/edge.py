"""The outermost layer of every page: security headers, the guard against other sites, and the last net for faults.

Plain ASGI rather than a framework middleware, and stepped over for webhooks: those are guarded by their signatures, and
their path must stay as short as it can be.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security.csrf import comes_from_us
from app.store.outage import Outages
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
