"""The notifier: "look now". A notification may be lost, doubled or late; the sweep finds what is due (decision 3)."""

from __future__ import annotations

from typing import Protocol


class Notifier(Protocol):
    """Wakes a worker."""

    def notify(self) -> None:
        """Notify, without waiting and without raising: the answer to a shop must not depend on a broker."""


class SilentNotifier:
    """Notifies nobody: for tests and commands that run the worker themselves."""

    def notify(self) -> None:
        """Do nothing."""
