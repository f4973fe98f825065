"""Outages of the database: logged in one line, not in a trace for each statement that failed meanwhile."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.kit.db.stopwatch import steady

log = structlog.get_logger(__name__)

_AWAY = ("08", "53", "57P", "58")
"""Classes of SQLSTATE: connections, resources (a full disk), the operator's hand, the system's own errors. The
operator's hand on one statement (57014, too slow) is none: that statement is at fault."""
_DISK_FULL = "53100"
_LOG_EACH_SECONDS = 30.0
_QUIET_SECONDS = 5.0
"""An outage is over when nothing has failed for so long: on a full disk some statements succeed in between."""


def is_outage(error: BaseException) -> bool:
    """Whether the statement is not at fault: it may be repeated when the database answers."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error)
    if state is not None:
        return state.startswith(_AWAY)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _state(error: BaseException) -> str | None:
    state: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state


class Outages:
    """What this process has seen of the database being away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posted: float | None = None
        self._last = 0.0
        self._logged_at: float | None = None
        self._not_logged = 0

    def note(self, error: BaseException) -> bool:
        """Whether the error is an outage; if so it is logged, at most every 30 seconds."""
        if not is_outage(error):
            return False
        at = steady()
        with self._lock:
            self._posted, self._last = at if self._posted is None else self._posted, at
            if self._logged_at is not None and at - self._logged_at < _LOG_EACH_SECONDS:
                self._not_logged += 1
                return True
            self._logged_at, not_logged, self._not_logged = at, self._not_logged, 0
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        event = "database_disk_full" if _state(error) == _DISK_FULL else "database_away"
        log.error(event, reason=reason, more_since_last=not_logged)
        return True

    def over(self) -> None:
        """The database answers: once nothing fails any more, how long it was away is logged."""
        with self._lock:
            if self._posted is None or steady() - self._last < _QUIET_SECONDS:
                return
            started, self._posted, self._logged_at, self._not_logged = self._posted, None, None, 0
        log.warning("database_back", seconds=round(self._last - started, 1))
