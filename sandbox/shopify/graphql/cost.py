"""Shopify's leaky bucket of query points, per app and shop (shopify-api.md section 6).

The published model is coarse (object 1, mutation 10, connections by page size) and real answers fit no simple
formula; ours grows with the logarithm of the page so that the documented queries stay under 1000 as they do live.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.shopify.graphql.projecting import Projector
from sandbox.shopify.graphql.reading import Field, Operation

MUTATION_POINTS = 10
SINGLE_QUERY_LIMIT = 1000
FREE = re.compile(r"(Set|Money)$|^(pageInfo|price|amount|fee|net|balance|nodes|edges|node)$")


@dataclass
class Bucket:
    """Points available to one app in one shop; refilled all the time."""

    maximum: int
    restore_rate: int
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


def requested_cost(operation: Operation, projector: Projector) -> int:
    """What a query asks for before it is run."""
    fields = list(projector.fields(operation.selections, None))
    if operation.kind == "mutation":
        return MUTATION_POINTS * len(fields)
    return max(1, _cost(fields, projector))


def _cost(fields: Iterable[Field], projector: Projector) -> int:
    total = 0
    for wanted in fields:
        if not wanted.selections:
            continue
        inner = _cost(projector.fields(wanted.selections, None), projector)
        first = projector.arguments(wanted).get("first")
        if isinstance(first, int):
            total += 2 + max(1, inner) * max(1, first.bit_length())
        elif FREE.search(wanted.name):
            total += inner
        else:
            total += 1 + inner
    return total
