"""Playing a scenario into its shop: orders and what happens to them later, in time order, at a pace."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sandbox.scenarios.loading import load
from sandbox.scenarios.scenario import Scenario, ScenarioOrder
from sandbox.shopify.emitting import DeliveryFault, Emitter
from sandbox.shopify.merchant import Merchant
from sandbox.shopify.model import Json, Shop, World

STOP_SECONDS = 10.0


class Stage(Protocol):
    """The parts of the emulator that a player acts on."""

    world: World
    merchant: Merchant
    emitter: Emitter

    def put_shop(self, domain: str, settings: Json, client_secret: str | None = None) -> Shop:
        """Create or change a shop."""


@dataclass(frozen=True)
class Step:
    """One thing to do: place an order, or act on one placed before."""

    at: datetime
    order: ScenarioOrder
    action: str
    details: dict[str, Any] = field(default_factory=dict)


def steps(scenario: Scenario) -> list[Step]:
    """All steps of a scenario in the order of their times."""
    found = [Step(order.placed_at, order, "create") for order in scenario.orders]
    found += [
        Step(later.at, order, later.action, dict(later.details)) for order in scenario.orders for later in order.later
    ]
    return sorted(found, key=lambda step: step.at)


class Run:
    """One playing of a scenario, in its own thread."""

    def __init__(self, stage: Stage, scenario: Scenario, pace: float | None, *, silent: bool) -> None:
        self.stage = stage
        self.scenario = scenario
        self.silent = silent
        self.done = 0
        self.error: str | None = None
        self._pause_s = 1.0 / pace if pace else 0.0
        self._steps = steps(scenario)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, name="shopify-scenario", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End early."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def wait(self) -> None:
        """Return when all steps are done or one failed."""
        self._thread.join()

    def as_json(self) -> Json:
        """How far it has got; `state` is playing, done, stopped or failed."""
        state = "playing" if self._thread.is_alive() else "done"
        if state == "done" and self.done < len(self._steps):
            state = "failed" if self.error else "stopped"
        return {
            "scenario": self.scenario.key,
            "shop": self.scenario.shop.domain,
            "state": state,
            "steps": len(self._steps),
            "done": self.done,
            "orders": len(self.scenario.orders),
            "error": self.error,
        }

    def _play(self) -> None:
        shop = stage_shop(self.stage, self.scenario)
        for step in self._steps:
            if self._stop.is_set():
                return
            try:
                self._do(shop, step)
            except Exception as error:  # noqa: BLE001 -- the thread's boundary: recorded, shown by as_json
                self.error = f"{step.order.name} {step.action}: {error}"
                return
            self.done += 1
            self._stop.wait(self._pause_s)

    def _do(self, shop: Shop, step: Step) -> None:
        if step.action == "create":
            for fault in step.order.delivery_faults:
                settings = {**fault, "shop": shop.domain, "order": step.order.name}
                self.stage.emitter.faults.append(DeliveryFault.model_validate(settings))
            self.stage.merchant.create(shop, step.order.spec, silent=self.silent)
            return
        order = shop.find(step.order.name)
        if order is None:
            raise LookupError(f"{step.order.name} was not placed")
        self.stage.merchant.act(shop, order, step.action, {**step.details, "at": step.at})


def stage_shop(stage: Stage, scenario: Scenario) -> Shop:
    """The scenario's shop: made if missing, else left with its app and tokens."""
    return stage.put_shop(scenario.shop.domain, scenario.shop.settings())


class Player:
    """Plays one scenario at a time; a new one stops the one before."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.run: Run | None = None

    def play(self, key: str, pace: float | None, *, silent: bool = False) -> Run:
        """Start a scenario by its key."""
        scenario = load(key)
        self.stop()
        self.run = Run(self.stage, scenario, pace, silent=silent)
        self.run.start()
        return self.run

    def stop(self) -> None:
        """Stop what is playing."""
        if self.run is not None:
            self.run.stop()
