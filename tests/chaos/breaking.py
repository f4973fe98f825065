"""What breaks, and when: drawn from the seed; and how everything is made whole again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from tests.chaos.clocks import off_by
from tests.chaos.fleet import LEASE, Fleet
from tests.chaos.machines import Machine, until

STORM_RATE = 0.2


@dataclass(frozen=True, slots=True)
class Blow:
    """One thing that breaks, so many seconds into a phase."""

    at: float
    kind: str
    target: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.0f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {self.kind} {self.target}{lasting}"


def blows(seed: int, phase: int, seconds: float, mode: str, *, long_freeze: bool) -> list[Blow]:
    """Draw a phase's blows: about one every three seconds, each kind of the mode at least once if there is time."""
    dice = random.Random(f"{seed}:{phase}")
    kinds = [*_KINDS[mode]]
    dice.shuffle(kinds)
    drawn: list[Blow] = []
    at = 0.5
    while at < seconds:
        kind, target, least, most = kinds[len(drawn)] if len(drawn) < len(kinds) else dice.choice(_KINDS[mode])
        drawn.append(Blow(at, kind, target, dice.uniform(least, most)))
        at += dice.uniform(1.5, 4.5)
    if long_freeze and mode == "scaled":
        drawn.insert(1, Blow(1.0, "freeze", f"worker-{1 + phase % 2}", LEASE + 8.0))
    return drawn


_SERVICES = ("api", "worker-1", "worker-2", "beat", "events")
_KINDS: dict[str, tuple[tuple[str, str, float, float], ...]] = {
    "scaled": (
        *(("kill", name, 0.5, 2.0) for name in _SERVICES),
        *(("freeze", name, 2.0, 8.0) for name in _SERVICES),
        ("postgres", "fast", 0.2, 1.0), ("postgres", "immediate", 0.2, 1.0), ("postgres", "killed", 0.2, 1.5),
        ("freeze-postgres", "", 3.0, 10.0), ("kill-redis", "", 0.5, 3.0), ("empty-redis", "", 0.0, 0.0),
        ("freeze-redis", "", 3.0, 12.0), ("roll", "", 0.0, 0.0),
        ("clock", "worker-1 +1", 0.0, 0.0), ("clock", "worker-2 -1", 0.0, 0.0), ("clock", "beat +1", 0.0, 0.0),
        ("clock", "api -1", 0.0, 0.0),
    ),
    "embedded": (
        ("kill", "api", 0.3, 1.5), ("power", "", 0.3, 1.5), ("freeze", "api", 2.0, 8.0), ("power", "", 0.3, 1.5),
        ("roll", "", 0.0, 0.0), ("kill", "api", 0.3, 1.0),
    ),
}  # fmt: skip


