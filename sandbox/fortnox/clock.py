"""The emulator's clock: real time plus an offset that tests and scenarios may move."""

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# The books' day, and the zone of Fortnox's date-times (fortnox-api.md 2.3).
STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Clock:
    """Tell the time; ``offset_seconds`` moves it. Never used for the rate limit, which runs on real seconds."""

    def __init__(self, offset_seconds: float = 0) -> None:
        self._offset = timedelta(seconds=offset_seconds)
        self._lock = threading.Lock()

    @property
    def offset_seconds(self) -> float:
        """How far the clock is ahead of real time."""
        return self._offset.total_seconds()

    def move_to(self, offset_seconds: float) -> None:
        """Set the offset."""
        with self._lock:
            self._offset = timedelta(seconds=offset_seconds)

    def advance(self, seconds: float) -> None:
        """Add to the offset."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Tell the moment, in UTC."""
        return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """Tell the books' day."""
        return self.now().astimezone(STOCKHOLM).date()
