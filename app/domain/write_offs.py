"""What a payment closes of its document without money: the fee that a provider kept (junipeer.md 1.4, stage 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.money import Money, total


@dataclass(frozen=True, slots=True)
class WriteOff:
    """One amount on one account: a cost (debit) where it is positive, whichever way the payment goes."""

    account: int
    amount: Money
    role: str
    """That led to the account: tells the fee from its VAT, and how the fee is taxed."""


def sum_of(write_offs: Iterable[WriteOff], currency: str) -> Money:
    """What they come to."""
    return total((one.amount for one in write_offs), currency)
