"""The facts of a delivery that route it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """The few facts of a delivery that route it; the body is not looked into deeper than this."""

    topic: str
    delivery_id: str
    event_id: str | None
    triggered_at: datetime | None
    subject: str | None
    """The job it belongs to; None when the body names none that we know."""
