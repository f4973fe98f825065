"""Correction of a booked payout that its source now reports differently: the difference, as one voucher.

A booked voucher is never altered (BFL 5 kap. 5 §): the correction is a voucher of its own that names the payout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.kit.money import Money
from app.model.payout import Payout, PayoutLine
from app.payouts.fx.held_balance import HELD_KINDS
from app.payouts.planning.line_answers import is_of_line
from app.posting.plan import Stopped
from app.posting.references import VoucherRef
from app.posting.steps import Step
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher, rows_of
from app.tenants.rules import TenantRules


class ChangeAnswer(StrEnum):
    """What a person says of a payout that is reported differently than it was booked."""

    CORRECT = "correct"
    """Book the difference as a voucher."""
    BY_HAND = "by_hand"
    """It is corrected in the books already, under a reference."""


class NoVoucher(StrEnum):
    """Why the difference cannot be booked as one voucher: a person corrects it by hand."""

    HELD_BALANCE = "set_aside"
    """Foreign money that is held or comes back changed: other payouts decide its carrying amount, or have used it."""
    CARRYING_AMOUNT_UNKNOWN = "worth_unknown"
    """Foreign money of a line that is new or changed has no booking, or its rate is not known."""
    WRITTEN_OFF = "written_off"
    """A payment wrote off the fee of a line that is reported with another amount: both would have the fee."""
    ANSWERED_LINE = "answered_line"
    """A line that a person gave an account is not in it any more."""
    NOT_BOOKABLE = "not_bookable"
    """As it is reported now it could not be booked at all: it is not final, or its rows do not add up."""


_CARRYING_AMOUNT_CODES = frozenset({"PAYOUT_RATE_UNKNOWN", "PAYOUT_LINE_WORTH_UNKNOWN"})


def lacks_carrying_amounts(decision: object) -> bool:
    """Whether a payout cannot be booked only because carrying amounts of its foreign money are not known."""
    return isinstance(decision, Stopped) and all(
        finding.code in _CARRYING_AMOUNT_CODES for finding in decision.findings
    )


class OrderEffect(StrEnum):
    """What the change means for an order whose invoice a payout pays. No payment that is booked is altered."""

    STAYS_PAID = "stays_paid"
    """It is not in the payout any more: its payment stays, and the provider has its money until another payout."""
    IS_PAID = "is_paid"
    """It is new: once the correction is booked, its invoice is paid on the payout's day."""
    DIFFERS = "differs"
    """What the payout has of it is none of its payments: the difference stays on the clearing account."""


@dataclass(frozen=True, slots=True)
class OrderNote:
    """One order that the change touches."""

    order_id: int
    name: str
    amount: Money
    """Of the payout's line."""
    effect: OrderEffect


@dataclass(frozen=True, slots=True)
class Correction:
    """Both states of a payout, and how the books get from one to the other."""

    booked: Payout
    reported: Payout
    voucher: CreateVoucher | None = None
    """None: no account differs, or `block` says why none can be made."""
    block: NoVoucher | None = None
    orders: tuple[OrderNote, ...] = ()
    """Orders that were, or will be, paid because of it."""


def correction_voucher(
    posted: Iterable[Step], planned: Iterable[Step], payout: Payout, rules: TenantRules, ref: VoucherRef, day: date
) -> CreateVoucher | None:
    """The difference between what is posted and what is planned, account by account; None where there is none.

    `posted`, `planned`: vouchers of the payout; those of single lines, which a person named, are left out.
    """
    moved: dict[int, Money] = {}
    for sign, steps in ((1, planned), (-1, posted)):
        for step in steps:
            if not isinstance(step, CreateVoucher) or is_of_line(step):
                continue
            for row in step.rows:
                change = row.debit - row.credit
                before = moved.get(row.account, Money.zero(BOOKS_CURRENCY))
                moved[row.account] = before + (change if sign > 0 else -change)
    rows = rows_of(sorted(moved.items()))
    if not rows:
        return None
    provider = payout.provider.replace("_", " ").title()
    text = f"Rättelse av {provider} utbetalning {payout.paid_on}"
    return CreateVoucher(ref, day, text, rules.payout_series, rows, f"{payout.key} {ref.key}")


def differing_lines(booked: Payout, reported: Payout) -> tuple[tuple[PayoutLine | None, PayoutLine | None], ...]:
    """Lines that are not the same in both states, side by side: by id, else by what they are about."""
    old, new = {line.id for line in booked.lines}, {line.id: line for line in reported.lines}
    left = {line.id: line for line in reported.lines if line.id not in old}
    pairs: list[tuple[PayoutLine | None, PayoutLine | None]] = []
    for line in booked.lines:
        other = new.get(line.id) or next(
            (candidate for candidate in left.values() if _is_about_the_same(line, candidate)), None
        )
        if other is not None:
            left.pop(other.id, None)
        if other is None or _figures(line) != _figures(other):
            pairs.append((line, other))
    return (*pairs, *((None, line) for line in left.values()))


def unchanged(booked: Payout, reported: Payout) -> frozenset[str]:
    """Lines that move the same money in both states; their fees may differ."""
    before = {line.id: (line.kind, line.amount) for line in booked.lines}
    return frozenset(line.id for line in reported.lines if before.get(line.id) == (line.kind, line.amount))


def changes_held_balance(booked: Payout, reported: Payout) -> bool:
    """Whether money changed whose carrying amount other payouts decide (decision 0026): disputes, reserves, carried."""
    same = unchanged(booked, reported)
    changed = [line for state in (booked, reported) for line in state.lines if line.id not in same]
    return any(line.amount.currency != BOOKS_CURRENCY and line.kind in HELD_KINDS for line in changed)


def _is_about_the_same(line: PayoutLine, other: PayoutLine) -> bool:
    is_same = line.kind is other.kind and dict(line.keys) == dict(other.keys)
    return is_same and (bool(line.keys) or line.net == other.net)


def _figures(line: PayoutLine) -> tuple[object, ...]:
    return line.kind, line.amount, line.fee, line.fee_vat, line.occurred_on
