"""Watching all traffic of an emulator and holding it against the official description.

Switched on by the environment: `WATCH_VARIABLE` names the OpenAPI file. All emulators of one process share one watch,
so a whole test run, or the demo, ends with one line.
"""

import os
import threading
from collections import Counter
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TypedDict
from urllib.parse import unquote

from sandbox.fidelity.describing import Description, Finding, Operation, load_description
from sandbox.fidelity.tolerances import load_tolerances
from sandbox.fortnox.app import WATCH_VARIABLE
from sandbox.kit.asgi import App, Message, Receive, Scope, Send, read_body, replay_body

_PREFIXES = ("/3/", "/api/")
_OUR_CLIENT = "Bokbro/"
_ANSWERS_KEPT = 200
"""Newest answers that are remembered with what was found in them."""


class Tally(TypedDict):
    """What one process saw, of built-in types only: test workers send it to the run's leader."""

    checked: int
    refused: int
    undescribed: list[tuple[str, int]]
    tolerated: list[tuple[str, int]]
    unexplained: list[tuple[str, str, str, str, int, str]]


class Watch:
    """What was checked and what was found. Safe to use from several servers' threads."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._rules = load_tolerances().description
        self._lock = threading.Lock()
        self.checked = 0
        self.refused = 0
        self.undescribed: Counter[str] = Counter()
        self.tolerated: Counter[str] = Counter()
        self.unexplained: Counter[tuple[str, str, str, str]] = Counter()
        self._told: dict[tuple[str, str, str, str], str] = {}
        self._answers: dict[tuple[str, int, str, bytes], tuple[Finding, ...]] = {}

    def see(self, request: "SeenRequest", status: int, kind: str, body: bytes) -> None:
        """Check one request and its answer.

        A request that was refused is not held against the description unless our own client sent it: tests send
        nonsense on purpose, our client never should.
        """
        words = [unquote(word) for word in request.path.split("/") if word]
        operation = self._description.find(request.method, words)
        with self._lock:
            if operation is None:
                self._note_undescribed(f"{request.method} /{'/'.join(words)}", status)
                return
            self.checked += 2
            findings = [*self._of_answer(operation, status, kind, body)]
            if status < 400 or request.agent.startswith(_OUR_CLIENT):
                findings += operation.check_path(words)
                findings += operation.check_query(request.query, self._description.shared)
                if "json" in request.kind:
                    findings += operation.check_request(request.body)
            else:
                self.checked -= 1
                self.refused += 1
            for finding in findings:
                self._note(finding)

    def _of_answer(self, operation: Operation, status: int, kind: str, body: bytes) -> tuple[Finding, ...]:
        """Check an answer; one that was seen before, to the byte, says the same again (registers are read often)."""
        seen = (operation.call, status, kind, body)
        if seen not in self._answers:
            if len(self._answers) >= _ANSWERS_KEPT:
                self._answers.pop(next(iter(self._answers)))
            self._answers[seen] = tuple(operation.check_answer(status, kind, body))
        return self._answers[seen]

    def tally(self) -> "Tally":
        """Give what was seen in a form that another process can take over."""
        with self._lock:
            return {
                "checked": self.checked,
                "refused": self.refused,
                "undescribed": list(self.undescribed.items()),
                "tolerated": list(self.tolerated.items()),
                "unexplained": [(*key, count, self._told[key]) for key, count in self.unexplained.items()],
            }

    def take_over(self, tally: "Tally") -> None:
        """Add what another process saw."""
        with self._lock:
            self.checked += tally["checked"]
            self.refused += tally["refused"]
            self.undescribed.update(dict(tally["undescribed"]))
            self.tolerated.update(dict(tally["tolerated"]))
            for side, call, kind, place, count, told in tally["unexplained"]:
                self.unexplained[side, call, kind, place] += count
                self._told.setdefault((side, call, kind, place), told)

    @property
    def is_clean(self) -> bool:
        """Whether every difference and every call has its explanation."""
        return not self.unexplained and not self.undescribed

    def summary(self) -> str:
        """Say in one line what was checked."""
        line = (
            f"openapi: {self.checked:,} requests and answers checked, {self.unexplained.total():,} unexplained, "
            f"{self.tolerated.total():,} tolerated by {len(self.tolerated)} rules, "
            f"{self.undescribed.total():,} without a description"
        )
        return f"{line} ({self.refused:,} refused requests seen)"

    def details(self) -> list[str]:
        """Tell what was found: unexplained differences with an example, rules used, calls without a description."""
        lines = [f"unexplained ×{count}: {self._told[key]}" for key, count in self.unexplained.most_common()]
        lines += [f"tolerated ×{count}: {name}" for name, count in self.tolerated.most_common()]
        return lines + [f"without a description ×{count}: {call}" for call, count in self.undescribed.most_common()]

    def _note_undescribed(self, call: str, status: int) -> None:
        """Note a call that the description does not know; one that the emulator does not know either is no news."""
        rules = load_tolerances().beyond
        rule = next((rule for rule in rules if any(fnmatchcase(call, one) for one in rule.calls)), None)
        if rule is not None:
            self.tolerated[rule.name] += 1
        elif status != 404:
            self.undescribed[call] += 1

    def _note(self, finding: Finding) -> None:
        one = (finding.side, finding.call, finding.kind, finding.place)
        rule = next((rule for rule in self._rules if rule.covers(*one, finding.value)), None)
        if rule is not None:
            self.tolerated[rule.name] += 1
            return
        self.unexplained[one] += 1
        self._told.setdefault(one, f"{finding.side} {finding.call}: {finding.kind} {finding.place} {finding.told}")


class SeenRequest:
    """A request as it came in. ``path`` is still percent-encoded."""

    def __init__(self, scope: Scope, body: bytes) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.method: str = scope["method"]
        self.path: str = scope["raw_path"].decode("latin-1")
        self.query: str = scope["query_string"].decode("latin-1")
        self.kind = headers.get("content-type", "")
        self.agent = headers.get("user-agent", "")
        self.body = body


class WatchMiddleware:
    """Shows a watch every API call. Sits inside the faults: what a fault spoils is not the emulator's answer."""

    def __init__(self, app: App, watch: Watch) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call and show it."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIXES):
            await self.app(scope, receive, send)
            return
        body = await read_body(receive)
        answer: list[Message] = []

        async def noting(message: Message) -> None:
            answer.append(message)
            await send(message)

        await self.app(scope, replay_body(body, receive), noting)
        headers = dict(answer[0]["headers"])
        content = b"".join(message.get("body", b"") for message in answer[1:])
        kind = headers.get(b"content-type", b"").decode("latin-1")
        self.watch.see(SeenRequest(scope, body), answer[0]["status"], kind, content)


@cache
def watch_of(path: str) -> Watch:
    """Give the process's one watch over a description."""
    return Watch(load_description(Path(path)))


def current_watch() -> Watch | None:
    """Give the watch that the environment asks for."""
    path = os.environ.get(WATCH_VARIABLE)
    return watch_of(path) if path else None
