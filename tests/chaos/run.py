"""One run: the quiet company's history first, then the same one in the storm; then both are compared."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import text

from tests.chaos.breaking import Blow, Breaker, blows
from tests.chaos.comparing import books_of, differences, story, unheard_deliveries
from tests.chaos.fleet import Fleet, Mode, fleet
from tests.chaos.history import History, history
from tests.chaos.machines import until
from tests.chaos.playing import QUIET_SECONDS, DidNotRestError, Player, played

_DELIVERY_FAULTS = ("duplicate", "reorder", "delay", "unheard", "lost")


@dataclass
class Outcome:
    """What came of it."""

    mode: Mode
    seed: int
    orders: int
    blows: Counter[str] = field(default_factory=Counter)
    spoiled_calls: int = 0
    quiet_seconds: float = 0.0
    storm_seconds: float = 0.0
    healed: list[float] = field(default_factory=list)
    """Seconds from the end of each storm until nothing was under way."""
    longest_stop: float = 0.0
    wrong: list[str] = field(default_factory=list)
    clocks: bool = False


@dataclass(frozen=True)
class Plan:
    """How large a run is."""

    mode: Mode
    seed: int
    orders: int
    pace: float = 12.0
    storm_seconds: float = 60.0
    """How long things break in each phase, at least; the play may take longer."""
    patience: float = 600.0
    long_freeze: bool = True
    hurried: bool = False
    """Leases and waits are let run out at once, as an hour would: for the suite, which has no hour."""
    broker: str = ""
    longest_delay: float = 600.0
    """Of a webhook, in the shop's seconds: sixty of them pass in one."""
    only: tuple[tuple[Blow, ...], ...] = ()
    """In place of drawn blows, phase by phase."""
    without: frozenset[str] = frozenset()
    """Kinds of blows that are left out, to find what a failing seed fails by."""
    quiet_seconds: float = QUIET_SECONDS


def run(plan: Plan, tell: Callable[[str], None] = print) -> Outcome:
    """Play, break, heal, compare. What is wrong is told with the story of its order."""
    outcome = Outcome(plan.mode, plan.seed, plan.orders)
    with fleet(plan.mode, broker=plan.broker) as made:
        outcome.clocks = made.clock_library is not None
        if not outcome.clocks:
            tell("NOT TESTED: wrong clocks. No C compiler on the PATH")
        drawn = history(plan.seed, plan.orders)
        tell(f"  {plan.mode}: {plan.orders} orders, seed {plan.seed}")
        started = time.monotonic()
        quiet = Player(made, made.companies["quiet"], drawn, plan.quiet_seconds)
        played(quiet, pace=plan.pace * 4, seconds=plan.patience, around=lambda _phase, play: play())
        outcome.quiet_seconds = time.monotonic() - started
        before = books_of(made, quiet.company)
        tell(f"  the quiet day took {outcome.quiet_seconds:.0f} s")
        try:
            _storm(made, plan, drawn, outcome, tell)
        except (DidNotRestError, TimeoutError) as error:
            outcome.wrong.append(f"it did not heal: {error}")
        after, storm = books_of(made, quiet.company), books_of(made, made.companies["storm"])
        outcome.wrong += [
            f"the storm changed the quiet company: {difference}" for difference in differences(before, after)
        ]
        outcome.wrong += differences(before, storm)
        lost = unheard_deliveries(made, made.companies["storm"])
        outcome.wrong += [f"acknowledged and not kept: {delivery}" for delivery in lost]
        if outcome.wrong:
            _tell_stories(made, outcome, tell)
    return outcome


def _storm(made: Fleet, plan: Plan, drawn: History, outcome: Outcome, tell: Callable[[str], None]) -> None:
    breaker = Breaker(made, tell)
    dice = random.Random(f"{plan.seed}:deliveries")
    for _fault in range(max(plan.orders // 6, 4)):
        kind, times = dice.choice(_DELIVERY_FAULTS), dice.randint(1, 3)
        made.ask("shopify", "/delivery-faults", kind=kind, times=times, seconds=dice.uniform(60, plan.longest_delay))
    ended = [0.0]

    def around(phase: int, play: Callable[[], None]) -> None:
        drawn_blows = blows(plan.seed, phase, plan.storm_seconds, plan.mode, long_freeze=plan.long_freeze)
        chosen = plan.only[phase] if plan.only else [blow for blow in drawn_blows if blow.kind not in plan.without]
        breaker.around(chosen, play, plan.seed + phase)
        if plan.hurried:
            _restart_workers(made)
        ended[0] = time.monotonic()

    def hurry() -> None:
        if plan.hurried:
            made.steadily(lambda: _an_hour_passes(made))

    started = time.monotonic()
    player = Player(made, made.companies["storm"], drawn, plan.quiet_seconds)
    resting = player.rest

    def timed(seconds: float, hurry: Callable[[], None] = lambda: None) -> None:
        resting(seconds, hurry)
        if ended[0]:
            outcome.healed.append(time.monotonic() - ended[0])
            ended[0] = 0.0

    player.rest = timed  # type: ignore[method-assign]
    played(player, pace=plan.pace, seconds=plan.patience, around=around, hurry=hurry)
    outcome.storm_seconds = time.monotonic() - started
    outcome.blows = Counter(breaker.done)
    outcome.longest_stop = breaker.longest_stop
    outcome.spoiled_calls = sum(made.ask(one, "/storm", rate=0)["hits"] for one in ("fortnox", "shopify", "qliro"))


def _restart_workers(made: Fleet) -> None:
    """Nobody holds a lease any more: they may be let run out."""
    for machine in made.services:
        if machine.name.startswith("worker") or made.mode == "embedded":
            machine.kill()
            machine.start()
    until(made.answers, 90, "the service")
    made.steadily(lambda: _changed(made, "update job set lease_until = now() where lease_until is not null"))


def _an_hour_passes(made: Fleet) -> None:
    _changed(made, "update job set due_at = now() where due_at > now() and lease_until is null")


def _changed(made: Fleet, statement: str) -> None:
    with made.program.store.write() as session:
        session.execute(text(statement))


def _tell_stories(made: Fleet, outcome: Outcome, tell: Callable[[str], None]) -> None:
    tell(f"WRONG. Seed {outcome.seed}, {outcome.mode}, {outcome.orders} orders")
    for one in outcome.wrong[:40]:
        tell(f"  {one}")
    names = [one.split(":")[0] for one in outcome.wrong if one.startswith(("#", "Q-"))]
    for name in names[:5]:
        for company in made.companies.values():
            tell(f"  the story of {name} of {company.name}:")
            for line in story(made, company, name):
                tell(f"    {line}")
    logs = shutil.copytree(made.folder, f"/tmp/bokbro-chaos-{outcome.mode}-{outcome.seed}",  # noqa: S108
                           ignore=lambda _folder, names: [one for one in names if not one.endswith(".log")],
                           dirs_exist_ok=True)  # fmt: skip
    with suppress(OSError):
        tell(f"  logs: {logs}")
