"""A worker in a process of its own that halts at a named line, so that it can be killed exactly there.

The lines are marked here, by wrapping; the program itself knows nothing of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

from app.dispatch import worker
from app.execution import operations as posting_log
from app.execution.step_run import StepRun
from app.jobs import queue as jobs
from app.jobs.notifier import SilentNotifier
from app.ledgers.fortnox.adapter import FortnoxLedger
from app.orders.job import OrderJob
from app.payouts.job import PayoutJob
from app.settings import Settings
from app.wiring import build

STEPS = ("EnsureCustomer", "EnsureArticle", "CreateInvoice", "BookInvoice", "PayInvoice", "BookPayment")

_LINES: dict[str, tuple[Any, str, bool]] = {
    "after the claim": (jobs, "claim", False),
    "before the snapshot": (OrderJob, "_decided", True),
    "after the snapshot": (OrderJob, "_decided", False),
    "inside the plan's transaction": (posting_log, "plan_steps", False),
    "after the orders are told": (PayoutJob, "_enter", False),
    "before the step": (StepRun, "execute", True),
    "inside the mark's transaction": (posting_log, "between_calls", False),
    "after the mark, before the call": (FortnoxLedger, "send", True),
    "after the call, before the record": (FortnoxLedger, "send", False),
    "with the answer in memory": (StepRun, "_recorded", False),
    "after the step": (StepRun, "execute", False),
    "before the close": (worker.JobWorker, "_end", True),
    "inside the close's transaction": (jobs, "close", False),
}
ONCE = ("after the claim", "before the snapshot", "after the snapshot", "inside the plan's transaction",
        "before the close", "inside the close's transaction")  # fmt: skip
"""Lines that are passed once for an order."""
OF_PAYOUTS = ("after the orders are told",)
"""Lines that only a payout passes."""
PER_STEP = tuple(line for line in _LINES if line not in (*ONCE, *OF_PAYOUTS))
"""Lines that are passed for each step."""


def _halting(function: Callable[..., Any], halt: Callable[[], None], passes: int, *, before: bool) -> Any:
    """The function, halting at its given pass."""
    left = [passes]

    def wrapped(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if before and left[0] == 0:
            halt()
        result = function(*arguments, **named)
        if not before and left[0] == 0:
            halt()
        return result

    return wrapped


def run(settings: dict[str, Any], line: str, passes: int, pipe: Pipe) -> None:
    """Drain, and say "here" at the given pass of the given line."""

    def halt() -> None:
        pipe.send("here")
        time.sleep(600)

    owner, name, before = _LINES[line]
    setattr(owner, name, _halting(getattr(owner, name), halt, passes, before=before))
    build(Settings(**settings), notifier=SilentNotifier()).worker.run()
    pipe.send("ran to the end")
