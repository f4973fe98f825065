"""Replay recorded calls against the emulator: ``python -m sandbox.fidelity.replaying FOLDER``, or ``make replay``.

Each recording meets a company prepared like the recorded one (`preparing`). Compared are status, content type,
Location, and the whole body: keys, JSON types and values. The exit status is 1 if a difference has no rule.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from sandbox.fidelity.comparing import Difference, compare
from sandbox.fidelity.preparing import TENANT, RefusedError, company_of, prepare, rebuild_body, seconds_until
from sandbox.fidelity.recordings import Recording, read_recordings
from sandbox.fidelity.tolerances import load_tolerances
from sandbox.fortnox.app import create_app
from sandbox.fortnox.config import SandboxConfig
from sandbox.fortnox.wire import encode
from sandbox.kit.serving import ServerThread

_REAL_HOST = "https://api.fortnox.se"
_GONE = "0123456789abcdef0123456789abcdef01234567"
_CLIENT = ("bokbro-demo", "bokbro-demo-secret")
_MASKED = "masked-request"
_LONGEST_CELL = 300


@dataclass(frozen=True)
class Outcome:
    """What became of one recording. ``tolerated`` maps rule names to how often they applied."""

    name: str
    failures: tuple[str, ...] = ()
    tolerated: dict[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """One word for the table."""
        return "different" if self.failures else "tolerated" if self.tolerated else "equal"


class Replayer:
    """Replays against one served emulator; each recording begins on an empty company."""

    def __init__(self, http: httpx2.Client, base_url: str) -> None:
        self._http = http
        self._base_url = base_url
        self._tokens: dict[str, Any] = {}

    def replay(self, recording: Recording) -> Outcome:
        """Prepare, ask, compare."""
        self._begin(recording)
        try:
            prepare(self._ask, recording)
        except RefusedError as error:
            return Outcome(recording.name, (f"could not be prepared: {error}",))
        answer = self._send(recording)
        rules = {_MASKED: 1} if recording.is_masked else {}
        failures = []
        for difference in _differences(recording, answer, self._base_url):
            rule = next((one for one in load_tolerances().replay if one.covers(difference, recording.moment)), None)
            if rule is None:
                failures.append(str(difference))
            else:
                rules[rule.name] = rules.get(rule.name, 0) + 1
        return Outcome(recording.name, tuple(failures), rules)

    def _begin(self, recording: Recording) -> None:
        self._control("reset", {})
        offset = seconds_until(recording, datetime.now(UTC))
        self._control("clock", {"offset_seconds": offset})
        self._control("companies", company_of(recording))
        order: dict[str, Any] = {"company": TENANT}
        if "scope" in recording.answer:
            order["scopes"] = recording.answer["scope"].split()
        self._tokens = self._control("tokens", order)

    def _control(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"/_sandbox/{what}", json=body)
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result

    def _ask(self, method: str, path: str, root: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        body = None if fields is None else encode({root: fields}).encode()
        answer = self._http.request(method, f"/3/{path}", content=body, headers=self._headers())
        if answer.status_code >= 300:
            raise RefusedError(f"{method} {path}", answer.text)
        found: dict[str, Any] = json.loads(answer.content, parse_float=Decimal)[root]
        return found

    def _headers(self) -> dict[str, str]:
        token = self._tokens["access_token"]
        return {"Authorization": f"Bearer {token}", "Accept": "application/json", "Content-Type": "application/json"}

    def _send(self, recording: Recording) -> httpx2.Response:
        address = f"{recording.path}?{recording.query}" if recording.query else recording.path
        if recording.path.startswith("/oauth-v1"):
            token = self._tokens["refresh_token"] if recording.status < 300 else _GONE
            form = recording.body.replace("<REFRESH_TOKEN>", token)
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._http.request(recording.method, address, content=form, headers=kind, auth=_CLIENT)
        if recording.status == 401:
            self._control("tokens/expire", {})
        body = rebuild_body(recording) if recording.is_masked else recording.body
        content = None if body is None else encode(body).encode()
        return self._http.request(recording.method, address, content=content, headers=self._headers())


def _differences(recording: Recording, answer: httpx2.Response, base_url: str) -> Iterator[Difference]:
    if recording.status != answer.status_code:
        yield Difference("status", "", recording.status, f"{answer.status_code} {answer.text[:_LONGEST_CELL]}")
        return
    for name in ("location", "content-type"):
        if recording.headers.get(name) != answer.headers.get(name):
            yield Difference("header", name, recording.headers.get(name), answer.headers.get(name))
    text = answer.text.replace(base_url, _REAL_HOST)
    yield from compare(recording.answer, json.loads(text, parse_float=Decimal))


@contextmanager
def replayer() -> Iterator[Replayer]:
    """Serve an emulator without rate limit and give a replayer on it."""
    app = create_app(SandboxConfig(rate_limit_calls=1_000_000))
    with ServerThread(app) as server, httpx2.Client(base_url=server.url, timeout=10) as http:
        yield Replayer(http, server.url)


def replay_folder(folder: Path) -> list[Outcome]:
    """Replay every recording of a folder."""
    with replayer() as one:
        return [one.replay(recording) for recording in read_recordings(folder)]


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("recording", "", "differences, or the rules that cover them")
    for outcome in outcomes:
        rules = [f"{name} ×{count}" for name, count in outcome.tolerated.items()]
        colour = {"equal": "green", "tolerated": "yellow", "different": "red"}[outcome.verdict]
        table.add_row(outcome.name, f"[{colour}]{outcome.verdict}[/]", "\n".join([*outcome.failures, *rules]))
    return table


def main() -> int:
    """Replay a folder and print the table."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.fidelity.replaying", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="holds rec-*.json")
    outcomes = replay_folder(parser.parse_args().folder)
    console = Console()
    if not outcomes:
        console.print("NOT CHECKED: the folder holds no rec-*.json")
        return 1
    console.print(_table(outcomes))
    counts = {
        word: sum(outcome.verdict == word for outcome in outcomes) for word in ("equal", "tolerated", "different")
    }
    console.print(f"{len(outcomes)} recordings: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
