"""Sums that lists of payouts state: they confirm a payout whose own source states none, and check every other."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from app.jobs.queue import wake_payouts
from app.kit.db.engine import ReadSession, WriteSession
from app.kit.money import Money
from app.model.payout import Payout
from app.payouts.files import StatedSum
from app.schema import StatedPayoutSum, StoredPayout


def keep_sums(session: WriteSession, tenant_id: int, provider: str, sums: Iterable[StatedSum], file_id: int) -> int:
    """Keep what a list states and look again at the payouts that it names; returns how many those are."""
    session.execute(delete(StatedPayoutSum).where(StatedPayoutSum.file_id == file_id))
    kept = [
        StatedPayoutSum(
            tenant_id=tenant_id, file_id=file_id, provider=provider, payout_number=stated.id, paid_on=stated.paid_on,
            currency=stated.paid_out.currency, paid_out=stated.paid_out.minor,
        )
        for stated in sums
    ]  # fmt: skip
    session.add_all(kept)
    session.flush()
    return _look_again(session, kept)


def forget_sums(session: WriteSession, file_id: int) -> int:
    """The import of a list was taken back; returns how many sums it stated."""
    kept = list(session.scalars(select(StatedPayoutSum).where(StatedPayoutSum.file_id == file_id)))
    session.execute(delete(StatedPayoutSum).where(StatedPayoutSum.file_id == file_id))
    _look_again(session, kept)
    return len(kept)


def _look_again(session: WriteSession, sums: Iterable[StatedPayoutSum]) -> int:
    named = [
        and_(
            StoredPayout.tenant_id == stated.tenant_id, StoredPayout.provider == stated.provider,
            _is_named(stated),
        )
        for stated in sums
    ]  # fmt: skip
    if not named:
        return 0
    return wake_payouts(session, session.scalars(select(StoredPayout.id).where(or_(*named))).all())


def _is_named(stated: StatedPayoutSum) -> ColumnElement[bool]:
    """Whether a list names the payout: by its number, or by its day where it numbers none."""
    if stated.payout_number:
        return StoredPayout.number == stated.payout_number
    return StoredPayout.paid_on == stated.paid_on


def stated_sum_of(session: ReadSession, stored: StoredPayout, payout: Payout) -> Money | None:
    """What a list states of the payout; the newest list counts. None where no list names it for certain.

    By the payout's number, else by its day where the list numbers none: of several payouts of a day only an equal sum
    is a proof.
    """
    conditions = (
        StatedPayoutSum.tenant_id == stored.tenant_id, StatedPayoutSum.provider == stored.provider,
        StatedPayoutSum.currency == payout.currency,
    )  # fmt: skip
    by_number = _newest(session, *conditions, StatedPayoutSum.payout_number == payout.id)
    if by_number:
        return by_number[0]
    of_day = _newest(
        session, *conditions, StatedPayoutSum.payout_number == "", StatedPayoutSum.paid_on == payout.paid_on
    )
    if payout.paid_out in of_day:
        return payout.paid_out
    return of_day[0] if len(of_day) == 1 and _is_alone(session, stored) else None


def _newest(session: ReadSession, *conditions: ColumnElement[bool]) -> list[Money]:
    rows = session.scalars(select(StatedPayoutSum).where(*conditions)).all()
    newest = max((row.file_id for row in rows), default=0)
    return [Money(row.paid_out, row.currency) for row in rows if row.file_id == newest]


def _is_alone(session: ReadSession, stored: StoredPayout) -> bool:
    """Whether no other payout of the provider has its day and currency."""
    same_day = (
        StoredPayout.tenant_id == stored.tenant_id, StoredPayout.provider == stored.provider,
        StoredPayout.paid_on == stored.paid_on, StoredPayout.currency == stored.currency,
    )  # fmt: skip
    return session.scalars(select(func.count()).select_from(StoredPayout).where(*same_day)).one() == 1
