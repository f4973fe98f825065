"""References as different systems write them, and their matches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.model.payout import OF_ORDERS, Payout, PayoutLineKind
from app.payouts.planning.plan import Match
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class Matched:
    """The order's id and name, and the surest key that found it. No order: it is known, and none of ours."""

    order_id: int | None
    match: Match


def forms_of(value: str, rules: TenantRules) -> set[str]:
    """A reference as it came, without a prefix that a tenant puts before it, and each without a name's number sign."""
    prefixes = [prefix for prefix in (rules.payment_reference_prefix, rules.reference_prefix) if prefix]
    bare = {value, *(value.removeprefix(prefix) for prefix in prefixes)}
    return {form for reference in bare for form in (reference, reference.removeprefix("#")) if form}


def orders_of(
    payout: Payout, matched: Mapping[str, Matched], kinds: Collection[PayoutLineKind] = OF_ORDERS
) -> dict[str, int]:
    """Line → its order, of the lines of these kinds that belong to one of ours."""
    orders = {line.id: matched[line.id].order_id for line in payout.lines if line.id in matched}
    kind_of = {line.id: line.kind for line in payout.lines}
    return {line: order for line, order in orders.items() if order is not None and kind_of[line] in kinds}
