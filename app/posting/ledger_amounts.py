"""Amounts that Fortnox cannot hold: it keeps two decimals, and some currencies have three (ISO 4217)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.kit.money import Money, exponent
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.steps import PayInvoice

HELD = 2
"""Decimals of every amount in Fortnox."""


def unheld(documents: Iterable[CreateInvoice], payments: Iterable[PayInvoice]) -> Iterator[Finding]:
    """A finding for each total, price and payment that would be rounded there: the books would say another amount."""
    amounts = [
        amount for document in documents for amount in (document.total, *(row.unit_price for row in document.rows))
    ]
    amounts += [payment.amount for payment in payments]
    for amount in dict.fromkeys(amounts):
        if not _is_held(amount):
            yield Finding(
                "FORTNOX_AMOUNT_DECIMALS", str(abs(amount)), {"amount": str(abs(amount)), "decimals": str(HELD)}
            )


def _is_held(amount: Money) -> bool:
    beyond = exponent(amount.currency) - HELD
    return beyond <= 0 or amount.minor % 10**beyond == 0
