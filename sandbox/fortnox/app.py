"""The application: one host for ``/oauth-v1``, ``/3``, ``/api`` and ``/_sandbox``."""

import os
import time

from fastapi import FastAPI, Request, Response

from sandbox.fortnox.config import SandboxConfig
from sandbox.fortnox.control import control_router
from sandbox.fortnox.gate import RawCall, answer
from sandbox.fortnox.oauth.routes import oauth_router
from sandbox.fortnox.topics.socket import install_topics
from sandbox.fortnox.wire import respond
from sandbox.fortnox.world import World
from sandbox.kit.calls import note_tenant
from sandbox.kit.control import install

_METHODS = ["GET", "POST", "PUT", "DELETE"]
# Names the OpenAPI file that all traffic is held against; see `sandbox.fidelity.watching`.
WATCH_VARIABLE = "BOKBRO_FORTNOX_OPENAPI"


def create_app(config: SandboxConfig | None = None) -> FastAPI:
    """Make an emulator; its world is ``app.state.world``, its faults and calls are in ``app.state.kit``."""
    world = World(config or SandboxConfig())
    app = FastAPI(title="Fortnox emulator", docs_url=None, redoc_url=None, openapi_url="/_sandbox/openapi.json")
    app.state.world = world
    _watch(app)
    kit = install(app, world)
    install_topics(app, world, kit.faults)
    app.include_router(control_router(world))
    app.include_router(oauth_router(world))

    # A plain route: the emulator checks bodies itself, in Fortnox's words, so FastAPI's machinery would only cost time.
    async def api(request: Request) -> Response:
        headers = request.headers
        raw = RawCall(
            method=request.method,
            path=request.scope["raw_path"].decode("latin-1"),
            query=request.url.query,
            authorization=headers.get("authorization", ""),
            accept=headers.get("accept", ""),
            content_type=headers.get("content-type", ""),
            body=await request.body(),
            base_url=str(request.base_url).rstrip("/"),
        )
        started = time.perf_counter()
        reply = answer(world, raw)
        reply.headers["X-Rack-Responsetime"] = str(int((time.perf_counter() - started) * 1000))
        if raw.tenant:
            note_tenant(request.scope, str(raw.tenant[0]))
        return respond(reply)

    app.add_route("/3/{path:path}", api, methods=_METHODS)
    app.add_route("/api/{path:path}", api, methods=_METHODS)
    return app


def _watch(app: FastAPI) -> None:
    """Hold all traffic against the official description, where the environment names it."""
    path = os.environ.get(WATCH_VARIABLE)
    if path:
        # Needs packages that only developers have.
        from sandbox.fidelity.watching import WatchMiddleware, watch_of  # noqa: PLC0415

        app.add_middleware(WatchMiddleware, watch=watch_of(path))
