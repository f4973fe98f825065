"""Faults on command: what a network or a server does to a call on a bad day.

A fault names the calls it hits (method and path globs, how many to let pass, how many to hit) and a kind. The line that
matters to a client is whether the handler ran: the ``*_before`` kinds and all false answers happen before it, the
``*_after`` kinds and ``late_commit`` leave its work done without the client knowing.
"""

import asyncio
import itertools
import json
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from sandbox.kit.asgi import App, Message, Receive, Scope, Send, drop_connection, read_body, replay_body
from sandbox.kit.asgi import remember_server_channel as remember

FaultKind = Literal[
    "latency",  # wait `seconds`, then answer normally
    "close_before",  # connection closed, handler never ran
    "reset_before",  # connection reset, handler never ran
    "close_after",  # handler ran, connection closed instead of its answer
    "reset_after",  # handler ran, connection reset instead of its answer
    "late_answer",  # handler ran at once, its answer waits `seconds` (client times out, work is done)
    "late_commit",  # handler runs only after `seconds`, even if the client has left (work is done later)
    "status",  # answer `status` with `body`, handler never ran
    "unauthorized",  # answer 401 {"message": "unauthorized"}, handler never ran
    "malformed_json",  # handler ran, body is JSON cut in the middle, with a correct length
    "truncated_body",  # handler ran, connection closed in the middle of the body
    "wrong_content_type",  # handler ran, its body arrives as `content_type`
    "html_page",  # a proxy's HTML error page with `status`, handler never ran
]
FAULT_KINDS: tuple[str, ...] = get_args(FaultKind)

_HTML = (
    "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>The proxy is unwell.</p></body></html>"
)


class FaultSpec(BaseModel):
    """One fault as ordered over HTTP or in code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    method: str = Field(default="*", description="glob over the method, e.g. POST")
    path: str = Field(default="*", description="glob over the path, e.g. /3/invoices/*/bookkeep")
    skip: int = Field(default=0, ge=0, description="matching calls to let pass first")
    times: int | None = Field(default=1, ge=1, description="matching calls to hit; null for all")
    seconds: float = Field(default=1.0, ge=0, description="for latency, late_answer, late_commit")
    status: int = Field(default=500, description="for status and html_page")
    body: Any = Field(default=None, description="for status: JSON, or a text that is sent as it is")
    headers: dict[str, str] = Field(default_factory=dict, description="for status: e.g. Retry-After")
    content_type: str = Field(default="text/html", description="for wrong_content_type")


@dataclass
class Fault:
    """A fault in force, with its counters."""

    id: int
    spec: FaultSpec
    seen: int = 0
    hits: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Count a call if it matches; true when the fault hits it."""
        if not (fnmatchcase(method, self.spec.method.upper()) and fnmatchcase(path, self.spec.path)):
            return False
        if self.spec.times is not None and self.hits >= self.spec.times:
            return False
        self.seen += 1
        if self.seen <= self.spec.skip:
            return False
        self.hits += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """Show the fault with what it has done so far."""
        return {"id": self.id, **self.spec.model_dump(), "seen": self.seen, "hits": self.hits}


