"""What a load balancer asks: is this process alive, and can it serve."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.web.access import Serving

router = APIRouter()


@router.get("/health/live")
def live() -> dict[str, str]:
    """Alive, whatever else is broken."""
    return {"status": "alive"}


@router.get("/health/ready")
def ready(services: Serving) -> JSONResponse:
    """Ready when the database answers and the process says so itself."""
    try:
        with services.store.read() as session:
            session.execute(text("select 1"))
    except SQLAlchemyError:
        return JSONResponse({"status": "no database"}, 503)
    return JSONResponse({"status": "ready"}) if services.ready() else JSONResponse({"status": "starting"}, 503)
