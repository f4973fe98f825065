"""A merchant whose orders come from Qliro itself: items are reserved, shipped, returned there, and pushed to us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import select

from app.jobs.inbox import make_due
from app.orders.source_of_record import OrdersFrom
from app.schema import Connection, Job
from tests.support.pipeline.qliro import Qliro

BUYER: dict[str, Any] = {
    "customer": {"FirstName": "Anna", "LastName": "Lindqvist", "Email": "anna@example.se", "JuridicalType": "Physical",
                 "PersonalNumber": "198001019999"},
    "billing": {"FirstName": "Anna", "LastName": "Lindqvist", "Street": "Storgatan 1", "PostalCode": "11122",
                "City": "Stockholm"},
}  # fmt: skip
VASE: dict[str, Any] = {"ref": "GF-VAS-01", "text": "Vas Björk", "price": "499.00"}
FREIGHT: dict[str, Any] = {"ref": "frakt", "text": "Frakt", "type": "Shipping", "price": "49.00"}


@dataclass
class QliroShop:
    """What happens at Qliro, and what we hear of it."""

    qliro: Qliro
    push_url: str | None = None
    is_silent: bool = False
    """Nothing is heard of but by pushes."""

    def sell(self, *items: dict[str, Any], **sale: Any) -> int:
        """An order whose amount is reserved; we hear of it. Returns Qliro's number."""
        body = {"items": list(items or (VASE,)), "push_url": self.push_url} | BUYER | sale
        number = int(self.control("/sales", **body)["order_id"])
        self.hear(number)
        return number

    def act(self, number: int, action: str, **body: Any) -> int:
        """Something is done with the order; we hear of it. Returns the transaction's id."""
        made = self.control(f"/sales/{number}/{action}", **body)
        self.hear(number)
        return int(made["transaction_id"])

    def hear(self, number: int) -> None:
        """Make the order's job due, as a push does."""
        bench = self.qliro.bench
        if self.is_silent:
            return
        with bench.program.store.write() as session:
            make_due(session, bench.tenant_id, self.qliro.connection_id, f"order:qliro:{number}")

    def told(self, number: int, action: str, **body: Any) -> int:
        """Done, heard, and worked on."""
        made = self.act(number, action, **body)
        self.qliro.bench.rest()
        return made

    def choose(self, owner: str) -> None:
        """Who tells of orders: the platform of that name."""
        chosen = OrdersFrom.PROVIDER if owner == "qliro" else OrdersFrom.SHOP
        with self.qliro.bench.program.store.write() as session:
            row = session.get_one(Connection, self.qliro.connection_id)
            row.orders_from = chosen

    def state(self, number: int) -> str:
        with self.qliro.bench.program.store.read() as session:
            return session.scalars(select(Job.state).where(Job.subject == f"order:qliro:{number}")).one()

    def control(self, path: str, **body: Any) -> Any:
        url = f"{self.qliro.server.url}/_sandbox/merchants/{self.qliro.key}{path}"
        answer = httpx2.post(url, json=body)
        assert answer.is_success, answer.text
        return answer.json()
