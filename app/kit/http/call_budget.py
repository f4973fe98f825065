"""One call out of a budget, and the wait when it is spent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallBudget:
    """Where the calls of a company count."""

    company: str
    window: float
    """Seconds from a call until its place is free again."""


@dataclass(frozen=True, slots=True)
class ReservedCall:
    """One call that may go now."""

    slot: float
    """Its place in the company's budget, by the budget's own clock, in seconds."""
    since: float
    """From when on it counts, by this process' monotonic clock, in seconds; never later than the budget thinks."""


class RateLimitedError(Exception):
    """The company's budget of calls is spent: nothing was sent; come back after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.2f} s for a permit")
        self.seconds = seconds
