"""The Qliro emulator put together: one application, many merchants, told apart by their signature."""

from __future__ import annotations

from typing import cast

from fastapi import FastAPI, Request
from starlette.responses import Response

from sandbox.kit.control import install
from sandbox.qliro.api import LowerCasePaths, RefusedError, admin_router, refusal
from sandbox.qliro.control import control_router, sales_router
from sandbox.qliro.world import World


def create_app(world: World | None = None) -> FastAPI:
    """A Qliro ready to serve; tests may reach in through `app.state.world`."""
    known = world or World()
    app = FastAPI(title="Qliro emulator")
    app.state.world = known
    app.add_middleware(LowerCasePaths)
    app.add_exception_handler(RefusedError, _refuse)
    install(app, known)
    app.include_router(control_router(known))
    app.include_router(sales_router(known))
    app.include_router(admin_router(known))
    return app


def _refuse(_request: Request, error: Exception) -> Response:
    return refusal(cast("RefusedError", error))
