"""Only one actor runs at a time, and a seed decides which: every run of a seed is the same.

An actor is a thread that gives its turn up at seams (after a commit, around a call, when it sleeps). Time is virtual:
it moves when nobody can run, to the moment at which somebody can.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_PATIENCE = 60.0
"""Real seconds that an actor may run between two seams: longer, and it waits for somebody who has no turn."""


class PowerCut(BaseException):
    """The process of this actor is dead; nothing of it runs any more."""


class StuckError(AssertionError):
    """An actor did not come to its next seam."""


@dataclass
class Clock:
    """Virtual time, of everything: the product, its database, Fortnox and the shop."""

    at: datetime
    posted: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.posted = self.at

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.at

    def monotonic(self) -> float:
        """Seconds since the start; it runs while a process is frozen, too."""
        return (self.at - self.posted).total_seconds()


@dataclass
class Actor:
    """One thread of the play."""

    name: str
    work: Callable[[], None]
    turn: threading.Event = field(default_factory=threading.Event)
    wakes_at: datetime | None = None
    """Sleeps until then; None: it can run."""
    waits_for_work: bool = False
    """Can run when something is due."""
    frozen_until: datetime | None = None
    killed: bool = False
    ended: bool = False
    error: BaseException | None = None

    def can_run(self, now: datetime, *, is_due: bool) -> bool:
        """Whether it can be given the turn."""
        if self.ended or (self.frozen_until is not None and self.frozen_until > now):
            return False
        if self.killed:
            return True
        if self.waits_for_work:
            return is_due
        return self.wakes_at is None or self.wakes_at <= now


class Scheduler:
    """Gives the turn to one actor after the other."""

    def __init__(self, chance: random.Random, clock: Clock, next_due: Callable[[], datetime | None]) -> None:
        self.chance, self.clock, self._next_due = chance, clock, next_due
        self.actors: dict[str, Actor] = {}
        self.trace: list[tuple[str, str]] = []
        self.moved: Callable[[], None] = lambda: None
        """Called when the clock has moved."""
        self._local = threading.local()
        self._back = threading.Event()

    # --- for actors

    @property
    def me(self) -> Actor | None:
        """The actor of this thread; None in threads of servers and of the test."""
        return getattr(self._local, "actor", None)

    def seam(self, what: str) -> None:
        """Give the turn up; returns when it is given back. Raises PowerCut where the actor died meanwhile."""
        actor = self.me
        if actor is None:
            return
        self.check_alive()
        self.trace.append((actor.name, what))
        self._back.set()
        actor.turn.wait()
        actor.turn.clear()
        self.check_alive()

    def check_alive(self) -> None:
        """A dead process does nothing more, not even in its `finally`. Raises PowerCut."""
        actor = self.me
        if actor is not None and actor.killed:
            raise PowerCut

    def sleep(self, seconds: float) -> None:
        """Come back later."""
        actor = self.me
        if actor is None:
            return
        actor.wakes_at = self.clock.at + timedelta(seconds=seconds)
        self.seam(f"sleep {seconds:.3f}")
        actor.wakes_at = None

    def until_due(self) -> None:
        """Come back when something is due."""
        actor = self.me
        assert actor is not None
        actor.waits_for_work = True
        self.seam("idle")
        actor.waits_for_work = False

    # --- for the play

    def start(self, name: str, work: Callable[[], None]) -> Actor:
        """Put an actor on; it runs when it is given its first turn."""
        actor = Actor(name, work)
        self.actors[name] = actor
        threading.Thread(target=self._play, args=(actor,), daemon=True, name=name).start()
        return actor

    def _play(self, actor: Actor) -> None:
        self._local.actor = actor
        actor.turn.wait()
        actor.turn.clear()
        try:
            self.check_alive()
            actor.work()
        except PowerCut:
            self.trace.append((actor.name, "dead"))
        except BaseException as error:  # noqa: BLE001 - raised again by the play, in the test's thread
            actor.error = error
        finally:
            actor.ended = True
            self._back.set()

    def turn(self) -> Actor | None:
        """Let one actor run to its next seam; None when nobody ever can again."""
        actor = self._next()
        if actor is not None:
            self.give(actor)
        return actor

    def give(self, actor: Actor) -> None:
        """Let this actor run to its next seam. Raises what it raised, StuckError."""
        self._back.clear()
        actor.turn.set()
        if not self._back.wait(_PATIENCE):
            raise StuckError(f"{actor.name} after {self.trace[-1:]}")
        if actor.error is not None:
            raise actor.error

    def kill(self, actor: Actor) -> None:
        """Cut the power of one process: it dies where it stands."""
        actor.killed, actor.frozen_until = True, None

    def _next(self) -> Actor | None:
        """An actor that can run, after as much time as it takes."""
        while True:
            due = self._next_due()
            is_due = due is not None and due <= self.clock.at
            able = [actor for actor in self.actors.values() if actor.can_run(self.clock.at, is_due=is_due)]
            if able:
                return self.chance.choice(able)
            later = [*self._wakes(), *([due] if due is not None and self._has_idle() else [])]
            later = [wake for wake in later if wake > self.clock.at]
            if not later:
                return None
            self.clock.at = min(later)
            self.moved()

    def _wakes(self) -> list[datetime]:
        alive = [actor for actor in self.actors.values() if not actor.ended]
        moments = [max(filter(None, (one.wakes_at, one.frozen_until)), default=None) for one in alive]
        return [moment for moment in moments if moment is not None]

    def _has_idle(self) -> bool:
        return any(actor.waits_for_work and not actor.ended for actor in self.actors.values())
