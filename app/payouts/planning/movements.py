"""Identities of a payout line at its provider, equal in every file, format and connection. Pure.

The number of a payout says nothing about whether its money was booked: the same transaction may come again in another
batch, in a file beside the API, or under a second key of the same account (qliro-api.md 5.4-5.6, accounting.md T9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind

_REFERENCES = (
    (MatchKey.ORDER_NAME, MatchKey.PAYMENT_ID),
    (MatchKey.SHOP_ORDER_ID,),
    (MatchKey.PROVIDER_ORDER_ID,),
)
"""The first of these that a line has any of."""
_ONE_PER_TRANSACTION = frozenset(
    {
        PayoutLineKind.CHARGE, PayoutLineKind.REFUND, PayoutLineKind.REFUND_FAILED, PayoutLineKind.CHARGEBACK,
        PayoutLineKind.CHARGEBACK_REVERSED,
    }
)  # fmt: skip
"""Of other kinds (fees, corrections) a transaction may have several: they differ in amount and day, too."""
ID_PREFIX, ORDER_PREFIX = "id|", "order|"
"""Of identities that are the provider's id of a transaction, and of those that name the order."""
_ORDER, _AMOUNT = 1, 5
"""Places of the parts of an identity that names the order."""
_OWN_BOOKKEEPING = frozenset({PayoutLineKind.CARRIED_FORWARD})
"""Made of a payout's sums, no transaction: equal debts of two months are two debts."""


class Strength(IntEnum):
    """How sure equal identities are the same transaction."""

    BY_AMOUNT = 1
    """No reference at all: kind, amounts, day and place. It counts only where a whole payout is the same."""
    BY_REFERENCE = 2
    """The order's reference, kind, amount, day and place among its equals."""
    BY_ID = 3
    """The provider's own id of the transaction, or of the row."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One thing that a line is known by."""

    line_id: str
    identity: str
    strength: Strength


def movements(payout: Payout) -> list[Movement]:
    """Everything that each line is known by; equal lines of one payout are distinguished by their place."""
    seen: Counter[str] = Counter()
    movements: list[Movement] = []
    for line in payout.lines:
        if line.kind in _OWN_BOOKKEEPING:
            continue
        for strength, identity in _identities(line, payout.currency):
            seen[identity] += 1
            movements.append(Movement(line.id, f"{identity}|{seen[identity]}", strength))
    return movements


def _identities(line: PayoutLine, currency: str) -> Iterable[tuple[Strength, str]]:
    what = f"{line.kind.value}|{'taken' if line.net.minor < 0 else 'given'}|{currency}"
    figures = f"{line.amount.minor}|{line.occurred_on}"
    more = "" if line.kind in _ONE_PER_TRANSACTION else f"|{line.amount.minor}|{line.fee.minor}|{line.occurred_on}"
    if value := line.keys.get(MatchKey.TRANSACTION_ID):
        yield Strength.BY_ID, f"{ID_PREFIX}{_cell(value)}|{what}{more}"
    yield Strength.BY_ID, f"line|{line.id}"
    named = ([line.keys[key] for key in keys if line.keys.get(key)] for keys in _REFERENCES)
    references = {_cell(value.lstrip("#")) for value in next((values for values in named if values), [])}
    for reference in sorted(references):
        yield Strength.BY_REFERENCE, f"{ORDER_PREFIX}{reference}|{what}|{figures}{more}"
    if not references:
        yield Strength.BY_AMOUNT, f"amount|{what}|{figures}{more}"


@dataclass(frozen=True, slots=True)
class Claim:
    """An identity that another payout has."""

    identity: str
    payout_id: int
    """Of the other payout."""
    line_id: str
    account: str


def doubled(
    payout: Payout,
    own: Collection[Movement],
    claims: Iterable[Claim],
    known_of: Mapping[tuple[int, str], frozenset[str]],
) -> dict[str, int]:
    """Line → the job of the payout that has it already.

    `known_of`: other payout's job and line → what it is known by. Lines that both have ids of their own, and not the
    same, are two transactions however alike they are. The same id is another transaction where order and amount both
    differ: not every provider's numbers are unique.
    """
    by_identity: dict[str, list[Claim]] = {}
    for claim in claims:
        by_identity.setdefault(claim.identity, []).append(claim)
    known: dict[str, set[str]] = {}
    for movement in own:
        known.setdefault(movement.line_id, set()).add(movement.identity)
    duplicates: dict[str, int] = {}
    alike: dict[str, int] = {}
    for movement in own:
        for claim in by_identity.get(movement.identity, ()):
            others = known_of.get((claim.payout_id, claim.line_id), frozenset())
            if movement.strength is Strength.BY_ID:
                is_same = _may_have_one_id(known[movement.line_id], others)
            else:
                is_same = _may_be_one(known[movement.line_id], others)
                is_same = is_same and _is_same_account(payout.account, claim.account)
            if is_same:
                (alike if movement.strength is Strength.BY_AMOUNT else duplicates).setdefault(
                    movement.line_id, claim.payout_id
                )
    return duplicates | alike if _is_whole(payout, duplicates | alike) else duplicates


def _is_whole(payout: Payout, same: Mapping[str, int]) -> bool:
    """Whether everything that moves money is in one other payout."""
    moving = {line.id for line in payout.lines if line.kind not in _OWN_BOOKKEEPING and line.net}
    return moving <= same.keys() and len(set(same.values())) == 1


def _may_be_one(own: Collection[str], other: Collection[str]) -> bool:
    ids, others = ({identity for identity in each if identity.startswith(ID_PREFIX)} for each in (own, other))
    return not ids or not others or bool(ids & others)


def _may_have_one_id(own: Collection[str], other: Collection[str]) -> bool:
    named, others = (
        [identity.split("|") for identity in each if identity.startswith(ORDER_PREFIX)] for each in (own, other)
    )
    same_order = {parts[_ORDER] for parts in named} & {parts[_ORDER] for parts in others}
    same_amount = {parts[_AMOUNT] for parts in named} & {parts[_AMOUNT] for parts in others}
    return not named or not others or bool(same_order or same_amount)


def _cell(value: str) -> str:
    """A value as a part of an identity."""
    return value.replace("|", "/")


def _is_same_account(own: str, other: str) -> bool:
    """A file need not say whose account it is of."""
    return not own or not other or own == other
