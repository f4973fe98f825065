"""Shopify's leaky bucket of query points, per app and shop (shopify-api.md section 6).

Points of a query (shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits, and Shopify's answer on
community.shopify.dev "How to calculate GraphQL cost estimates", as public calculators rebuilt it): a scalar 0, an
object 1, a mutation 10, a connection 2 + ⌊2·ln n⌋ × what one node costs, with n at least 2; values without an identity
(`pageInfo`, addresses, money) nothing of their own.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.shopify.graphql.projecting import Projector
from sandbox.shopify.graphql.reading import Field, Operation
from sandbox.shopify.switches import Switches

MUTATION_POINTS = 10
SINGLE_QUERY_LIMIT = 1000
PLAIN_LISTS = frozenset({"fulfillments", "refunds", "transactions"})
"""Lists of an order that take `first` and are no connections."""
WORTHLESS = re.compile(r"^(pageInfo|address|billingAddress|shippingAddress|edges|.*CustomerEmailAddress)$")
MONEY = re.compile(r"(Set|Money)$|^(price|amount|fee|net|balance|adjustment|taxAmount|flatFee)$")


@dataclass
class Bucket:
    """Points available to one app in one shop; refilled all the time."""

    maximum: int
    restore_rate: float
    available: float = 0.0
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.available = float(self.maximum)

    def charge(self, points: int) -> bool:
        """Take points in advance; false when there are too few."""
        self._refill()
        if points > self.available:
            return False
        self.available -= points
        return True

    def give_back(self, points: int) -> None:
        """Return what the query did not use."""
        self.available = min(float(self.maximum), self.available + points)

    def status(self) -> dict[str, Any]:
        """The `throttleStatus` of an answer."""
        self._refill()
        return {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.available),
            "restoreRate": self.restore_rate,
        }

    def _refill(self) -> None:
        now = time.monotonic()
        self.available = min(float(self.maximum), self.available + (now - self.filled_at) * self.restore_rate)
        self.filled_at = now


def requested_cost(operation: Operation, projector: Projector, switches: Switches | None = None) -> int:
    """What a query asks for before it is run."""
    fields = list(projector.fields(operation.selections, None))
    if operation.kind == "mutation":
        return MUTATION_POINTS * len(fields)
    return max(1, _cost(fields, projector, switches or Switches(), is_order=False))


def multiplier(first: int) -> int:
    """How often a page's nodes count: its size costs less and less."""
    return math.floor(2 * math.log(max(2, first)))


def _cost(fields: Iterable[Field], projector: Projector, switches: Switches, *, is_order: bool) -> int:
    total = 0
    for wanted in fields:
        if not wanted.selections:
            continue
        inner = _cost(
            projector.fields(wanted.selections, None), projector, switches, is_order=wanted.name in {"order", "orders"}
        )
        first = projector.arguments(wanted).get("first")
        is_plain = is_order and wanted.name in PLAIN_LISTS
        if is_plain:
            sized = isinstance(first, int) and switches.list_cost == "sized"
            total += multiplier(first) * (1 + inner) if sized and isinstance(first, int) else 1 + inner
        elif isinstance(first, int):
            total += 2 + multiplier(first) * inner
        elif WORTHLESS.search(wanted.name) or (switches.money_cost == "free" and MONEY.search(wanted.name)):
            total += inner
        else:
            total += 1 + inner
    return total
