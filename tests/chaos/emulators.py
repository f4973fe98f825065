"""The outside systems as a process of their own: `python -m tests.chaos.emulators`; prints their addresses as JSON.

`POST /_sandbox/storm` of each lets its calls fail by chance: {"rate": 0.2, "seed": 7}.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from contextlib import ExitStack
from datetime import date
from typing import Any

from fastapi import FastAPI

from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import CompanyConfig, SandboxConfig, YearConfig
from sandbox.kit.control import Kit
from sandbox.kit.faults import FaultBoard, FaultKind, FaultSpec
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app as create_qliro
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config

_HOUR_IN_A_MINUTE = 60.0
"""Shopify's tries over four hours take four minutes."""
_KINDS: tuple[FaultKind, ...] = (
    "latency", "close_before", "reset_before", "close_after", "reset_after", "late_answer", "late_commit", "status",
    "malformed_json", "truncated_body", "html_page",
)  # fmt: skip
_STATUSES = (500, 502, 503, 429)


class Weather:
    """Spoils calls by chance, in place of a board's ordered faults."""

    def __init__(self, board: FaultBoard) -> None:
        self._ordered = board.take
        self._lock = threading.Lock()
        self._dice = random.Random(0)
        self._rate = 0.0
        self.hits = 0

    def blow(self, rate: float, seed: int) -> None:
        """From now on so many of all calls fail."""
        with self._lock:
            self._rate, self._dice = rate, random.Random(seed)

    def take(self, method: str, path: str) -> FaultSpec | None:
        """The fault for this call, if it gets one."""
        with self._lock:
            if self._dice.random() >= self._rate:
                return self._ordered(method, path)
            self.hits += 1
            kind = self._dice.choice(_KINDS)
            seconds = self._dice.uniform(0.1, 1.5)
            status = self._dice.choice(_STATUSES) if kind == "status" else 502
            return FaultSpec(kind=kind, seconds=seconds, status=status, body={"message": "bad day"})


def _with_weather(application: FastAPI) -> FastAPI:
    kit: Kit = application.state.kit
    weather = Weather(kit.faults)
    kit.faults.take = weather.take  # type: ignore[method-assign]

    @application.post("/_sandbox/storm")
    def storm(body: dict[str, Any]) -> dict[str, int]:
        weather.blow(float(body["rate"]), int(body.get("seed", 0)))
        return {"hits": weather.hits}

    return application


def companies(numbers: list[int]) -> tuple[CompanyConfig, ...]:
    """Companies that differ by their number alone."""
    year = date.today().year  # noqa: DTZ011 - the emulator's own default reckons by local days too
    years = tuple(YearConfig(from_date=date(one, 1, 1), to_date=date(one, 12, 31)) for one in (year - 1, year))
    return tuple(
        CompanyConfig(
            database_number=number,
            name=f"Bolag {number}",
            organisation_number=f"556999-{number % 10000:04d}",
            years=years,
        )
        for number in numbers
    )


def main() -> None:
    """Serve until the input ends."""
    numbers = [int(one) for one in sys.argv[1:]]
    fortnox = create_fortnox(SandboxConfig(companies=companies(numbers), rate_limit_calls=100_000))
    shopify = create_shopify(Config(time_scale=_HOUR_IN_A_MINUTE, bucket_maximum=1_000_000, bucket_restore=1_000_000))
    made = {"fortnox": fortnox, "shopify": shopify, "qliro": create_qliro()}
    with ExitStack() as stack:
        served = {name: stack.enter_context(ServerThread(_with_weather(app))) for name, app in made.items()}
        sys.stdout.write(json.dumps({name: one.url for name, one in served.items()}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
