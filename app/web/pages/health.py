"""What a load balancer asks: is this process alive, and can it serve."""

from __future__ import annotations

import anyio
from anyio import CapacityLimiter
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.heartbeat import count_living
from app.web.access import services_of
from app.web.bounded import Bounded
from app.web.services import Services

router = APIRouter()

_READY_SECONDS = 1.5
"""A balancer that waits longer than two seconds is rare."""
_looks = Bounded(CapacityLimiter(4))
"""Threads of their own: while the database hangs, these hang too, and the next question is answered without one."""


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Alive, whatever else is broken: needs no thread."""
    return {"status": "alive"}


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Ready when the database answers in time and the process is ready; also reports how many workers live."""
    given = services_of(request)
    try:
        is_ready, workers = await _looks.run(anyio.current_time() + _READY_SECONDS, _look, given)
    except (TimeoutError, SQLAlchemyError):
        return JSONResponse({"status": "no database"}, 503)
    status = "ready" if is_ready else "starting"
    return JSONResponse({"status": status, "workers": workers}, 200 if is_ready else 503)


def _look(services: Services) -> tuple[bool, int]:
    with services.store.read() as session:
        workers = count_living(session)
    services.store.outages.over()
    return services.ready(), workers
