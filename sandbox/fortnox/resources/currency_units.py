"""What rate and unit make of a foreign amount: whether Fortnox multiplies or divides by the unit was never seen."""

from __future__ import annotations

from decimal import Decimal

from sandbox.fortnox.config import Switches
from sandbox.fortnox.wire import Document


def kronor_for_one(fields: Document, switches: Switches) -> Decimal:
    """Kronor for one unit of a document's or payment's currency (fortnox-api.md 3.5, by the code of clients)."""
    rate, unit = Decimal(fields["CurrencyRate"]), Decimal(fields["CurrencyUnit"])
    return rate * unit if switches.currency_unit == "multiplied" else rate / unit
