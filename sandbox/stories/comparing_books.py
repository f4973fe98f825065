"""Balances per account: of all entries, of one day, of one month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sandbox.stories.observing import Observation, balances

_OTHER = "other"


def accounts(wanted: Mapping[str, Any], observed: Sequence[Observation]) -> Iterator[str]:
    """Balance per account; `2420+3001` is both together, `[low, high]` a range, `other` every account not named."""
    yield from _compared(wanted, observed[-1].balances)


def dated(wanted: Mapping[str, Mapping[str, Any]], observed: Sequence[Observation]) -> Iterator[str]:
    """The same over the entries of one day or month alone."""
    for period, amounts in wanted.items():
        for one in _compared(amounts, balances(observed[-1].vouchers, period)):
            yield f"{period}: {one}"


def _compared(wanted: Mapping[str, Any], found: Mapping[str, Decimal]) -> Iterator[str]:
    named = {account for key in wanted if key != _OTHER for account in key.split("+")}
    for key, amount in wanted.items():
        if key == _OTHER:
            yield from _others(amount, {one: balance for one, balance in found.items() if one not in named})
            continue
        balance = sum((found.get(account, Decimal(0)) for account in key.split("+")), Decimal(0))
        if not _is_within(balance, amount):
            yield f"{key} found {balance:.2f}, expected {_shown(amount)}"


def _others(wanted: Any, found: Mapping[str, Decimal]) -> Iterator[str]:  # noqa: ANN401 -- a number or a range
    """Zero means that no other account has a balance, not that they cancel out."""
    if wanted == 0:
        for account, balance in found.items():
            yield f"{account} found {balance:.2f}, expected nothing there"
    elif not _is_within(sum(found.values(), Decimal(0)), wanted):
        yield f"the other accounts together found {sum(found.values(), Decimal(0)):.2f}, expected {_shown(wanted)}"


def _is_within(balance: Decimal, wanted: Any) -> bool:  # noqa: ANN401 -- a number or a range
    if isinstance(wanted, list):
        low, high = (Decimal(str(one)) for one in wanted)
        return low <= balance <= high
    return balance == Decimal(str(wanted))


def _shown(wanted: Any) -> str:  # noqa: ANN401 -- a number or a range
    if isinstance(wanted, list):
        return " to ".join(f"{Decimal(str(one)):.2f}" for one in wanted)
    return f"{Decimal(str(wanted)):.2f}"
