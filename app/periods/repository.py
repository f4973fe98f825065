"""What the end of a month reads of orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import DateTime, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH

from app.kit.db.engine import ReadSession
from app.model.order import BOOKS_ZONE
from app.schema import Snapshot

_LONGEST_WAIT = timedelta(days=400)
"""An order older than this that is still not delivered is no matter of cut-off any more."""


def undelivered_orders(session: ReadSession, tenant_id: int, last_day: date) -> Iterator[Snapshot]:
    """Booked orders of the time that are not delivered whole, or were so only after the month; oldest first."""
    end = datetime.combine(last_day + timedelta(days=1), time(), BOOKS_ZONE)
    delivered_at = cast(Snapshot.order["delivered_at"].astext, DateTime(timezone=True))
    waiting = func.jsonb_path_exists(Snapshot.order, cast("$.lines[*] ? (@.undelivered > 0)", JSONPATH))
    conditions = (Snapshot.tenant_id == tenant_id, Snapshot.booked_total.is_not(None))
    of_the_time = (Snapshot.processed_at < end, Snapshot.processed_at > end - _LONGEST_WAIT)
    statement = select(Snapshot).where(*conditions, *of_the_time, or_(waiting, delivered_at >= end))
    yield from session.scalars(statement.order_by(Snapshot.processed_at, Snapshot.order_id))
