"""The notifier: "look now". A ring may be lost, doubled or late; the sweep finds what is due anyway (decision 3)."""

from __future__ import annotations

from typing import Protocol


class Notifier(Protocol):
    """Wakes a worker."""

    def notify(self) -> None:
        """Ring, without waiting and without raising: the answer to a shop must not depend on a broker."""


class SilentNotifier:
    """Rings nowhere: for tests and commands that drain by themselves."""

    def notify(self) -> None:
        """Do nothing."""
