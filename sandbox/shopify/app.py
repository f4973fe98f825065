"""The Shopify emulator put together: one application, many shops, each under its domain as first path segment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from sandbox.kit.control import install
from sandbox.shopify.admin_api import admin_router
from sandbox.shopify.control import control_router
from sandbox.shopify.emulator import Config, Emulator
from sandbox.shopify.oauth import OAuth, OAuthRefusedError, oauth_router
from sandbox.shopify.payments.control import payments_router


def create_app(config: Config | None = None) -> FastAPI:
    """A Shopify ready to serve; webhook workers run while the application does."""
    emulator = Emulator(config or Config())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        emulator.emitter.deliverer.start()
        yield
        emulator.player.stop()
        emulator.emitter.deliverer.stop()

    app = FastAPI(title="Shopify emulator", lifespan=lifespan)
    app.state.emulator = emulator

    @app.exception_handler(OAuthRefusedError)
    def refuse(_: Request, refused: OAuthRefusedError) -> JSONResponse:
        return JSONResponse(refused.body, 404 if refused.body["error"] == "not_found" else 400)

    install(app, emulator)
    app.include_router(control_router(emulator))
    app.include_router(payments_router(emulator))
    app.include_router(oauth_router(OAuth(emulator.world, emulator.tokens)))
    app.include_router(admin_router(emulator))
    return app
