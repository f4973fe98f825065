"""Partial payouts: an export by date over a month's end has some rows, the next month's has the others. Pure.

Only of sources that state no sum: what states one is whole. Neither part is booked alone, for the bank's amount or a
list of payouts has to prove what the rows come to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from app.kit.money import total
from app.model.payout import Payout, PayoutLine


def is_part_of(part: Payout, whole: Payout) -> bool:
    """Whether every row of one is in the other, which has more: nothing new, and nothing that contradicts."""
    if part.is_captured or (part.paid_on, part.currency) != (whole.paid_on, whole.currency):
        return False
    rows, others = Counter(map(_row, part.lines)), Counter(map(_row, whole.lines))
    return rows < others


def are_two_parts(payout: Payout, other: Payout) -> bool:
    """Whether two exports have different rows of one payout: no order's charge or refund is in both."""
    are_unproven = not payout.is_captured and not other.is_captured
    same = (payout.paid_on, payout.currency) == (other.paid_on, other.currency) and _is_same_account(payout, other)
    return are_unproven and same and bool(payout.lines) and not (_subjects(payout) & _subjects(other))


def joined(payout: Payout, other: Payout) -> Payout:
    """Both parts as one payout; nothing proves yet that there is no third."""
    lines = (*payout.lines, *other.lines)
    paid_out = total((line.net for line in lines), payout.currency)
    return replace(other, account=other.account or payout.account, lines=lines, paid_out=paid_out)


def _is_same_account(payout: Payout, other: Payout) -> bool:
    return not payout.account or not other.account or payout.account == other.account


def _references(line: PayoutLine) -> frozenset[str]:
    return frozenset(value.lstrip("#") for value in line.keys.values())


def _row(line: PayoutLine) -> tuple[object, ...]:
    return line.kind, _references(line) or line.id, line.amount, line.fee, line.fee_vat, line.occurred_on


def _subjects(payout: Payout) -> set[tuple[object, ...]]:
    """What its rows are about; a row without a reference is about itself."""
    about = {(line.kind, reference) for line in payout.lines for reference in _references(line)}
    return about | {("", line.id) for line in payout.lines}
