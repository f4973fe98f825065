"""What a line of a payout is at its provider, whichever payout, file, format or connection reports it. Pure.

The number of a payout says nothing about whether its money was booked: the same transaction may come again in another
batch, in a file beside the API, or under a second key of the same account (qliro-api.md 5.4-5.6, accounting.md T9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from app.domain.settlements import MatchKey, Settlement, SettlementKind, SettlementLine

_REFERENCES = (
    (MatchKey.ORDER_NAME, MatchKey.PAYMENT_ID),
    (MatchKey.SHOP_ORDER_ID,),
    (MatchKey.PROVIDER_ORDER_ID,),
)
"""The first of these that a line has any of."""
_ONE_PER_TRANSACTION = frozenset(
    {
        SettlementKind.CHARGE, SettlementKind.REFUND, SettlementKind.REFUND_FAILED, SettlementKind.CHARGEBACK,
        SettlementKind.CHARGEBACK_REVERSED,
    }
)  # fmt: skip
"""Of other kinds (fees, corrections) a transaction may have several: they differ in amount and day, too."""
ID_PREFIX = "id|"
"""Of identities that are the provider's id of a transaction."""
_OWN_BOOKKEEPING = frozenset({SettlementKind.CARRIED})
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


def movements(settlement: Settlement) -> list[Movement]:
    """Everything that each line is known by; equal lines of one payout are told apart by their place."""
    seen: Counter[str] = Counter()
    found: list[Movement] = []
    for line in settlement.lines:
        if line.kind in _OWN_BOOKKEEPING:
            continue
        for strength, identity in _identities(line, settlement.currency):
            seen[identity] += 1
            found.append(Movement(line.id, f"{identity}|{seen[identity]}", strength))
    return found


def _identities(line: SettlementLine, currency: str) -> Iterable[tuple[Strength, str]]:
    what = f"{line.kind.value}|{'taken' if line.net.minor < 0 else 'given'}|{currency}"
    figures = f"{line.amount.minor}|{line.occurred_on}"
    more = "" if line.kind in _ONE_PER_TRANSACTION else f"|{line.amount.minor}|{line.fee.minor}|{line.occurred_on}"
    if value := line.keys.get(MatchKey.TRANSACTION_ID):
        yield Strength.BY_ID, f"{ID_PREFIX}{value}|{what}{more}"
    yield Strength.BY_ID, f"line|{line.id}"
    named = ([line.keys[key] for key in keys if line.keys.get(key)] for keys in _REFERENCES)
    references = {value.lstrip("#") for value in next((one for one in named if one), [])}
    for reference in sorted(references):
        yield Strength.BY_REFERENCE, f"order|{reference}|{what}|{figures}{more}"
    if not references:
        yield Strength.BY_AMOUNT, f"amount|{what}|{figures}{more}"


@dataclass(frozen=True, slots=True)
class Claim:
    """An identity that another payout has."""

    identity: str
    lane_id: int
    """Of the other payout."""
    line_id: str
    account: str


def doubled(
    settlement: Settlement,
    own: Collection[Movement],
    claims: Iterable[Claim],
    ids_of: Mapping[tuple[int, str], frozenset[str]],
) -> dict[str, int]:
    """Line → the lane of the payout that has it already.

    `ids_of`: other payout's lane and line → the transaction ids it is known by. Lines that both have ids of their own,
    and not the same, are two transactions however alike they are.
    """
    by_identity: dict[str, list[Claim]] = {}
    for claim in claims:
        by_identity.setdefault(claim.identity, []).append(claim)
    ids: dict[str, set[str]] = {}
    for one in own:
        if one.identity.startswith(ID_PREFIX):
            ids.setdefault(one.line_id, set()).add(one.identity)
    found: dict[str, int] = {}
    alike: dict[str, int] = {}
    for one in own:
        for claim in by_identity.get(one.identity, ()):
            others = ids_of.get((claim.lane_id, claim.line_id), frozenset())
            if one.strength is not Strength.BY_ID and not (
                _may_be_one(ids.get(one.line_id, set()), others) and _is_same_account(settlement.account, claim.account)
            ):
                continue
            (alike if one.strength is Strength.BY_AMOUNT else found).setdefault(one.line_id, claim.lane_id)
    return found | alike if _is_whole(settlement, found | alike) else found


def _is_whole(settlement: Settlement, same: Mapping[str, int]) -> bool:
    """Whether everything that moves money stands in one other payout."""
    moving = {line.id for line in settlement.lines if line.kind not in _OWN_BOOKKEEPING and line.net}
    return moving <= same.keys() and len(set(same.values())) == 1


def _may_be_one(own: Collection[str], other: Collection[str]) -> bool:
    return not own or not other or bool(set(own) & set(other))


def _is_same_account(own: str, other: str) -> bool:
    """A file need not say whose account it is of."""
    return not own or not other or own == other
