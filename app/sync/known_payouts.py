"""How a payout of a file stands to what is stored: new, known, told otherwise before, booked otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, false, select

from app.store.engine import ReadSession
from app.store.tables import StoredSettlement
from app.sync.file_outlines import SettlementOutline

PLATFORMS = {"shopify_payments": "shopify", "qliro": "qliro"}
"""Providers that also tell their payouts themselves: their connection has the payouts of both ways."""
_AT_ONCE = 5_000
"""Ids in one query: PostgreSQL takes 65,535 parameters."""


class Known(StrEnum):
    """How a payout of a file stands to what is stored."""

    NEW = "new"
    KNOWN = "known"
    DIFFERS = "differs"
    """Stored already, with another amount or other lines from the same kind of source."""
    REPLACES = "replaces"
    """A file told it otherwise before, and nothing of it is booked: importing replaces it; both files are kept."""
    CHANGED = "changed"
    """A file told it otherwise before, and that is booked: importing tells it for good, and books nothing."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored payout without its lines."""

    provider: str
    payout_id: str
    currency: str
    paid_out: int
    content_hash: str
    booked_hash: str | None
    file_id: int | None
    is_unproven: bool


def known_payouts(session: ReadSession, tenant_id: int, told: Sequence[SettlementOutline]) -> list[Known]:
    """How each payout of a file stands to what is stored."""
    stored: dict[tuple[str, str], list[_Stored]] = {}
    for start in range(0, len(told), _AT_ONCE):
        for one in _stored(session, tenant_id, told[start : start + _AT_ONCE]):
            stored.setdefault((one.provider, one.payout_id), []).append(one)
    return [_known(one, stored.get((one.provider, one.key), [])) for one in told]


def _stored(session: ReadSession, tenant_id: int, told: Sequence[SettlementOutline]) -> Iterator[_Stored]:
    providers, ids = {one.provider for one in told}, {one.key for one in told}
    is_unproven: ColumnElement[bool] = StoredSettlement.content["is_proven"].as_boolean().is_not_distinct_from(false())
    statement = select(
        StoredSettlement.provider, StoredSettlement.payout_id, StoredSettlement.currency, StoredSettlement.paid_out,
        StoredSettlement.content_hash, StoredSettlement.booked_hash, StoredSettlement.file_id, is_unproven,
    ).where(
        StoredSettlement.tenant_id == tenant_id, StoredSettlement.provider.in_(providers),
        StoredSettlement.payout_id.in_(ids),
    )  # fmt: skip
    for row in session.execute(statement):
        yield _Stored(*row)


def _known(told: SettlementOutline, stored: Sequence[_Stored]) -> Known:
    """The same payout may have been told by the provider itself, whose lines have other ids: the amount decides."""
    if not stored:
        return Known.NEW
    if any(one.content_hash == told.digest for one in stored):
        return Known.KNOWN
    if len(stored) == 1 and stored[0].file_id is not None:
        return _as_next_file(stored[0], told)
    equal = any((one.currency, one.paid_out) == (told.currency, told.paid_out.minor) for one in stored)
    return Known.KNOWN if told.provider in PLATFORMS and equal else Known.DIFFERS


def _as_next_file(stored: _Stored, told: SettlementOutline) -> Known:
    """A file of a payout that an earlier file told otherwise. What states its sum is not replaced by what does not."""
    if stored.booked_hash is not None:
        is_same = stored.booked_hash == told.digest and stored.booked_hash == stored.content_hash
        return Known.KNOWN if is_same else Known.CHANGED
    return Known.REPLACES if told.is_proven or stored.is_unproven else Known.DIFFERS
