"""When the buyer of an unpaid order has to pay."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """The terms as the shop agreed them with the buyer."""

    name: str = ""
    """As the shop calls it: "Net 30"."""
    days: int | None = None
    """From the order on; None where the day is fixed, or counts from the delivery."""
