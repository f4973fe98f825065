"""Duplicates: vouchers that we did not make and that book the same as one of ours once more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from app.ledgers.booked_year import BookedVoucher, BookedYear

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Mark:
    """What identifies a voucher of ours."""

    is_text_ours: bool = False
    """We wrote its text, which ends in a reference in brackets that no other voucher has."""
    document: str = ""
    """Number of the invoice that it books or pays."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A voucher of ours, and its duplicate."""

    ours: BookedVoucher
    again: BookedVoucher


def duplicates(year: BookedYear, ours: Mapping[str, Mark]) -> list[Duplicate]:
    """The vouchers of a year that book again what one of `ours` (name → mark) books, and that nobody has reversed.

    A duplicate moves the same amounts. It has our reference in its text, or, where the accounting system wrote it,
    its day, its words and the invoice's number. A voucher with the opposite amounts takes it out again.
    """
    unknown_vouchers = [voucher for name, voucher in year.vouchers.items() if name not in ours]
    by_moves: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for name in ours:
        if name in year.vouchers and year.vouchers[name].amounts:
            by_moves.setdefault(_moves(year.vouchers[name]), []).append(name)
    reversals = Counter(_moves(voucher, -1) for voucher in unknown_vouchers)
    result = []
    for again in unknown_vouchers:
        like = by_moves.get(_moves(again), ())
        original = next(
            (year.vouchers[voucher] for voucher in like if _is_same(year.vouchers[voucher], again, ours[voucher])), None
        )
        if original is None:
            continue
        if reversals[_moves(again)]:
            reversals[_moves(again)] -= 1
        else:
            result.append(Duplicate(original, again))
    return result


def _is_same(original: BookedVoucher, again: BookedVoucher, mark: Mark) -> bool:
    if mark.is_text_ours:
        return original.text.rpartition(" (")[2] == again.text.rpartition(" (")[2]
    words = original.day == again.day and _NUMBER.sub("#", original.text) == _NUMBER.sub("#", again.text)
    return words and bool(mark.document) and mark.document in _NUMBER.findall(again.text)


def _moves(voucher: BookedVoucher, sign: int = 1) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((account, sign * amount.minor) for account, amount in voucher.amounts.items()))
