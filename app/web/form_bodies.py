"""Decides by headers who may send a form to a route and how large it may be, before its body is read.

FastAPI parses a form, and spools its files to disk, before it asks any dependency who sends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Message, Receive

from app.tenants.roles import Permission, require
from app.tenants.sessions import SignedIn
from app.web.access import NotSignedInError, find_person, services_of
from app.web.limits import Limits
from app.web.reading_bodies import refused_length

SMALL = 64_000
"""Bytes of a form with some fields."""
LARGE = 2_000_000
"""Bytes of a form with a table in it: rules, accounts, a map of a thousand columns."""
_SECONDS = 10.0
_BYTES_PER_SECOND = 300_000
"""The slowest sender that is waited for: 2.4 Mbit a second."""
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class FormRule:
    """What is asked of a form before it is read."""

    needs: Permission | None = None
    """None: everybody who is signed in."""
    is_open: bool = False
    """Taken from people who are not signed in, too."""
    most_bytes: int = SMALL

    @property
    def is_upload(self) -> bool:
        """Whether it may hold more than a form: then it takes temporary space."""
        return self.most_bytes > LARGE

    @property
    def seconds(self) -> float:
        """Seconds for the whole body: a slow sender holds a socket and disk space."""
        return _SECONDS + self.most_bytes / _BYTES_PER_SECOND


def takes_form(
    needs: Permission | None = None, *, is_open: bool = False, most_bytes: int = SMALL
) -> Callable[[_Endpoint], _Endpoint]:
    """Decorator of an endpoint; it is placed below the line with its path."""

    def say(endpoint: _Endpoint) -> _Endpoint:
        vars(endpoint)["form_rule"] = FormRule(needs, is_open, most_bytes)
        return endpoint

    return say


class FormRoute(APIRoute):
    """A route that keeps its endpoint's rule; one without a rule takes nothing."""

    @property
    def form_rule(self) -> FormRule | None:
        """What the endpoint asks."""
        return getattr(self.endpoint, "form_rule", None)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the rule. Raises NotSignedInError, NotAllowedError, HTTPException 400, 408 and 413."""
        handle, rule = super().get_route_handler(), self.form_rule

        async def guarded(request: Request) -> Response:
            if rule is None:
                return await handle(request)
            person = None if rule.is_open else await _sender(request, rule)
            refused = refused_length(request.headers.get("content-length", "0"), rule.most_bytes)
            if refused is not None:
                raise HTTPException(refused[0])
            limited = Request(request.scope, _limited(request.receive, rule))
            if person is None or not rule.is_upload:
                return await handle(limited)
            with _room(services_of(request).limits, request, person, rule):
                return await handle(limited)

        return guarded


async def _sender(request: Request, rule: FormRule) -> SignedIn:
    """Who sends it. Asked again by the endpoint: a session may end while a large body comes."""
    person = await run_in_threadpool(find_person, request, services_of(request))
    if person is None:
        if services_of(request).limits.refusals.refuses(address_of(request)):
            raise HTTPException(429)
        raise NotSignedInError
    if rule.needs is not None:
        require(person.role, rule.needs)
    return person


@contextmanager
def _room(limits: Limits, request: Request, person: SignedIn, rule: FormRule) -> Iterator[None]:
    """Temporary space for a file while it comes and is kept. Raises HTTPException 429 and 503."""
    came_from, holder = address_of(request), str(person.tenant_id)
    if limits.uploads.is_spent(came_from):
        raise HTTPException(429)
    limits.uploads.charge(came_from)
    size = int(request.headers.get("content-length", rule.most_bytes))
    if not limits.room.take(holder, size):
        raise HTTPException(503)
    try:
        yield
    finally:
        limits.room.give_back(holder, size)


def address_of(request: Request) -> str:
    """Where a request came from, as uvicorn has found it out."""
    return request.client.host if request.client else ""


def _limited(receive: Receive, rule: FormRule) -> Receive:
    """A body that ends with 413 beyond its size and with 408 after its time."""
    left = rule.most_bytes
    until = asyncio.get_running_loop().time() + rule.seconds

    async def limited() -> Message:
        nonlocal left
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError as error:
            raise HTTPException(408) from error
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return limited
