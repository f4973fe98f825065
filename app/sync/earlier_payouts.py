"""What earlier payouts taught us: which order a provider's own number belongs to."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.domain.settlements import MatchKey
from app.store.engine import ReadSession
from app.store.tables import SettlementUse, Snapshot, StoredSettlement


def orders_of_earlier_lines(
    session: ReadSession, tenant_id: int, provider: str, key: MatchKey, values: set[str]
) -> dict[str, set[tuple[int, str]]]:
    """Value of the key → lanes and names of the orders that stored lines with it were matched to."""
    if not values:
        return {}
    line = (
        func.jsonb_array_elements(StoredSettlement.content["lines"])
        .column_valued("line", joins_implicitly=True)
        .cast(JSONB)
    )
    value = line["keys"][key.value].astext
    statement = (
        select(value, SettlementUse.matched_lane_id, Snapshot.name)
        .select_from(StoredSettlement)
        .join(SettlementUse, SettlementUse.lane_id == StoredSettlement.lane_id)
        .join(Snapshot, Snapshot.lane_id == SettlementUse.matched_lane_id)
        .where(
            StoredSettlement.tenant_id == tenant_id,
            StoredSettlement.provider == provider,
            SettlementUse.line_id == line["id"].astext,
            value.in_(values),
            # Learned from another's words only: a line that was learned itself would prove nothing anew.
            SettlementUse.matched_by.not_in((MatchKey.TRANSACTION_ID.value, MatchKey.PROVIDER_ORDER_ID.value)),
        )
    )
    found: dict[str, set[tuple[int, str]]] = {}
    for known, lane_id, name in session.execute(statement).all():
        found.setdefault(known, set()).add((lane_id, name))
    return found
