"""What became of a request. The difference between "not sent" and "unknown" decides who may try again without looking.

Outcome
├── Done       the other side did it and said so
├── Refused    it said no (4xx): nothing was done
├── Limited    it said "not now" (429): nothing was done
├── NotSent    no request left us (connection refused, pool full): nothing was done
└── Unknown    it may have been done (time-out, connection lost, 5xx, an answer that cannot be read)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """Done by the other side; `data` is the parsed JSON answer (numbers as Decimal or int)."""

    status: int
    data: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused by the other side, with its own number and words when it gave any."""

    status: int
    number: int | None = None
    message: str = ""
    body: Any = None


@dataclass(frozen=True, slots=True)
class Limited:
    """Too many calls; try after `retry_after` seconds."""

    retry_after: float


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never left: safe to repeat."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been done: look before repeating."""

    reason: str
    status: int | None = None


Outcome = Done | Refused | Limited | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An HTTP answer that arrived whole."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
