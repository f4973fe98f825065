"""How a payout of a file stands to what is stored: new, known, told otherwise before, booked otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, false, select

from app.kit.db.engine import ReadSession
from app.model.payout import Settlement
from app.payouts.imports.file_outlines import SettlementOutline
from app.payouts.planning.partial import are_two_parts, is_part_of, joined
from app.payouts.repository import as_booked, read_settlement
from app.schema import StoredSettlement

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
    COMPLETES = "completes"
    """A file told other rows of it, and nothing of it is booked: importing puts both parts together."""
    PART = "part"
    """A file told all these rows and more: importing changes nothing."""
    CHANGED = "changed"
    """A file told it otherwise before, and that is booked: importing tells it for good, and books nothing."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored payout without its lines."""

    lane_id: int
    provider: str
    payout_id: str
    currency: str
    paid_out: int
    content_hash: str
    booked_hash: str | None
    file_id: int | None
    is_unproven: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payout of a file stands to what is stored."""

    known: Known
    joined: Settlement | None = None
    """With the rows of the part that is here already, where it completes that."""


Lines = Callable[[int], Settlement]
"""A payout of the file with its lines, by its place: only one that an earlier file told otherwise is asked for."""


def known_payouts(
    session: ReadSession, tenant_id: int, told: Sequence[SettlementOutline], lines: Lines
) -> list[Standing]:
    """How each payout of a file stands to what is stored."""
    stored: dict[tuple[str, str], list[_Stored]] = {}
    for start in range(0, len(told), _AT_ONCE):
        for one in _stored(session, tenant_id, told[start : start + _AT_ONCE]):
            stored.setdefault((one.provider, one.payout_id), []).append(one)
    known = _Known(session, tenant_id, lines)
    return [known.standing(place, one, stored.get((one.provider, one.key), [])) for place, one in enumerate(told)]


def _stored(session: ReadSession, tenant_id: int, told: Sequence[SettlementOutline]) -> Iterator[_Stored]:
    providers, ids = {one.provider for one in told}, {one.key for one in told}
    is_unproven: ColumnElement[bool] = StoredSettlement.content["is_proven"].as_boolean().is_not_distinct_from(false())
    statement = select(
        StoredSettlement.lane_id, StoredSettlement.provider, StoredSettlement.payout_id, StoredSettlement.currency,
        StoredSettlement.paid_out, StoredSettlement.content_hash, StoredSettlement.booked_hash,
        StoredSettlement.file_id, is_unproven,
    ).where(
        StoredSettlement.tenant_id == tenant_id, StoredSettlement.provider.in_(providers),
        StoredSettlement.payout_id.in_(ids),
    )  # fmt: skip
    for row in session.execute(statement):
        yield _Stored(*row)


@dataclass(frozen=True, slots=True)
class _Known:
    """Compares the payouts of one file."""

    session: ReadSession
    tenant_id: int
    lines: Lines

    def standing(self, place: int, told: SettlementOutline, stored: Sequence[_Stored]) -> Standing:
        """The same payout may have been told by the provider itself, whose lines have other ids: the amount decides."""
        if not stored:
            is_told = told.is_known_by_day and self._is_told_under_its_id(told)
            return Standing(Known.KNOWN if is_told else Known.NEW)
        if any(one.content_hash == told.digest for one in stored):
            return Standing(Known.KNOWN)
        if len(stored) == 1 and stored[0].file_id is not None:
            return self._as_next_file(place, told, stored[0])
        equal = any((one.currency, one.paid_out) == (told.currency, told.paid_out.minor) for one in stored)
        return Standing(Known.KNOWN if told.provider in PLATFORMS and equal else Known.DIFFERS)

    def _is_told_under_its_id(self, told: SettlementOutline) -> bool:
        """Whether a payout of the same day and sum is known by the provider's own number, which this file lacks."""
        here = (StoredSettlement.tenant_id == self.tenant_id, StoredSettlement.provider == told.provider)
        same = (StoredSettlement.paid_on == told.paid_on, StoredSettlement.currency == told.currency)
        ids = select(StoredSettlement.lane_id).where(*here, *same, StoredSettlement.paid_out == told.paid_out.minor)
        return self.session.scalar(ids.limit(1)) is not None

    def _as_next_file(self, place: int, told: SettlementOutline, stored: _Stored) -> Standing:
        """A file of a payout that an earlier file told otherwise: what states its sum is replaced by its like alone."""
        row = self.session.get_one(StoredSettlement, stored.lane_id)
        whole = self.lines(place)
        if stored.booked_hash is not None:
            if is_part_of(whole, as_booked(row)):
                return Standing(Known.PART)
            is_same = stored.booked_hash == told.digest and stored.booked_hash == stored.content_hash
            return Standing(Known.KNOWN if is_same else Known.CHANGED)
        now = read_settlement(row.content)
        if is_part_of(whole, now):
            return Standing(Known.PART)
        if are_two_parts(now, whole):
            return Standing(Known.COMPLETES, joined(now, whole))
        return Standing(Known.REPLACES if told.is_proven or stored.is_unproven else Known.DIFFERS)
