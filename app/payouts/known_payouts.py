"""Compares the payouts of a file with the stored ones: new, known, reported or booked differently before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, false, select

from app.kit.db.engine import ReadSession
from app.model.payout import Payout
from app.model.providers import habits_of
from app.payouts.imports.file_outlines import PayoutOutline
from app.payouts.planning.partial import are_two_parts, is_part_of, joined
from app.payouts.repository import as_booked, read_payout
from app.schema import StoredPayout

_AT_ONCE = 5_000
"""Ids in one query: PostgreSQL takes 65,535 parameters."""


class Known(StrEnum):
    """How a payout of a file compares with what is stored."""

    NEW = "new"
    KNOWN = "known"
    DIFFERS = "differs"
    """Stored already, with another amount or other lines from the same kind of source."""
    REPLACES = "replaces"
    """A file reported it differently before, nothing of it is booked: importing replaces it; both files are kept."""
    COMPLETES = "completes"
    """A file had other rows of it, and nothing of it is booked: importing joins both parts."""
    PART = "part"
    """A file had all these rows and more: importing changes nothing."""
    CHANGED = "changed"
    """A file reported it differently before, and that is booked: importing stores the difference and books nothing."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored payout without its lines."""

    id: int
    provider: str
    number: str
    currency: str
    paid_out: int
    content_hash: str
    booked_hash: str | None
    file_id: int | None
    is_unproven: bool


@dataclass(frozen=True, slots=True)
class KnownPayout:
    """How a payout of a file compares with what is stored."""

    known: Known
    joined: Payout | None = None
    """With the rows of the part that is here already, where it completes that."""


Lines = Callable[[int], Payout]
"""Reads a payout of the file with its lines, by its place. Used only where an earlier file reported it differently."""


def known_payouts(
    session: ReadSession, tenant_id: int, outlines: Sequence[PayoutOutline], lines: Lines
) -> list[KnownPayout]:
    """How each payout of a file compares with what is stored."""
    stored: dict[tuple[str, str], list[_Stored]] = {}
    for start in range(0, len(outlines), _AT_ONCE):
        for stored_payout in _stored(session, tenant_id, outlines[start : start + _AT_ONCE]):
            stored.setdefault((stored_payout.provider, stored_payout.number), []).append(stored_payout)
    known = _Known(session, tenant_id, lines)
    return [
        known.compared(place, outline, stored.get((outline.provider, outline.key), []))
        for place, outline in enumerate(outlines)
    ]


def _stored(session: ReadSession, tenant_id: int, outlines: Sequence[PayoutOutline]) -> Iterator[_Stored]:
    providers, ids = {outline.provider for outline in outlines}, {outline.key for outline in outlines}
    is_unproven: ColumnElement[bool] = StoredPayout.content["is_captured"].as_boolean().is_not_distinct_from(false())
    statement = select(
        StoredPayout.id, StoredPayout.provider, StoredPayout.number, StoredPayout.currency,
        StoredPayout.paid_out, StoredPayout.content_hash, StoredPayout.booked_hash,
        StoredPayout.file_id, is_unproven,
    ).where(
        StoredPayout.tenant_id == tenant_id, StoredPayout.provider.in_(providers),
        StoredPayout.number.in_(ids),
    )  # fmt: skip
    for row in session.execute(statement):
        yield _Stored(*row)


@dataclass(frozen=True, slots=True)
class _Known:
    """Compares the payouts of one file."""

    session: ReadSession
    tenant_id: int
    lines: Lines

    def compared(self, place: int, outline: PayoutOutline, stored: Sequence[_Stored]) -> KnownPayout:
        """The provider itself may have reported the same payout with other line ids: the amount decides."""
        if not stored:
            is_reported = outline.is_known_by_day and self._is_reported_under_its_id(outline)
            return KnownPayout(Known.KNOWN if is_reported else Known.NEW)
        if any(stored_payout.content_hash == outline.digest for stored_payout in stored):
            return KnownPayout(Known.KNOWN)
        if len(stored) == 1 and stored[0].file_id is not None:
            return self._as_next_file(place, outline, stored[0])
        equal = any(
            (stored_payout.currency, stored_payout.paid_out) == (outline.currency, outline.paid_out.minor)
            for stored_payout in stored
        )
        return KnownPayout(Known.KNOWN if habits_of(outline.provider).reported_by and equal else Known.DIFFERS)

    def _is_reported_under_its_id(self, outline: PayoutOutline) -> bool:
        """Whether a payout of the same day and sum is known by the provider's own number, which this file lacks."""
        conditions = (StoredPayout.tenant_id == self.tenant_id, StoredPayout.provider == outline.provider)
        same = (StoredPayout.paid_on == outline.paid_on, StoredPayout.currency == outline.currency)
        ids = select(StoredPayout.id).where(*conditions, *same, StoredPayout.paid_out == outline.paid_out.minor)
        return self.session.scalar(ids.limit(1)) is not None

    def _as_next_file(self, place: int, outline: PayoutOutline, stored: _Stored) -> KnownPayout:
        """A payout that an earlier file reported differently: a stated sum is replaced only by another stated sum."""
        row = self.session.get_one(StoredPayout, stored.id)
        whole = self.lines(place)
        if stored.booked_hash is not None:
            if is_part_of(whole, as_booked(row)):
                return KnownPayout(Known.PART)
            is_same = stored.booked_hash == outline.digest and stored.booked_hash == stored.content_hash
            return KnownPayout(Known.KNOWN if is_same else Known.CHANGED)
        now = read_payout(row.content)
        if is_part_of(whole, now):
            return KnownPayout(Known.PART)
        if are_two_parts(now, whole):
            return KnownPayout(Known.COMPLETES, joined(now, whole))
        return KnownPayout(Known.REPLACES if outline.is_captured or stored.is_unproven else Known.DIFFERS)
