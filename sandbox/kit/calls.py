"""The call log: what a client really asked, in order, with how it ended."""

import json
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from sandbox.kit.asgi import App, Message, Receive, Scope, Send, read_body, remember_server_channel, replay_body

# Enough for a burst test of several hundred orders; older calls fall out, the counts keep them.
KEPT_CALLS = 20_000
_CALL = "sandbox.call"


@dataclass
class Call:
    """One call. ``status`` stays null when the connection was dropped without an answer."""

    number: int
    time: datetime
    method: str
    path: str
    query: str
    body: Any
    tenant: str | None = None
    status: int | None = None
    duration_ms: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Show the call; times in UTC, durations in milliseconds."""
        return {
            "number": self.number,
            "time": self.time.isoformat(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": self.body,
            "tenant": self.tenant,
            "status": self.status,
            "duration_ms": self.duration_ms,
        }


@dataclass(frozen=True)
class CallFilter:
    """Which calls to show: globs for method and path, exact status and tenant, numbers above ``after``."""

    method: str = "*"
    path: str = "*"
    status: int | None = None
    tenant: str | None = None
    after: int = 0

    def admits(self, call: Call) -> bool:
        """Tell whether a call is wanted."""
        return (
            call.number > self.after
            and fnmatchcase(call.method, self.method.upper())
            and fnmatchcase(call.path, self.path)
            and (self.status is None or call.status == self.status)
            and (self.tenant is None or call.tenant == self.tenant)
        )


@dataclass
class CallLog:
    """A bounded log of calls, in order of arrival."""

    _calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))
    _number: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, method: str, path: str, query: str, body: bytes) -> Call:
        """Note a call that has arrived."""
        with self._lock:
            self._number += 1
            call = Call(self._number, datetime.now(UTC), method, path, query, _readable(body))
            self._calls.append(call)
            return call

    def select(self, wanted: CallFilter) -> list[Call]:
        """List the calls wanted, oldest first."""
        with self._lock:
            return [call for call in self._calls if wanted.admits(call)]

    def count(self, wanted: CallFilter) -> dict[str, Any]:
        """Count the calls wanted: in all, by method and path, by status, by tenant."""
        calls = self.select(wanted)
        return {
            "total": len(calls),
            "by_call": dict(Counter(f"{call.method} {call.path}" for call in calls)),
            "by_status": dict(Counter(str(call.status) for call in calls)),
            "by_tenant": dict(Counter(str(call.tenant) for call in calls)),
        }

    def clear(self) -> None:
        """Forget all calls; the numbering goes on."""
        with self._lock:
            self._calls.clear()


def note_tenant(scope: Scope, tenant: str) -> None:
    """Write into the log for whom the current call works (company, shop)."""
    call = scope.get(_CALL)
    if isinstance(call, Call):
        call.tenant = tenant


class CallLogMiddleware:
    """Write every call outside ``/_sandbox`` to the log, faulted ones included."""

    def __init__(self, app: App, calls: CallLog) -> None:
        self.app = app
        self.calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call and note how it ended."""
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self.app(scope, receive, send)
            return
        remember_server_channel(scope, receive)
        body = await read_body(receive)
        call = self.calls.begin(scope["method"], scope["path"], scope.get("query_string", b"").decode("latin-1"), body)
        scope[_CALL] = call
        started = time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
            await send(message)

        try:
            await self.app(scope, replay_body(body, receive), noting)
        finally:
            call.duration_ms = round((time.perf_counter() - started) * 1000, 3)


def _readable(body: bytes) -> Any:  # noqa: ANN401  any JSON
    """Show a body as JSON where it is JSON, else as text; null when empty."""
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
