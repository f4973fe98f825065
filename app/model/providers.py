"""What is known of payment providers, Bokbro's own platforms among them: how they name things in their payouts.

The one table of it, by the name that stands in `Payout.provider` and in roles of accounts (`psp.<name>`). A provider
that is not here has no habit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider's habits."""

    reported_by: str = ""
    """Platform that reports its payouts itself: its connection has those of files, too."""
    names_shops_transactions: bool = False
    """Its ids of transactions are the shop's own: another provider's number may be equal by chance."""
    mixes_references: bool = False
    """Its two references are the order's name and the shop's payment id, in an order that differs by shop."""
    reports_orders: bool = False
    """It reports the orders that are paid by it: its number of an order is known, and a line of none is a fault."""
    late_rows: timedelta | None = None
    """How long after its day a payout may still gain rows; a gap in it waits."""
    debtor: str = ""
    """Role stem of the clearing account of debts that it takes from its payouts; empty: its own."""


PROVIDERS: Mapping[str, Provider] = {
    "shopify_payments": Provider(reported_by="shopify", names_shops_transactions=True),
    # A batch may gain rows for two weeks: qliro-api.md 5.4.
    "qliro": Provider(reported_by="qliro", reports_orders=True, late_rows=timedelta(days=14)),
    "klarna": Provider(mixes_references=True),
    "kustom": Provider(mixes_references=True, debtor="psp.klarna"),
}
_NO_HABITS = Provider()


def habits_of(provider: str) -> Provider:
    """What is known of a provider."""
    return PROVIDERS.get(provider, _NO_HABITS)
