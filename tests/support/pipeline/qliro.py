"""A shop that is paid by Qliro, on a bench: one merchant account at Qliro's emulator, connected to its tenant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
from sqlalchemy import select

from app.connections.flows.qliro import Environment, QliroConnector
from app.model.order import books_day
from app.reconciliation.reconciliation import ClearingAccount, clearing_accounts
from app.schema import PayoutLineUse, StoredPayout
from sandbox.kit.serving import ServerThread
from sandbox.qliro.world import Merchant, World
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench

KEY, SECRET = "GRANSTROM", "qliros-hemlighet"
TODAY = books_day(datetime.now(UTC))
YESTERDAY = TODAY - timedelta(days=1)
CLEARING, BANK, FEE, INPUT_VAT, DISPUTED = 1583, 1930, 6064, 2641, 1516


@dataclass
class Qliro:
    """The merchant's account at Qliro, and what our program does with it."""

    bench: Bench
    server: ServerThread
    key: str = KEY
    connection_id: int = 0

    def connect(self, environment: Environment = Environment.LIVE, **switches: Any) -> None:
        self.switch(**switches)
        program = self.bench.program
        hosts = {environment: self.server.url}
        connector = QliroConnector(program.store, hosts, program.client, program.ring, lambda: datetime.now(UTC))
        connected = connector.connect(
            tenant_id=self.bench.tenant_id, environment=environment, key=self.key, secret=SECRET
        )
        self.connection_id = connected.connection_id

    @property
    def world(self) -> World:
        world: World = self.server.app.state.world
        return world

    @property
    def merchant(self) -> Merchant:
        return self.world.merchants[self.key]

    def switch(self, *, secret: str = SECRET, **switches: Any) -> None:
        self._control("/merchants", key=self.key, secret=secret, switches=switches)

    # --- what happens in the shop and at Qliro

    def sell(self, price: str = "499.00", *, hear: bool = True, **payment: Any) -> tuple[StoredOrder, int]:
        """An order paid by Qliro, captured in the shop and there; returns it with Qliro's number."""
        line = {"title": "Vas Björk", "sku": "GF-VAS-01", "price": price}
        order = self.bench.place(lines=[line], payments=[{"gateway": "Qliro"} | payment], hear=hear)
        (paid,) = [
            transaction for transaction in order.transactions if transaction["kind"] == payment.get("kind", "sale")
        ]
        ore = int(Decimal(price) * 100)
        made = self._control(
            f"/merchants/{self.key}/orders", amount=ore, order_name=order.name, payment_id=paid["payment_id"]
        )
        self.act(made["order_id"], "capture")
        return order, int(made["order_id"])

    def refund(self, order: StoredOrder, number: int) -> None:
        """The whole order goes back: in the shop, and at Qliro."""
        self.bench.act(order, "refund", lines=[{"line": 0}])
        self.act(number, "refund")

    def act(self, number: int, action: str, **body: Any) -> None:
        self._control(f"/merchants/{self.key}/orders/{number}/{action}", **body)

    def close(self, day: date = YESTERDAY) -> None:
        self._control(f"/merchants/{self.key}/close", date=day.isoformat())

    def _control(self, path: str, **body: Any) -> Any:
        answer = httpx2.post(f"{self.server.url}/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    # --- what we do

    def poll(self, *, later: timedelta = timedelta()) -> int:
        """Ask Qliro, as if so much later, and work on what it told."""
        self.world.clock = lambda: datetime.now(UTC) + later
        poll = replace(self.bench.program.qliro_poll, now=self.world.clock)
        changed = poll.run()
        self.bench.rest()
        return changed

    # --- what we know

    def states(self) -> list[str]:
        return [job.state for job in self.bench.jobs() if job.subject.startswith("payout:qliro:")]

    def balances(self) -> tuple[Decimal | int, ...]:
        """Clearing account, bank, fees, VAT on fees."""
        return tuple(self.bench.balance(one) for one in (CLEARING, BANK, FEE, INPUT_VAT))

    def matched_by(self) -> dict[str, str]:
        """Kind of the line → key that found its order; of the lines that an order has."""
        with self.bench.program.store.read() as session:
            uses = session.scalars(select(PayoutLineUse).where(PayoutLineUse.provider == "qliro")).all()
        return {use.line_id.split("|")[3]: use.matched_by for use in uses if "|" in use.line_id}

    def clearing(self) -> ClearingAccount:
        found = clearing_accounts(self.bench.program.store, self.bench.tenant_id)
        (one,) = [each for each in found if each.role == "psp.qliro.sek"]
        return one

    def stored(self) -> list[StoredPayout]:
        with self.bench.program.store.read() as session:
            return list(session.scalars(select(StoredPayout).order_by(StoredPayout.id)))


def emptied(server: ServerThread) -> None:
    """Bring the emulator to where it was started, with the clock of today."""
    server.app.state.kit.faults.clear()
    server.app.state.kit.calls.clear()
    server.app.state.world.reset()
    server.app.state.world.clock = lambda: datetime.now(UTC)