@dataclass
class FaultBoard:
    """The faults in force; the first one that matches a call hits it, the others are not counted."""

    _faults: list[Fault] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, spec: FaultSpec) -> Fault:
        """Put a fault in force."""
        with self._lock:
            fault = Fault(next(self._ids), spec)
            self._faults.append(fault)
            return fault

    def order(self, kind: FaultKind, method: str = "*", path: str = "*", **details: Any) -> Fault:  # noqa: ANN401
        """Put a fault in force from code: ``faults.order("close_after", "POST", "/3/invoices")``."""
        return self.add(FaultSpec(kind=kind, method=method, path=path, **details))

    def take(self, method: str, path: str) -> FaultSpec | None:
        """Find the fault that hits this call, and count it."""
        with self._lock:
            return next((fault.spec for fault in self._faults if fault.takes(method, path)), None)

    def clear(self, fault_id: int | None = None) -> int:
        """Lift one fault, or all; how many were lifted."""
        with self._lock:
            keep = [] if fault_id is None else [fault for fault in self._faults if fault.id != fault_id]
            lifted = len(self._faults) - len(keep)
            self._faults = keep
            return lifted

    def as_json(self) -> list[dict[str, Any]]:
        """Show all faults, spent ones included."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]


class FaultMiddleware:
    """Let ordered faults hit calls. The control interface under ``/_sandbox`` is never hit."""

    def __init__(self, app: App, faults: FaultBoard) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call, or spoil it."""
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self.app(scope, receive, send)
            return
        remember(scope, receive)
        fault = self.faults.take(scope["method"], scope["path"])
        if fault is None:
            await self.app(scope, receive, send)
            return
        # Read first: after the client has left, the server's channel gives no body any more.
        body = await read_body(receive)
        await self._spoil(fault, scope, replay_body(body, receive), send)

    async def _spoil(self, fault: FaultSpec, scope: Scope, receive: Receive, send: Send) -> None:
        kind = fault.kind
        if kind in {"latency", "late_commit"}:
            await asyncio.sleep(fault.seconds)
            await self.app(scope, receive, send)
        elif kind in {"close_before", "reset_before"}:
            await drop_connection(scope, receive, reset=kind == "reset_before")
        elif kind in {"status", "unauthorized", "html_page"}:
            await _send_answer(send, *_false_answer(fault))
        else:
            answer = await _run_unseen(self.app, scope, receive)
            await _spoil_answer(fault, answer, scope, receive, send)


async def _run_unseen(app: App, scope: Scope, receive: Receive) -> list[Message]:
    """Run the handler and keep its answer instead of sending it."""
    answer: list[Message] = []

    async def keep(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, keep)
    return answer


async def _spoil_answer(fault: FaultSpec, answer: list[Message], scope: Scope, receive: Receive, send: Send) -> None:
    start = next(message for message in answer if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in answer if message["type"] == "http.response.body")
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    if fault.kind in {"close_after", "reset_after"}:
        await drop_connection(scope, receive, reset=fault.kind == "reset_after")
    elif fault.kind == "late_answer":
        await asyncio.sleep(fault.seconds)
        await _send_answer(send, start["status"], headers, body)
    elif fault.kind == "malformed_json":
        await _send_answer(send, start["status"], headers, body[: max(1, len(body) // 2)] or b"{")
    elif fault.kind == "wrong_content_type":
        kept = [(name, value) for name, value in headers if name.lower() != b"content-type"]
        await _send_answer(send, start["status"], [*kept, (b"content-type", fault.content_type.encode())], body)
    else:  # truncated_body
        length = (b"content-length", str(len(body) + 1).encode())
        await send({"type": "http.response.start", "status": start["status"], "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await drop_connection(scope, receive, reset=False)


def _false_answer(fault: FaultSpec) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Make the answer of a server that never ran the handler."""
    extra = [(name.lower().encode(), value.encode()) for name, value in fault.headers.items()]
    if fault.kind == "unauthorized":
        return 401, [(b"content-type", b"application/json"), *extra], b'{"message":"unauthorized"}'
    if fault.kind == "html_page":
        page = _HTML.format(f"{fault.status} Bad Gateway" if fault.status == 502 else str(fault.status))
        return fault.status, [(b"content-type", b"text/html; charset=utf-8"), *extra], page.encode()
    if isinstance(fault.body, str):
        return fault.status, [(b"content-type", b"text/plain; charset=utf-8"), *extra], fault.body.encode()
    body = b"" if fault.body is None else json.dumps(fault.body, ensure_ascii=False).encode()
    return fault.status, [(b"content-type", b"application/json"), *extra], body


async def _send_answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
