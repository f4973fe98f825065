"""One seed, one week: what a shop, its buyers, the network and bad luck do to the product, and what must hold."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.execution.restore import distrust_posting_log
from app.jobs.inbox import make_due
from app.kit.http.outcome import NotSent, RawAnswer, Unknown
from app.schema import Finding, Job, Operation
from sandbox.shopify.acting import ActionRefusedError
from sandbox.shopify.model import StoredOrder
from sandbox.shopify.payments import moving
from tests.weeks.judges import always_holds, stands_as_modelled
from tests.weeks.model import Line, Payout, Refund, Sale
from tests.weeks.scheduler import Actor
from tests.weeks.stage import Answer, Call, Stage, worker

MONDAYS = (datetime(2026, 11, 16, 7, tzinfo=UTC), datetime(2026, 11, 27, 21, tzinfo=UTC))
WORKERS = ("worker-1", "worker-2")
SETTLE = 180.0
_MOST_SEAMS = 20_000
_FAULTS: dict[str, tuple[float, ...]] = {
    "cut": (0.002, 0.01, 0.03),
    "freeze": (0.002, 0.01, 0.03),
    "lost": (0.02, 0.1),
    "not sent": (0.02, 0.1),
    "late": (0.02, 0.1),
    "broken": (0.02, 0.1),
    "limited": (0.02, 0.05),
    "twice": (0.3,),
    "delayed": (0.3,),
    "never": (0.2,),
    "restore": (1.0,),
}
"""Fault → how often it may happen (per seam, call or message; a restore per week)."""


@dataclass
class Week:
    """A week that is being played."""

    stage: Stage
    seed: int
    chance: random.Random = field(init=False)
    odds: dict[str, float] = field(init=False)
    history: list[Sale | Refund | Payout] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    """What happened, how often: proof that the faults were there."""
    healed: bool = False
    orders: dict[str, StoredOrder] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        drawn = self.chance
        self.odds = {
            name: drawn.choice(odds) if drawn.random() < 0.5 else 0.0 for name, odds in _FAULTS.items()
        }  # fmt: skip

    # --- the play

    def play(self) -> None:
        """Play until all faults have healed and nothing is due any more."""
        stage, scheduler = self.stage, self.stage.scheduler
        stage.fate, stage.wrote = self._fate, lambda: always_holds(self)
        for name in WORKERS:
            scheduler.start(name, worker(stage))
        scheduler.start("shop", self._shop)
        scheduler.start("clock", self._clock)
        restore = self._restores()
        for _seam in range(_MOST_SEAMS):
            actor = scheduler.turn()
            if actor is None:
                break
            if not self.healed:
                self._bad_luck(actor)
                next(restore, None)
            self._raise_the_dead()
        else:
            raise AssertionError(f"not at rest after {_MOST_SEAMS} seams")
        self._end()

    def _shop(self) -> None:
        """Buyers and the merchant: a few days, then the rest of the money is paid out."""
        scheduler = self.stage.scheduler
        for event in self._events():
            scheduler.sleep(self.chance.choice((1, 30, 600, 3600, 8 * 3600)))
            event()
        scheduler.sleep(3600)
        self._pay_out()

    def _clock(self) -> None:
        """What beat starts; a day after the last event everything has healed."""
        scheduler = self.stage.scheduler
        while not scheduler.actors["shop"].ended:
            self._tick(3600)
        self.healed = True
        for hours in (1, 1, 2, 4, 16):
            self._tick(3600 * hours)

    def _tick(self, seconds: float) -> None:
        self.stage.scheduler.sleep(seconds)
        program = self.stage.bench.program
        program.scheduler.backfill()
        program.payout_poll.run()
        program.scheduler.recheck_registers()

    # --- what the shop does

    def _events(self) -> Iterator[Callable[[], None]]:
        yield self._place
        for _event in range(self.chance.randint(2, 6)):
            yield self.chance.choice(
                (self._place, self._give_back, self._give_back, self._price_reduction, self._cancel, self._pay_out)
            )

    def _place(self) -> None:
        chance, number = self.chance, len(self.orders) + 1
        lines = [
            (chance.choice((90, 14_900, 49_900, 123_456)), chance.randint(1, 3), chance.choice((25, 25, 12, 6)))
            for _line in range(chance.randint(1, 3))
        ]
        # A share of shipping with less than half an öre of VAT has no tax line: which rate it has is the shop's word.
        shipping = chance.choice((0, 0, 4_900)) if min(price for price, _, _ in lines) > 1_000 else 0
        spec: dict[str, Any] = {
            "lines": [
                {"title": f"Vara {place}", "sku": f"V-{number}-{place}", "price": f"{price / 100:.2f}",
                 "quantity": quantity, "tax": str(vat)}
                for place, (price, quantity, vat) in enumerate(lines)
            ],
            "buyer": {"id": 7000 + chance.randint(1, 3), "email": "anna@example.se",
                      "billing": {"first_name": "Anna", "last_name": "Lindqvist"}},
        }  # fmt: skip
        if shipping:
            spec["shipping"] = [{"title": "Paket", "price": f"{shipping / 100:.2f}"}]
        order = self.stage.bench.place(hear=False, **spec)
        self.orders[order.name] = order
        self.history.append(Sale(order.name, tuple(Line(*line) for line in lines), shipping))
        self._tell(order)

    def _give_back(self) -> None:
        order, left = self._with_goods_left()
        if order is not None:
            place = self.chance.choice(left)
            if self._refund(order, lines=[{"line": place, "quantity": 1}]):
                self.history.append(Refund(order.name, ((place, 1),)))

    def _cancel(self) -> None:
        """A whole order, with its money back: booked and credited, or never booked, which is the same in the end."""
        order, _left = self._with_goods_left()
        if order is None or any(isinstance(one, Refund) and one.order == order.name for one in self.history):
            return
        bench = self.stage.bench
        bench.emulators.emulator.merchant.act(bench.shop, order, "cancel", {"refund": True})
        sale = next(one for one in self.history if isinstance(one, Sale) and one.order == order.name)
        lines = tuple((place, line.quantity) for place, line in enumerate(sale.lines))
        self.history.append(Refund(order.name, lines, shipping=bool(sale.shipping)))
        self._tell(order)

    def _price_reduction(self) -> None:
        """The last refund of its order: how a reduction is divided over rates depends on what is returned after it."""
        order, _left = self._with_goods_left()
        if order is not None and self._refund(order, amount="0.50"):
            self.history.append(Refund(order.name, (), price_reduction=50))

    def _with_goods_left(self) -> tuple[StoredOrder | None, list[int]]:
        """An order of which goods can come back, and which lines."""
        found = []
        for sale in (one for one in self.history if isinstance(one, Sale)):
            refunds = [one for one in self.history if isinstance(one, Refund) and one.order == sale.order]
            given = Counter(
                place for refund in refunds for place, quantity in refund.lines for _unit in range(quantity)
            )
            left = [place for place, line in enumerate(sale.lines) if given[place] < line.quantity]
            if left and not any(one.price_reduction for one in refunds):
                found.append((self.orders[sale.order], left))
        return self.chance.choice(found) if found else (None, [])

    def _refund(self, order: StoredOrder, **details: Any) -> bool:
        bench = self.stage.bench
        try:
            bench.emulators.emulator.merchant.act(bench.shop, order, "refund", details)
        except ActionRefusedError:
            return False
        self._tell(order)
        return True

    def _pay_out(self) -> None:
        bench, world = self.stage.bench, self.stage.bench.emulators.emulator.world
        with world.lock:
            account = moving.account_of(bench.shop)
            made = moving.close(world, bench.shop, self.stage.clock.at.date(), "PAID")
            moved = [
                movement
                for movement in account.movements
                if movement.order_id and movement.payout_id in {each.id for each in made}
            ]
            names = {one.id: name for name, one in self.orders.items()}
            rows = [(one.kind, names[one.order_id or 0], one.amount, one.fee) for one in moved]
        if made:
            self.history.append(
                Payout(
                    tuple((name, amount, fee) for kind, name, amount, fee in rows if kind == "CHARGE"),
                    tuple((name, -amount, fee) for kind, name, amount, fee in rows if kind == "REFUND"),
                )
            )

    def _tell(self, order: StoredOrder) -> None:
        """The shop's webhook: at once, twice, late, or never."""
        self.stage.scheduler.seam("webhook")
        times = [0.0]
        if self._happens("never"):
            return
        if self._happens("twice"):
            times.append(self.chance.choice((0.0, 5.0, 300.0)))
        if self._happens("delayed"):
            times = [time_ + self.chance.choice((60.0, 3600.0)) for time_ in times]
        for place, delay in enumerate(times):
            name = f"webhook {order.name} {len(self.stage.scheduler.trace)} {place}"
            self.stage.scheduler.start(name, self._message(order, delay))

    def _message(self, order: StoredOrder, delay: float) -> Callable[[], None]:
        def deliver() -> None:
            self.stage.scheduler.sleep(delay)
            bench = self.stage.bench
            with bench.program.store.write() as session:
                make_due(session, bench.tenant_id, bench.shop_id, f"order:shopify:{order.id}")

        return deliver

    # --- bad luck

    def _happens(self, fault: str) -> bool:
        if self.healed or self.chance.random() >= self.odds[fault]:
            return False
        self.seen[fault] = self.seen.get(fault, 0) + 1
        return True

    def _fate(self, what: str, call: Call) -> Answer:
        is_write = not what.startswith("GET")
        if self._happens("not sent"):
            return NotSent("ConnectError: refused by the play")
        if self._happens("limited"):
            return RawAnswer(429, {}, b"")
        if self._happens("broken"):
            if self.chance.random() < 0.5:
                call()
            return RawAnswer(self.chance.choice((500, 502, 503)), {}, b"<html>")
        if is_write and self._happens("late"):
            wait = self.chance.uniform(1, SETTLE - 31)
            self.stage.scheduler.start(f"late {len(self.stage.scheduler.trace)}", self._arrives(call, wait))
            return Unknown("ReadTimeout: late by the play")
        if self._happens("lost"):
            call()
            return Unknown("ReadError: lost by the play")
        return call()

    def _arrives(self, call: Call, wait: float) -> Callable[[], None]:
        def arrive() -> None:
            self.stage.scheduler.sleep(wait)
            call()
            always_holds(self)

        return arrive

    def _bad_luck(self, actor: Actor) -> None:
        if not actor.name.startswith("worker") or actor.ended:
            return
        if self._happens("cut"):
            self.stage.scheduler.kill(actor)
        elif self._happens("freeze"):
            longest = self.chance.choice((3, 30, 130, 400, 2000))
            if self.stage.scheduler.trace[-1][1].startswith("before "):
                # Between its last look at the clock and the wire nobody can be fenced: that it lasts no longer than an
                # answer may take is what we assume.
                longest = min(longest, 130)
            actor.frozen_until = self.stage.clock.at + timedelta(seconds=longest)

    def _restores(self) -> Iterator[None]:
        """At a moment the database is dumped; at a later one it is lost, and comes back as it was."""
        if not self._happens("restore"):
            return
        for _seam in range(self.chance.randrange(20, 400)):
            yield
        dump = self.stage.database.dump()
        for _seam in range(self.chance.randrange(1, 400)):
            yield
        self._stop_all()
        self.stage.database.restore(dump)
        self.stage.database.set_clock(self.stage.clock.at)
        with self.stage.bench.program.store.write() as session:
            distrust_posting_log(session, self.stage.clock.at)
        self.seen["restored"] = self.seen.get("restored", 0) + 1

    def _stop_all(self) -> None:
        """No process of ours runs while a database is restored."""
        scheduler = self.stage.scheduler
        for actor in scheduler.actors.values():
            if actor.name.startswith("worker") and not actor.ended:
                scheduler.kill(actor)
        while any(one.killed and not one.ended for one in scheduler.actors.values()):
            dying = next(one for one in scheduler.actors.values() if one.killed and not one.ended)
            scheduler.give(dying)

    def _raise_the_dead(self) -> None:
        """Whoever keeps processes alive starts a new one a few seconds later."""
        for name in WORKERS:
            if self.stage.scheduler.actors[name].ended:
                self.stage.scheduler.start(name, self._after(5, worker(self.stage)))

    def _after(self, seconds: float, work: Callable[[], None]) -> Callable[[], None]:
        def begin() -> None:
            self.stage.scheduler.sleep(seconds)
            work()

        return begin

    # --- the end

    def _end(self) -> None:
        self._stop_all()
        stands_as_modelled(self)

    def story(self) -> str:
        """What happened, for people."""
        with self.stage.bench.program.store.read() as session:
            jobs = session.execute(select(Job.subject, Job.state, Job.due_at)).all()
            findings = session.execute(select(Finding.code, Finding.about).where(Finding.resolved_at.is_(None))).all()
            steps = session.execute(select(Operation.job_id, Operation.step_key, Operation.state)).all()
        lines = [f"seed {self.seed}", f"faults {self.odds}", f"seen {self.seen}"]
        lines += [str(one) for one in self.history]
        lines += [str(tuple(job)) for job in (*jobs, *findings, *steps)]
        lines += [f"{number} {name}: {what}" for number, (name, what) in enumerate(self.stage.scheduler.trace)]
        return "\n".join(lines)
