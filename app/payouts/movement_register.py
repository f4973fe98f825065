"""Which transactions each payout has: entered once per company and provider, whoever reported it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Integer, Text, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.kit.db.engine import ReadSession, WriteSession
from app.model.payout import Settlement
from app.payouts.planning.movements import ID_PREFIX, ORDER_PREFIX, Claim, Movement, doubled, movements
from app.schema import SettlementMovement, StoredSettlement

_LOCK = 0x6D6F7665
"""Our number among advisory locks; the second one is the company's: two payouts must not enter at once."""


def enter_movements(
    session: WriteSession, stored: StoredSettlement, settlement: Settlement
) -> Mapping[str, StoredSettlement]:
    """Note the payout's transactions; those that another payout has already: line -> that payout.

    They are not entered: what the other payout has stays its own.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK, cast(stored.tenant_id, Integer))))
    session.execute(delete(SettlementMovement).where(SettlementMovement.lane_id == stored.lane_id))
    own = movements(settlement)
    taken = _taken(session, stored, settlement, own)
    rows = [
        {
            "lane_id": stored.lane_id, "line_id": one.line_id, "identity": one.identity,
            "tenant_id": stored.tenant_id, "provider": stored.provider, "account": settlement.account,
        }
        for one in own
        if one.line_id not in taken
    ]  # fmt: skip
    if rows:
        session.execute(insert(SettlementMovement).on_conflict_do_nothing(), rows)
    return _payouts_of(session, taken)


def taken_by_others(
    session: ReadSession, stored: StoredSettlement, settlement: Settlement
) -> Mapping[str, StoredSettlement]:
    """Lines of a state of the payout whose transaction another payout has; nothing is entered."""
    return _payouts_of(session, _taken(session, stored, settlement, movements(settlement)))


def _taken(
    session: ReadSession | WriteSession, stored: StoredSettlement, settlement: Settlement, own: Sequence[Movement]
) -> Mapping[str, int]:
    claims = _claims(session, stored, own)
    return doubled(settlement, own, claims, _known_of(session, claims)) if claims else {}


def _payouts_of(session: ReadSession | WriteSession, taken: Mapping[str, int]) -> Mapping[str, StoredSettlement]:
    others = select(StoredSettlement).where(StoredSettlement.lane_id.in_(sorted(set(taken.values()))))
    payouts = {one.lane_id: one for one in session.scalars(others)} if taken else {}
    return {line: payouts[lane] for line, lane in taken.items()}


def _claims(session: ReadSession | WriteSession, stored: StoredSettlement, own: Iterable[Movement]) -> list[Claim]:
    here = SettlementMovement
    # One array: a payout may have more lines than a statement may have parameters.
    identities = cast(sorted({one.identity for one in own}), ARRAY(Text))
    conditions = (here.tenant_id == stored.tenant_id, here.provider == stored.provider, here.lane_id != stored.lane_id)
    rows = session.execute(
        select(here.identity, here.lane_id, here.line_id, here.account)
        .where(*conditions, here.identity == func.any(identities))
        .order_by(here.lane_id)
    )
    return [Claim(*row) for row in rows]


def _known_of(session: ReadSession | WriteSession, claims: Iterable[Claim]) -> dict[tuple[int, str], frozenset[str]]:
    """Other payout's lane and line -> the transaction ids and orders that it is known by."""
    here = SettlementMovement
    wanted = {(one.lane_id, one.line_id) for one in claims}
    lanes, lines = sorted({lane for lane, _ in wanted}), cast(sorted({line for _, line in wanted}), ARRAY(Text))
    told = or_(*(here.identity.startswith(prefix) for prefix in (ID_PREFIX, ORDER_PREFIX)))
    conditions = (here.lane_id.in_(lanes), here.line_id == func.any(lines), told)
    found: dict[tuple[int, str], set[str]] = {}
    for lane, line, identity in session.execute(select(here.lane_id, here.line_id, here.identity).where(*conditions)):
        found.setdefault((lane, line), set()).add(identity)
    return {key: frozenset(ids) for key, ids in found.items()}
