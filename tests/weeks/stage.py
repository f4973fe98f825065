"""The stage of a week: emulators, a program for each process, one clock for all, and the seams between their steps."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from app.dispatch import worker as worker_module
from app.jobs.notifier import SilentNotifier
from app.kit.db.engine import Store, WriteSession
from app.kit.http.client import HttpKit
from app.kit.http.outcome import NotSent, RawAnswer, Unknown
from app.wiring import Program, build
from sandbox.fortnox.clock import Clock as FortnoxClock
from tests.support.pipeline.bench import Bench
from tests.weeks.scheduler import Clock, Scheduler
from tests.weeks.virtual_database import VirtualDatabase

Answer = RawAnswer | NotSent | Unknown
Call = Callable[[], Answer]


@dataclass
class Stage:
    """Everything that a week is played on."""

    bench: Bench
    database: VirtualDatabase
    clock: Clock
    scheduler: Scheduler
    chance: random.Random
    fate: Callable[[str, Call], Answer] = lambda _what, call: call()
    """What the network does to a call of the product."""
    wrote: Callable[[], None] = lambda: None
    """Called after each call that changed Fortnox."""

    def program(self) -> Program:
        """A new process: nothing of what an earlier one had in memory."""
        made = build(
            self.bench.program.settings, notifier=SilentNotifier(), store=self.bench.program.store,
            utc_now=self.clock.now,
        )  # fmt: skip
        made.worker.presence.stopping = _NeverAsked(self.scheduler)
        return made


class _NeverAsked(threading.Event):
    """Nobody asks a process of the stage to stop; who waits for it naps."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def wait(self, timeout: float | None = None) -> bool:
        self._scheduler.sleep(timeout or 0)
        return False


@contextmanager
def seams(stage: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the seams in: after each commit, before and after each call, and in every nap. Time is the stage's."""
    scheduler, clock = stage.scheduler, stage.clock
    writing, sending = Store.write, HttpKit.send

    @contextmanager
    def write(self: Store) -> Iterator[WriteSession]:
        scheduler.check_alive()
        with writing(self) as session:
            yield session
            scheduler.check_alive()
        scheduler.seam("committed")

    def send(self: HttpKit, method: str, url: str, **more: Any) -> Answer:
        if scheduler.me is None:
            return sending(self, method, url, **more)
        outside = HttpKit(stage.bench.program.client)  # what is on the wire outlives the process that sent it
        what = f"{method} {url.split('/', 3)[-1].split('?', maxsplit=1)[0]}"
        scheduler.seam(f"before {what}")
        answer = stage.fate(what, lambda: sending(outside, method, url, **more))
        if method != "GET":
            stage.wrote()
        scheduler.seam(f"after {what}")
        return answer

    patch.setattr(Store, "write", write)
    patch.setattr(HttpKit, "send", send)
    patch.setattr(FortnoxClock, "now", lambda _self: clock.now())
    for module in _modules_with(time):
        patch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic, sleep=scheduler.sleep, time=time.time))
    patch.setattr(worker_module, "random", SimpleNamespace(random=stage.chance.random))
    scheduler.moved = lambda: stage.database.set_clock(clock.at)
    stage.database.set_clock(clock.at)
    yield


def _modules_with(wanted: object) -> list[Any]:
    """Modules of the product that read the clock of the machine."""
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in ("app", "workers")]
    return [module for module in ours if getattr(module, "time", None) is wanted]


def worker(stage: Stage) -> Callable[[], None]:
    """What a worker process does for as long as it lives."""

    def work() -> None:
        program = stage.program()
        try:
            while True:
                stage.scheduler.until_due()
                program.worker.run(1)
        finally:
            program.client.close()

    return work
