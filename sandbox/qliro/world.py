"""What the emulator remembers: merchants, orders, transactions, settlement batches. Amounts in öre."""

from __future__ import annotations

import base64
import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from sandbox.qliro.switches import Switches

Json = dict[str, Any]
TransactionType = Literal["Preauthorization", "Debit", "Capture", "Reversal", "Refund"]
_SETTLED_TYPES = ("Capture", "Debit", "Refund")


@dataclass
class Transaction:
    """One money movement of an order."""

    id: int
    order_id: int
    type: TransactionType
    amount: int
    at: datetime
    original_id: int | None = None
    is_settled: bool = False
    was_pending: bool = False

    @property
    def moves_money(self) -> bool:
        """Whether it is paid out: reservations never are (5.4)."""
        return self.type in _SETTLED_TYPES


@dataclass
class Order:
    """An order with every reference it may be known by."""

    id: int
    currency: str
    references: dict[str, str]
    transactions: list[Transaction] = field(default_factory=list)

    def sum_of(self, *types: str) -> int:
        """What transactions of these types come to."""
        return sum(one.amount for one in self.transactions if one.type in types)


@dataclass
class Batch:
    """One bank transfer with its rows, ready to be shown."""

    id: int
    body: Json
    day: date
    accepted: list[Json]
    pending: list[Json] = field(default_factory=list)


@dataclass
class Merchant:
    """One merchant account. `debt` is what an earlier batch below zero left, by currency."""

    key: str
    secret: str
    switches: Switches = field(default_factory=Switches)
    orders: dict[int, Order] = field(default_factory=dict)
    chargebacks: list[Transaction] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    debt: dict[str, int] = field(default_factory=dict)

    def token(self, body: bytes) -> str:
        """The token that signs exactly these bytes (1.2)."""
        return base64.b64encode(hashlib.sha256(body + self.secret.encode()).digest()).decode("ascii")

    def find(self, reference: str) -> Order | None:
        """An order by its id, else by any reference it ever had (4)."""
        if reference.isdigit() and int(reference) in self.orders:
            return self.orders[int(reference)]
        return next((one for one in self.orders.values() if reference in one.references.values()), None)


class World:
    """All state, behind one lock."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.merchants: dict[str, Merchant] = {}
            self._ids: Iterator[int] = itertools.count(3_000_001)

    def snapshot(self) -> Json:
        """How much there is."""
        with self.lock:
            return {
                key: {"orders": len(one.orders), "batches": len(one.batches)} for key, one in self.merchants.items()
            }

    def new_id(self) -> int:
        """A fresh id."""
        with self.lock:
            return next(self._ids)
