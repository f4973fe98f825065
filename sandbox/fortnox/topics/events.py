"""The log of what happened: one order of events per topic, over all companies, kept for 14 days."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.fortnox.clock import STOCKHOLM

KEPT = timedelta(days=14)
TOPICS = (
    "articles", "customers", "invoices", "orders", "vouchers", "financial-years", "currencies", "cost-centers",
    "projects", "termsofpayments", "termsofdeliveries", "waysofdeliveries",
)  # fmt: skip
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Event:
    """One thing that happened. ``place`` counts the events of all topics; clients see it only as ``offset``."""

    place: int
    topic: str
    type: str
    tenant: int
    entity: str
    at: datetime

    @property
    def offset(self) -> str:
        """The place as the word that clients send back."""
        return offset_of(self.place)

    def as_json(self) -> dict[str, Any]:
        """Show the event as it goes over the wire."""
        return {
            "topic": self.topic,
            "offset": self.offset,
            "type": self.type,
            "tenantId": self.tenant,
            "entityId": self.entity,
            "timestamp": self.at.astimezone(STOCKHOLM).isoformat(),
        }


def offset_of(place: int) -> str:
    """Write a place as a word nobody should read a number from."""
    word = ""
    while place:
        place, digit = divmod(place, len(_DIGITS))
        word = _DIGITS[digit] + word
    return f"x{word}"


def place_of(offset: str) -> int | None:
    """Read a word of ours; null when it is none."""
    if not offset.startswith("x") or any(sign not in _DIGITS for sign in offset[1:]):
        return None
    place = 0
    for sign in offset[1:]:
        place = place * len(_DIGITS) + _DIGITS.index(sign)
    return place


@dataclass
class EventLog:
    """All events of the last 14 days by the emulator's clock."""

    now: Callable[[], datetime]
    _events: list[Event] = field(default_factory=list)
    _places: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _last: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, topic: str, kind: str, tenant: int, entity: str) -> None:
        """Note that something happened."""
        with self._lock:
            self._last = next(self._places)
            self._events.append(Event(self._last, topic, kind, tenant, entity, self.now()))

    def after(self, topic: str, place: int) -> list[Event]:
        """Give the events of a topic beyond a place, in order."""
        with self._lock:
            self._forget()
            return [event for event in self._events if event.topic == topic and event.place > place]

    def last(self) -> int:
        """Give the place of the newest event."""
        with self._lock:
            return self._last

    def holds(self, place: int) -> bool:
        """Tell whether all that came after a place can still be told."""
        with self._lock:
            oldest = self._forget()
            return place <= self._last and (place == self._last or place + 1 >= oldest)

    def clear(self) -> None:
        """Forget everything; the places go on, so that no old offset fits a new event."""
        with self._lock:
            self._events = []
            self._last = next(self._places)

    def newest(self, count: int) -> list[Event]:
        """Give the newest events of all topics."""
        with self._lock:
            return self._events[-count:]

    def _forget(self) -> int:
        """Drop what is too old; the place of the oldest event that is left."""
        limit = self.now() - KEPT
        self._events = [event for event in self._events if event.at > limit]
        return self._events[0].place if self._events else self._last + 1
