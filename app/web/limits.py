"""Limits per sender: refusals in a minute, and bytes held at once. In memory, bounded.

The sender's address is the one that uvicorn found: no header is read here (docs/guides/reverse-proxy.md).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from threading import Lock

_MOST_SENDERS = 10_000
_NETWORK_BITS = 64
"""Who has one IPv6 address usually has a network of this size."""


def sender_of(address: str) -> str:
    """Who counts as one sender: an IPv4 address, or the network of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"{int(parsed) >> (128 - _NETWORK_BITS):x}::/64"
    return str(parsed)


class Allowance:
    """So many in a minute for each sender; who has not been seen for longest is forgotten first."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = per_minute, now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def is_spent(self, address: str) -> bool:
        """Whether a sender has used up what it may."""
        with self._lock:
            return self._left_of(sender_of(address)) < 1

    def charge(self, address: str) -> None:
        """Count one."""
        sender = sender_of(address)
        with self._lock:
            self._left[sender] = (max(self._left_of(sender) - 1, 0), self._now())
            self._left.move_to_end(sender)
            while len(self._left) > _MOST_SENDERS:
                self._left.popitem(last=False)

    def refuses(self, address: str) -> bool:
        """Count one; whether the sender had used up what it may before it."""
        was_spent = self.is_spent(address)
        self.charge(address)
        return was_spent

    def _left_of(self, sender: str) -> float:
        left, at = self._left.get(sender, (float(self._most), 0.0))
        return min(left + (self._now() - at) * self._most / 60, self._most)


class Room:
    """Bytes that may be held at once, in all and by each holder."""

    def __init__(self, whole: int, each: int) -> None:
        self._whole, self._each = whole, each
        self._held: dict[str, int] = {}
        self._lock = Lock()

    def take(self, holder: str, size: int) -> bool:
        """Hold so many bytes more; False, and nothing is held, where there is no room."""
        with self._lock:
            held = self._held.get(holder, 0)
            if sum(self._held.values()) + size > self._whole or held + size > self._each:
                return False
            self._held[holder] = held + size
            return True

    def give_back(self, holder: str, size: int) -> None:
        """Release them."""
        with self._lock:
            left = self._held[holder] - size
            if left:
                self._held[holder] = left
            else:
                del self._held[holder]


REFUSALS_PER_MINUTE = 60
UPLOADS_PER_MINUTE = 30
UPLOADS_AT_ONCE, UPLOADS_OF_A_COMPANY = 500_000_000, 200_000_000
"""Bytes of temporary space for files on their way in."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Those of the pages of one process."""

    refusals: Allowance = field(default_factory=lambda: Allowance(REFUSALS_PER_MINUTE))
    uploads: Allowance = field(default_factory=lambda: Allowance(UPLOADS_PER_MINUTE))
    room: Room = field(default_factory=lambda: Room(UPLOADS_AT_ONCE, UPLOADS_OF_A_COMPANY))
