"""What the emulator remembers: merchants, orders, transactions, settlement batches. Amounts in öre."""

from __future__ import annotations

import base64
import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from sandbox.qliro.switches import Switches

Json = dict[str, Any]
TransactionType = Literal["Preauthorization", "Debit", "Capture", "Reversal", "Refund", "UpdateInvoice"]
_SETTLED_TYPES = ("Capture", "Debit", "Refund")


@dataclass
class Item:
    """So many of one thing, as an order lists it; prices in öre, VAT included and not."""

    reference: str
    description: str
    type: str
    quantity: int
    inc: int
    ex: int
    vat_rate: Decimal | None = None

    @property
    def amount(self) -> int:
        """All of it, VAT included."""
        return self.inc * self.quantity


@dataclass
class Action:
    """What happened to items: Reserve, Ship, Return, Release (4.1)."""

    id: int
    kind: str
    item: Item
    transaction_id: int


@dataclass
class Transaction:
    """One money movement of an order."""

    id: int
    order_id: int
    type: TransactionType
    amount: int
    at: datetime
    original_id: int | None = None
    status: str = "Success"
    settles: bool | None = None
    """Whether it is paid out, where the type alone does not tell (a change of an invoice)."""
    lowers: bool = False
    """A change of an invoice that gives money back."""
    is_settled: bool = False
    was_pending: bool = False

    @property
    def gives_back(self) -> bool:
        """Whether it is taken from a payout."""
        return self.type == "Refund" or self.lowers

    @property
    def moves_money(self) -> bool:
        """Whether it is paid out: reservations never are (5.4)."""
        return self.status == "Success" and (self.type in _SETTLED_TYPES if self.settles is None else self.settles)


@dataclass
class Order:
    """An order with every reference it may be known by."""

    id: int
    currency: str
    references: dict[str, str]
    transactions: list[Transaction] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    parties: Json = field(default_factory=dict)
    """Customer and addresses, as Qliro shows them."""
    country: str = "SE"
    push_url: str | None = None

    def left(self, kind: str) -> dict[tuple[str, int], int]:
        """Units that may still be shipped or released ("open"), or returned ("shipped"), by identity."""
        signs = {"open": {"Reserve": 1, "Ship": -1, "Release": -1}, "shipped": {"Ship": 1, "Return": -1}}[kind]
        found: dict[tuple[str, int], int] = {}
        for action in self.actions:
            key = action.item.reference, action.item.inc
            found[key] = found.get(key, 0) + signs.get(action.kind, 0) * action.item.quantity
        return {key: units for key, units in found.items() if units > 0}

    def sum_of(self, *types: str) -> int:
        """What transactions of these types come to."""
        return sum(
            transaction.amount
            for transaction in self.transactions
            if transaction.type in types and transaction.status == "Success"
        )


@dataclass
class Push:
    """One push on its way. Attempts are logged; nothing authenticates it (3.4)."""

    url: str
    body: Json
    due: datetime
    answers: list[str] = field(default_factory=list)
    received: bool = False


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
    pushes: list[Push] = field(default_factory=list)
    """Every push that was ever made, delivered or not."""

    def token(self, body: bytes) -> str:
        """The token that signs exactly these bytes (1.2)."""
        return base64.b64encode(hashlib.sha256(body + self.secret.encode()).digest()).decode("ascii")

    def find(self, reference: str) -> Order | None:
        """An order by its id, else by any reference it ever had (4)."""
        if reference.isdigit() and int(reference) in self.orders:
            return self.orders[int(reference)]
        return next((order for order in self.orders.values() if reference in order.references.values()), None)


def real_time() -> datetime:
    """The clock that a world has unless it is given another."""
    return datetime.now(UTC)


class World:
    """All state, behind one lock."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock or real_time
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
