"""Lines of a settlement whose order the provider itself told us of: its own order number is certain then."""

from __future__ import annotations

from sqlalchemy import func, select

from app.domain.settlements import MatchKey, Settlement
from app.store.engine import ReadSession
from app.store.tables import Lane, Snapshot
from app.sync.ownership import NOT_OURS

_TELLS_OF_ORDERS = frozenset({"qliro"})

IS_ANOTHERS = func.coalesce(Snapshot.plan["reason"].astext.in_(NOT_OURS), False)
"""Whether an order's snapshot was left to another channel, which has the documents."""


def orders_told_by(session: ReadSession, tenant_id: int, settlement: Settlement) -> dict[str, tuple[int, str]]:
    """Line id → lane and name of the order that we read at the provider under that very number.

    An order that another channel owns is not one of them: the others' keys find it.
    """
    if settlement.provider not in _TELLS_OF_ORDERS:
        return {}
    numbers = {line.id: line.keys.get(MatchKey.PROVIDER_ORDER_ID, "") for line in settlement.lines}
    subjects = {f"order:{settlement.provider}:{number}" for number in numbers.values() if number}
    here = (Lane.tenant_id == tenant_id, Lane.subject.in_(subjects), ~IS_ANOTHERS)
    rows = session.execute(
        select(Lane.subject, Lane.id, Snapshot.name).join(Snapshot, Snapshot.lane_id == Lane.id).where(*here)
    ).all()
    found: dict[str, set[tuple[int, str]]] = {}
    for subject, lane_id, name in rows:
        found.setdefault(subject, set()).add((lane_id, name))
    told = ((line, found.get(f"order:{settlement.provider}:{number}", set())) for line, number in numbers.items())
    return {line: next(iter(orders)) for line, orders in told if len(orders) == 1}
