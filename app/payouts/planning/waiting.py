"""Why a payout is not booked yet: what is missing, until when, which payouts belong to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.kit.money import Money, total
from app.model.payout import Payout, PayoutLineKind


class Reason(StrEnum):
    """What it waits for."""

    NOT_FINAL = "not_final"
    """The provider may still change it: rows are pending, or it is on its way."""
    INCOMPLETE = "incomplete"
    """The provider calls it final, but its rows do not come to its sum."""
    NOT_PROVEN = "not_proven"
    """Nothing states its sum."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """A debt or balance that passes from one payout to another."""

    amount: Money
    """What it adds to this payout; negative where this one repays."""
    other: str
    """The payout with the opposite amount; empty where none is known yet."""


@dataclass(frozen=True, slots=True)
class WaitingPayout:
    """Why a payout waits."""

    reason: Reason
    missing: Money
    """What its rows do not explain of its sum; zero where they do."""
    until: date | None
    """From when it waits no longer for rows; None where its provider sets no day."""
    cancelled_by: tuple[str, ...]
    """Payouts with the opposite difference: together they add up."""


def waiting_of(
    payout: Payout, others: Iterable[Payout], until: date | None, *, is_captured: bool
) -> WaitingPayout | None:
    """Why it waits; None where it need not. `others`: payouts of its provider that are not booked either."""
    missing = payout.unexplained
    if not payout.is_final:
        reason = Reason.NOT_FINAL
    elif missing:
        reason = Reason.INCOMPLETE
    elif not is_captured:
        reason = Reason.NOT_PROVEN
    else:
        return None
    opposite = [
        other.id for other in others if missing and other.currency == payout.currency and other.unexplained == -missing
    ]
    is_open = reason is Reason.NOT_FINAL
    return WaitingPayout(reason, missing, until if is_open else None, tuple(opposite))


def succeeded_of(payout: Payout, others: Iterable[Payout]) -> tuple[Succeeded, ...]:
    """Debts that the payout carries on from an earlier one or leaves to a later one, each with that payout."""
    left = {
        (other.id, line.id): line.amount
        for other in others
        for line in other.lines
        if line.kind is PayoutLineKind.CARRIED_FORWARD and other.currency == payout.currency
    }
    # A payout below zero leaves its whole sum to the next one.
    left |= {
        (payout_before.id, ""): payout_before.paid_out for payout_before in others if payout_before.paid_out.minor < 0
    }
    succeeded = []
    for line in payout.lines:
        if line.kind is not PayoutLineKind.CARRIED_FORWARD or not line.amount:
            continue
        key = next((key for key, amount in left.items() if _are_two_sides(line.amount, key, amount)), None)
        if key is not None:
            del left[key]
        succeeded.append(Succeeded(line.amount, key[0] if key else ""))
    return tuple(succeeded)


def _are_two_sides(own: Money, key: tuple[str, str], other: Money) -> bool:
    is_whole_payout = not key[1]
    return total((own, -other if is_whole_payout else other), own.currency) == Money.zero(own.currency)
