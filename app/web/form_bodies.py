"""Who may send a form to a route, and how much of it: decided by the headers, before the first byte of it is read.

FastAPI parses a form, and spools its files to disk, before it asks any dependency who sends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Message, Receive

from app.security.roles import Permission, require
from app.web.access import NotSignedInError, find_person, services_of
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
    """None: whoever is signed in."""
    is_open: bool = False
    """Taken from people who are not signed in, too."""
    most_bytes: int = SMALL

    @property
    def seconds(self) -> float:
        """For the whole body: a sender who dawdles holds a socket and room on the disk."""
        return _SECONDS + self.most_bytes / _BYTES_PER_SECOND


def takes_form(
    needs: Permission | None = None, *, is_open: bool = False, most_bytes: int = SMALL
) -> Callable[[_Endpoint], _Endpoint]:
    """Say it of an endpoint; stands below the line with its path."""

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
            if not rule.is_open:
                await _check_sender(request, rule)
            refused = refused_length(request.headers.get("content-length", "0"), rule.most_bytes)
            if refused is not None:
                raise HTTPException(refused[0])
            return await handle(Request(request.scope, _limited(request.receive, rule)))

        return guarded


async def _check_sender(request: Request, rule: FormRule) -> None:
    """Asked again by the endpoint: a session may end while a large body comes."""
    person = await run_in_threadpool(find_person, request, services_of(request))
    if person is None:
        raise NotSignedInError
    if rule.needs is not None:
        require(person.role, rule.needs)


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
