"""A second process of a test: `python -m tests.support.pipeline.child <what> <json>` says "ready", then waits."""

from __future__ import annotations

import json
import sys
from typing import Any

from app.jobs.notifier import SilentNotifier
from app.kit.http.call_budget import RateLimitedError
from app.ledgers.base import Company
from app.ledgers.fortnox.call import Call
from app.settings import Settings
from app.wiring import Program, build
from tests.support.pipeline.emulators import together


def call_until_done(program: Program, company: Company, count: int) -> list[int]:
    """Make so many calls, coming back whenever the budget says so; the status of each."""
    import time

    statuses: list[int] = []
    while len(statuses) < count:
        try:
            outcome = program.books.client.call(company, Call("GET", "/3/companyinformation"))
        except RateLimitedError as wait:
            time.sleep(wait.seconds)
            continue
        statuses.append(getattr(outcome, "status", None) or 429)
    return statuses


def main(what: str, order: dict[str, Any]) -> Any:
    program = build(Settings(**order["settings"]), notifier=SilentNotifier())
    company = Company(order["connection"], str(order["company"]), "fortnox")
    works = {
        "calls": lambda: call_until_done(program, company, order["count"]),
        "tokens": lambda: program.books.client.tokens.access_token(company.connection_id),
    }
    print("ready", flush=True)  # noqa: T201 - how this process speaks
    sys.stdin.readline()
    answers = together(*[works[what]] * order["threads"])
    program.close()
    return answers


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], json.loads(sys.argv[2]))), flush=True)  # noqa: T201
