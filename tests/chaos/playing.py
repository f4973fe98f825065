"""Plays a company's history phase by phase, pays it out, and waits until nothing is under way any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from app.model.order import books_day
from app.schema import POLLS, Job
from tests.chaos.fleet import Company, Fleet
from tests.chaos.history import PHASES, Act, History

QUIET_SECONDS = 2.0
"""Nothing due, nothing leased and no delivery under way for this long: it has come to rest."""
_PUSHES_LATER = 40 * 3600
"""Seconds of Qliro's clock within which it tries a push again."""


class DidNotRestError(Exception):
    """Something was still under way when the time was up."""


@dataclass
class Player:
    """One company's shops."""

    fleet: Fleet
    company: Company
    history: History
    quiet_seconds: float = QUIET_SECONDS
    numbers: dict[str, int] = field(default_factory=dict)
    """Name of a Qliro order → its number there."""

    def play(self, phase: int, pace: float) -> None:
        """Do everything of a phase, about so many things a second."""
        for act in (one for one in self.history.shopify if one.phase == phase):
            self._at_shopify(act)
            time.sleep(1 / pace)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        for act in (one for one in self.history.qliro if one.phase == phase):
            self.fleet.ask("qliro", "/clock", now=yesterday.isoformat())
            self._at_qliro(act)
            time.sleep(1 / pace)
        self.fleet.ask("qliro", "/clock")

    def _at_shopify(self, act: Act) -> None:
        shop = f"/shops/{self.company.domain}/orders"
        if act.action == "create":
            self.fleet.ask("shopify", shop, order=act.details)
        else:
            self.fleet.ask("shopify", f"{shop}/{act.order.removeprefix('#')}/{act.action}", **act.details)

    def _at_qliro(self, act: Act) -> None:
        merchant = f"/merchants/{self.company.merchant}"
        if act.action == "create":
            sold = self.fleet.ask("qliro", f"{merchant}/sales", **act.details, push_url=self.company.push_address)
            self.numbers[act.order] = sold["order_id"]
        else:
            self.fleet.ask("qliro", f"{merchant}/sales/{self.numbers[act.order]}/{act.action}", **act.details)
        with suppress(AssertionError):
            self.fleet.ask("qliro", f"{merchant}/pushes")

    def pay_out(self) -> None:
        """Both providers pay out what moved, and their next hour's poll finds it."""
        today = books_day(datetime.now(UTC))
        self.fleet.ask("shopify", "/payouts/close", date=today.isoformat(), shop=self.company.domain)
        yesterday = today - timedelta(days=1)
        self.fleet.ask("qliro", f"/merchants/{self.company.merchant}/close", date=yesterday.isoformat())

    def an_hour_passes(self) -> None:
        """What the clock does by then: lost pushes and webhooks come again or are missed, payouts are read."""
        self.fleet.ask("qliro", f"/merchants/{self.company.merchant}/pushes", later=_PUSHES_LATER)
        program = self.fleet.program
        self.fleet.steadily(program.scheduler.backfill)
        self.fleet.steadily(program.poll_payouts)

    def rest(self, seconds: float, hurry: Callable[[], None] = lambda: None) -> None:
        """Wait until nothing is due, leased or being delivered; `hurry` makes waits shorter. Raises DidNotRestError."""
        deadline, quiet_since = time.monotonic() + seconds, None
        while time.monotonic() < deadline:
            hurry()
            if self.fleet.steadily(self._moving) or self._is_delivering():
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > self.quiet_seconds:
                return
            time.sleep(0.25)
        raise DidNotRestError(f"after {seconds:.0f} s: {self.fleet.steadily(self._what_moves)}")

    def _moving(self) -> int:
        under_way = (Job.due_at.is_not(None) | Job.lease_until.is_not(None), Job.kind.not_in(POLLS))
        with self.fleet.program.store.read() as session:
            found: int = session.scalar(select(func.count()).select_from(Job).where(*under_way)) or 0
            return found

    def _what_moves(self) -> list[Any]:
        shown = "select subject, state, attempts, due_at - now(), lease_until - now() from job"
        with self.fleet.program.store.read() as session:
            rows = session.execute(text(f"{shown} where due_at is not null or lease_until is not null limit 20"))
            return [tuple(str(value) for value in row) for row in rows]

    def _is_delivering(self) -> bool:
        drained = self.fleet.ask("shopify", "/deliveries/drain", timeout_s=0.05)
        return not drained["empty"]


def played(player: Player, *, pace: float, seconds: float, around: Callable[[int, Callable[[], None]], None],
           hurry: Callable[[], None] = lambda: None) -> None:  # fmt: skip
    """All phases, then the payouts. `around` does a phase's play, with whatever weather it likes, and heals after."""
    for phase in range(PHASES):
        around(phase, lambda phase=phase: player.play(phase, pace))  # type: ignore[misc]
        player.an_hour_passes()
        player.rest(seconds, hurry)
    around(PHASES, player.pay_out)
    for _hour in range(2):  # an order that only its payout tells of explains its line an hour later
        player.an_hour_passes()
        player.rest(seconds, hurry)
