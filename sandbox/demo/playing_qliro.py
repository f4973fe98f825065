"""Playing a Qliro company: its orders and days of payout in time order, by Qliro's own clock, each pushed to us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

import httpx2

from sandbox.demo.stage import Stage
from sandbox.scenarios.scenario import QliroOrder, QliroShop

_SETTLED_AT = time(23, 59, tzinfo=UTC)


def play_qliro(stage: Stage, shop: QliroShop, push_address: str) -> None:
    """Do everything that the scenario says, one thing after the other; Qliro's clock goes right again at the end."""
    playing = _Playing(f"{stage.qliro.url}/_sandbox", shop.key, push_address)
    steps = [(order.placed_at, partial(playing.place, order)) for order in shop.orders]
    steps += [
        (later.at, partial(playing.act, order.name, later.action, later.details))
        for order in shop.orders
        for later in order.later
    ]
    steps += [(datetime.combine(day, _SETTLED_AT), partial(playing.settle, day)) for day in shop.payouts.days]
    for at, do in sorted(steps, key=lambda step: step[0]):
        playing.post("/clock", now=at.isoformat())
        do()
    playing.post("/clock")


@dataclass
class _Playing:
    control: str
    key: str
    push_address: str
    numbers: dict[str, int] = field(default_factory=dict)
    """Name of an order → Qliro's number."""

    def place(self, order: QliroOrder) -> None:
        """Reserve the order's amount."""
        sale = order.sale.model_dump(mode="json") | {"push_url": self.push_address if order.is_heard else None}
        self.numbers[order.name] = int(self._of_merchant("/sales", **sale)["order_id"])
        self._of_merchant("/pushes")

    def act(self, name: str, action: str, details: Any) -> None:  # noqa: ANN401 -- any JSON
        """Ship, return, cancel, add or give back."""
        self._of_merchant(f"/sales/{self.numbers[name]}/{action}", **details)
        self._of_merchant("/pushes")

    def settle(self, day: date) -> None:
        """Settle everything open of that day and before."""
        self._of_merchant("/close", date=day.isoformat())

    def post(self, path: str, **body: Any) -> Any:  # noqa: ANN401 -- any JSON
        """Ask the emulator's control interface."""
        return httpx2.post(f"{self.control}{path}", json=body).raise_for_status().json()

    def _of_merchant(self, path: str, **body: Any) -> Any:  # noqa: ANN401 -- any JSON
        return self.post(f"/merchants/{self.key}{path}", **body)
