"""Register of each payout's transactions, once per company and provider, so that none is booked twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Integer, Text, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.kit.db.engine import ReadSession, WriteSession
from app.model.payout import Payout
from app.payouts.planning.movements import ID_PREFIX, ORDER_PREFIX, Claim, Movement, doubled, movements
from app.schema import PayoutMovement, StoredPayout

_LOCK = 0x6D6F7665
"""Our number among advisory locks; the second one is the company's: two payouts must not enter at once."""


def enter_movements(session: WriteSession, stored: StoredPayout, payout: Payout) -> Mapping[str, StoredPayout]:
    """Note the payout's transactions; those that another payout has already: line -> that payout.

    They are not entered: what the other payout has stays its own.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK, cast(stored.tenant_id, Integer))))
    session.execute(delete(PayoutMovement).where(PayoutMovement.payout_id == stored.id))
    own = movements(payout)
    taken = _taken(session, stored, payout, own)
    rows = [
        {
            "payout_id": stored.id, "line_id": movement.line_id, "identity": movement.identity,
            "tenant_id": stored.tenant_id, "provider": stored.provider, "account": payout.account,
        }
        for movement in own
        if movement.line_id not in taken
    ]  # fmt: skip
    if rows:
        session.execute(insert(PayoutMovement).on_conflict_do_nothing(), rows)
    return _payouts_of(session, taken)


def taken_by_others(session: ReadSession, stored: StoredPayout, payout: Payout) -> Mapping[str, StoredPayout]:
    """Lines of a state of the payout whose transaction another payout has; nothing is entered."""
    return _payouts_of(session, _taken(session, stored, payout, movements(payout)))


def _taken(
    session: ReadSession | WriteSession, stored: StoredPayout, payout: Payout, own: Sequence[Movement]
) -> Mapping[str, int]:
    claims = _claims(session, stored, own)
    return doubled(payout, own, claims, _known_of(session, claims)) if claims else {}


def _payouts_of(session: ReadSession | WriteSession, taken: Mapping[str, int]) -> Mapping[str, StoredPayout]:
    others = select(StoredPayout).where(StoredPayout.id.in_(sorted(set(taken.values()))))
    payouts = {row.id: row for row in session.scalars(others)} if taken else {}
    return {line: payouts[payout] for line, payout in taken.items()}


def _claims(session: ReadSession | WriteSession, stored: StoredPayout, own: Iterable[Movement]) -> list[Claim]:
    register = PayoutMovement
    # One array: a payout may have more lines than a statement may have parameters.
    identities = cast(sorted({movement.identity for movement in own}), ARRAY(Text))
    conditions = (
        register.tenant_id == stored.tenant_id,
        register.provider == stored.provider,
        register.payout_id != stored.id,
    )
    rows = session.execute(
        select(register.identity, register.payout_id, register.line_id, register.account)
        .where(*conditions, register.identity == func.any(identities))
        .order_by(register.payout_id)
    )
    return [Claim(*row) for row in rows]


def _known_of(session: ReadSession | WriteSession, claims: Iterable[Claim]) -> dict[tuple[int, str], frozenset[str]]:
    """Other payout and line -> the transaction ids and orders that it is known by."""
    register = PayoutMovement
    keys = {(claim.payout_id, claim.line_id) for claim in claims}
    payouts, lines = sorted({payout for payout, _ in keys}), cast(sorted({line for _, line in keys}), ARRAY(Text))
    identified = or_(*(register.identity.startswith(prefix) for prefix in (ID_PREFIX, ORDER_PREFIX)))
    conditions = (register.payout_id.in_(payouts), register.line_id == func.any(lines), identified)
    identities: dict[tuple[int, str], set[str]] = {}
    for payout, line, identity in session.execute(
        select(register.payout_id, register.line_id, register.identity).where(*conditions)
    ):
        identities.setdefault((payout, line), set()).add(identity)
    return {key: frozenset(ids) for key, ids in identities.items()}
