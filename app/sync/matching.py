"""Which order a line of a settlement belongs to, by our own ledger: several keys, the surest first, never an amount."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select

from app.domain.payout_plan import Match
from app.domain.rules import TenantRules
from app.domain.settlements import MatchKey, Settlement
from app.store.engine import ReadSession
from app.store.tables import Lane, MoneyUse, Operation, Snapshot


@dataclass(frozen=True, slots=True)
class Matched:
    """The order's lane and name, and the key that found it."""

    lane_id: int
    match: Match


def match_lines(session: ReadSession, tenant_id: int, settlement: Settlement, rules: TenantRules) -> dict[str, Matched]:
    """Line id → order. A key that finds two orders finds none: a person decides (accounting.md 0.12)."""
    found: dict[str, Matched] = {}
    for key in MatchKey:
        wanted = {
            line.id: _bare(line.keys[key], rules)
            for line in settlement.lines
            if line.id not in found and line.keys.get(key)
        }
        lanes = _lanes(session, tenant_id, key, set(wanted.values()))
        for line_id, value in wanted.items():
            if value in lanes:
                lane_id, name = lanes[value]
                found[line_id] = Matched(lane_id, Match(name, key.value))
    return found


def _bare(value: str, rules: TenantRules) -> str:
    """A reference without the prefix that a tenant puts before every one, and without the number sign of a name."""
    return value.removeprefix(rules.payment_reference_prefix).removeprefix("#")


def _lanes(session: ReadSession, tenant_id: int, key: MatchKey, values: set[str]) -> dict[str, tuple[int, str]]:
    """Value of the key → lane and order name, where exactly one order has it."""
    known = _KEYS.get(key)
    if known is None or not values:
        return {}
    column, statement = known
    rows = session.execute(statement.where(Snapshot.tenant_id == tenant_id, column.in_(values))).all()
    lanes: dict[str, set[tuple[int, str]]] = {}
    for value, lane_id, name in rows:
        lanes.setdefault(value, set()).add((lane_id, name))
    return {value: next(iter(those)) for value, those in lanes.items() if len(those) == 1}


_REFERENCE = Operation.payload["reference"].astext
_SHOP_ORDER = func.split_part(Lane.subject, ":", 3)
_NAME = func.ltrim(Snapshot.name, "#")
_KEYS: dict[MatchKey, tuple[ColumnElement[str], Select[str, int, str]]] = {
    MatchKey.TRANSACTION_ID: (
        MoneyUse.transaction_id.expression,
        select(MoneyUse.transaction_id, MoneyUse.lane_id, Snapshot.name).join(
            Snapshot, Snapshot.lane_id == MoneyUse.lane_id
        ),
    ),
    MatchKey.PAYMENT_ID: (
        _REFERENCE,
        select(_REFERENCE, Operation.lane_id, Snapshot.name)
        .join(Snapshot, Snapshot.lane_id == Operation.lane_id)
        .where(Operation.kind == "PayInvoice"),
    ),
    MatchKey.SHOP_ORDER_ID: (
        _SHOP_ORDER,
        select(_SHOP_ORDER, Lane.id, Snapshot.name)
        .join(Snapshot, Snapshot.lane_id == Lane.id)
        .where(Lane.subject.startswith("order:")),
    ),
    MatchKey.ORDER_NAME: (_NAME, select(_NAME, Snapshot.lane_id, Snapshot.name)),
}
"""How each key is looked up; Qliro's own order id is known only where we read Qliro's orders."""