@dataclass
class Breaker:
    """Carries blows out beside the play."""

    fleet: Fleet
    tell: Callable[[str], None] = print
    done: list[str] = field(default_factory=list)
    longest_stop: float = 0.0
    _timers: list[threading.Timer] = field(default_factory=list)

    def around(self, plan: Sequence[Blow], play: Callable[[], None], seed: int) -> None:
        """Play in a thread of its own while everything breaks as planned; heal when both are through."""
        self._weather(STORM_RATE, seed)
        failed: list[BaseException] = []

        def playing() -> None:
            try:
                play()
            except BaseException as error:  # noqa: BLE001 - raised below, by whoever waits
                failed.append(error)

        player = threading.Thread(target=playing, name="player")
        started = time.monotonic()
        player.start()
        try:
            for blow in plan:
                time.sleep(max(started + blow.at - time.monotonic(), 0))
                self.tell(f"    {blow}")
                self.done.append(blow.kind)
                self._strike(blow)
            player.join()
        finally:
            self.heal()
        if failed:
            raise failed[0]

    def _strike(self, blow: Blow) -> None:
        strike: Callable[[Blow], None] = getattr(self, "_" + blow.kind.replace("-", "_"))
        strike(blow)

    def _later(self, seconds: float, work: Callable[[], object]) -> None:
        """Whoever watches over a process begins it anew; meanwhile other things break."""
        timer = threading.Timer(seconds, work)
        timer.daemon = True
        timer.start()
        self._timers.append(timer)

    def _kill(self, blow: Blow) -> None:
        machine = self.fleet.machine(blow.target)
        machine.kill()
        self._later(blow.seconds, machine.start)

    def _freeze(self, blow: Blow) -> None:
        machine = self.fleet.machine(blow.target)
        machine.freeze()
        self._later(blow.seconds, machine.thaw)

    def _postgres(self, blow: Blow) -> None:
        assert self.fleet.postgres is not None
        self.fleet.postgres.stop_as(blow.target)
        time.sleep(blow.seconds)
        self.fleet.postgres.start()

    def _freeze_postgres(self, blow: Blow) -> None:
        assert self.fleet.postgres is not None
        self.fleet.postgres.freeze()
        self._later(blow.seconds, self.fleet.postgres.thaw)

    def _kill_redis(self, blow: Blow) -> None:
        if self.fleet.redis is not None:
            self.fleet.redis.kill()
            time.sleep(blow.seconds)
            self.fleet.redis.start()

    def _empty_redis(self, _blow: Blow) -> None:
        if self.fleet.redis is not None:
            with suppress(Exception):  # it may be frozen just now
                self.fleet.redis.empty()

    def _freeze_redis(self, blow: Blow) -> None:
        if self.fleet.redis is not None:
            self.fleet.redis.freeze()
            self._later(blow.seconds, self.fleet.redis.thaw)

    def _clock(self, blow: Blow) -> None:
        name, hours = blow.target.split()
        machine = self.fleet.machine(name)
        machine.kill()
        machine.extra = off_by(self.fleet.clock_library, int(hours))
        machine.start()

    def _power(self, _blow: Blow) -> None:
        """The service, and its own PostgreSQL with all its processes: none is asked."""
        api = self.fleet.machine("api")
        server = _embedded_server(self.fleet)
        api.kill()
        server.kill()
        self._later(0.5, api.start)

    def _roll(self, _blow: Blow) -> None:
        """A deploy: each is asked to end, and begins anew."""
        for machine in self.fleet.services:
            self.longest_stop = max(self.longest_stop, machine.end())
            machine.start()

    def _weather(self, rate: float, seed: int) -> None:
        for name in ("fortnox", "shopify", "qliro"):
            self.fleet.ask(name, "/storm", rate=rate, seed=seed)

    def heal(self) -> None:
        """Everything runs, with the right clock, and nothing fails any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._weather(0, 0)
        self.fleet.ask("shopify", "/deliveries/drain", timeout_s=0.05, release=True)
        for server in (self.fleet.postgres, self.fleet.redis):
            if server is not None:
                server.thaw()
                server.start()
        for machine in self.fleet.services:
            machine.thaw()
            if machine.extra:
                machine.end()
                machine.extra = {}
            machine.start()
        until(self._runs_and_answers, 90, "the service after it was healed")

    def _runs_and_answers(self) -> bool:
        """A process that ended because its database was away is started again, as whoever keeps a fleet does."""
        for machine in self.fleet.services:
            machine.start()
        return self.fleet.answers()


def _embedded_server(fleet: Fleet) -> Machine:
    """The embedded server as something to kill: its processes are no children of the service."""
    pid = int((fleet.folder / "embedded" / "postgres" / "postmaster.pid").read_text().split()[0])

    class Server(Machine):
        def tree(self) -> list[psutil.Process]:
            with suppress(psutil.NoSuchProcess):
                own = psutil.Process(pid)
                assert "postgres" in own.name()
                return [own, *own.children(recursive=True)]
            return []

    return Server("embedded", [], {}, fleet.folder / "none")
