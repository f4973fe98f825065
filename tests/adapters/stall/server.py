"""Stall's own side, in memory: orders and payouts of one market place, as JSON under addresses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class StallServer:
    """One shop. Amounts are öre, VAT inside."""

    domain: str
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    payouts: list[dict[str, Any]] = field(default_factory=list)
    is_away: bool = False
    refuses: bool = False

    def get(self, path: str) -> tuple[int, bytes]:
        """One question."""
        if self.is_away:
            raise ConnectionError("stall is away")
        if self.refuses:
            return 403, b"{}"
        domain, kind, *rest = path.split("/")
        assert domain == self.domain
        if kind == "payouts":
            return 200, json.dumps(self.payouts).encode()
        order = self.orders.get(rest[0])
        return (200, json.dumps(order).encode()) if order else (404, b"{}")

    def sell(self, ref: str, *lines: tuple[str, int, int], freight: int = 0) -> str:
        """A paid order of (article, units, öre of them all) at 25 % VAT; its reference."""
        ore = sum(line[2] for line in lines) + freight
        self.orders[ref] = {
            "ref": ref, "no": f"S{ref}", "placed": "2026-11-20T10:00:00+01:00", "touched": "2026-11-20T10:00:00+01:00",
            "lines": [{"sku": sku, "name": f"Vara {sku}", "qty": units, "ore": paid, "vat": "25"}
                      for sku, units, paid in lines],
            "buyer": {"id": "7", "name": "Anna Lindqvist", "mail": "anna@example.se", "town": "Umeå", "land": "SE"},
            "money": [{"id": f"{ref}-in", "type": "in", "ore": ore, "at": "2026-11-20T10:00:05+01:00"}],
            "returns": [],
        }  # fmt: skip
        if freight:
            self.orders[ref]["freight"] = {"name": "Ombud", "ore": freight, "vat": "25"}
        return ref

    def take_back(self, ref: str, line: int, units: int, ore: int) -> None:
        """A part of an order comes back, and its money goes back."""
        order = self.orders[ref]
        name = f"{ref}-back-{len(order['returns']) + 1}"
        at = f"2026-11-{23 + len(order['returns'])}T09:00:00+01:00"
        order["money"].append({"id": name, "type": "out", "ore": ore, "at": at})
        part = {"line": line, "qty": units, "ore": ore}
        order["returns"].append({"id": name, "at": at, "money": name, "parts": [part]})
        order["touched"] = at

    def pay_out(self, ref: str, fee: int) -> None:
        """The money of an order reaches the bank, less a fee and what went back."""
        moves = self.orders[ref]["money"]
        rows = [
            {"id": f"row-{move['id']}", "kind": "charge" if move["type"] == "in" else "refund", "day": move["at"][:10],
             "ore": move["ore"] if move["type"] == "in" else -move["ore"], "fee": fee if move["type"] == "in" else 0,
             "money": move["id"]}
            for move in moves
        ]  # fmt: skip
        paid = sum(row["ore"] - row["fee"] for row in rows)
        self.payouts.append({"id": f"P{len(self.payouts) + 1}", "day": "2026-11-30", "ore": paid, "rows": rows})
