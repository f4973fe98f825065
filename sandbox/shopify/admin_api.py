"""The Admin API over HTTP: versions, tokens, states of the shop, then GraphQL (shopify-api.md 0, 1.6, 6)."""

from __future__ import annotations

import json
import re
import uuid

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from sandbox.kit.calls import note_tenant
from sandbox.shopify.emulator import Emulator
from sandbox.shopify.graphql.shops import SUPPORTED_VERSIONS

VERSION = re.compile(r"20\d\d-(01|04|07|10)")
BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"
STATE_STATUS = {"frozen": 402, "locked": 423, "forbidden": 403}
"""HTTP status of a shop that is not open: unpaid bill, locked, fraud (section 6)."""


def served_version(asked: str) -> tuple[str | None, bool]:
    """Which version answers, and whether it is not the one asked for: old ones fall forward to the oldest (0)."""
    if asked == "unstable" or asked in SUPPORTED_VERSIONS:
        return asked, False
    if VERSION.fullmatch(asked) and asked < SUPPORTED_VERSIONS[0]:
        return SUPPORTED_VERSIONS[0], True
    return None, False


REFUSED_ADDRESS = {
    "empty": ("", "text/plain"),
    "html": ("<html><head><title>403 Forbidden</title></head><body>403 Forbidden</body></html>", "text/html"),
    "json": ('{"error":"forbidden"}', "application/json"),
}
"""Bodies that a call from an address outside the app's allowlist may get: none of them is GraphQL's."""


def refused_address(emulator: Emulator) -> Response:
    """The answer to an address outside the app's IP allowlist (changelog of 5 November 2026)."""
    body, kind = REFUSED_ADDRESS[emulator.world.switches.refused_address_body]
    return Response(body, 403, media_type=kind)


def admin_router(emulator: Emulator) -> APIRouter:
    """The GraphQL path of every shop."""
    router = APIRouter()
    world, tokens, endpoint = emulator.world, emulator.tokens, emulator.endpoint

    @router.post("/{domain}/admin/api/{version}/graphql.json")
    async def graphql(domain: str, version: str, request: Request) -> Response:
        """Answer one GraphQL call."""
        note_tenant(request.scope, domain)
        if emulator.blocks_addresses:
            return refused_address(emulator)
        shop = world.shops.get(domain)
        served, forward = served_version(version)
        if shop is None or served is None:
            return JSONResponse({"errors": "Not Found"}, 404)
        token = tokens.find(request.headers.get("x-shopify-access-token"), domain)
        if token is None:
            return JSONResponse({"errors": BAD_TOKEN}, 401)
        if shop.state in STATE_STATUS:
            return JSONResponse({"errors": f"Shop is {shop.state}"}, STATE_STATUS[shop.state])
        try:
            body = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"errors": "Bad Request: the body is not JSON"}, 400)
        headers = {"x-shopify-api-version": served, "x-request-id": str(uuid.uuid4())}
        if forward:
            headers["x-shopify-api-version-warning"] = "https://shopify.dev/concepts/about-apis/versioning"
        touched: set[str] = set()
        answer = await run_in_threadpool(endpoint.answer, shop, token, body, touched)
        deprecated = sorted(touched & emulator.deprecated)
        if deprecated:
            headers["x-shopify-api-deprecated-reason"] = ", ".join(deprecated)
        return JSONResponse(answer, headers=headers)

    return router
