"""Stores payouts that are new or changed, and makes their jobs due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.jobs.inbox import make_due
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.model.payout import Payout
from app.payouts.imports.serialisation import SETTLEMENT, digest_of_json
from app.schema import Connection, Job, PayoutFile, PayoutLineUse, StoredPayout
from app.schema.base import Json


def subject_of(payout: Payout) -> str:
    """The job key: `payout:shopify_payments:<id>`."""
    return f"payout:{payout.provider}:{payout.key}"


def read_payout(stored: Json) -> Payout:
    """A stored payout as the payout model."""
    return SETTLEMENT.validate_python(stored)


def as_booked(stored: StoredPayout) -> Payout:
    """A stored payout as it was booked: its provider may have said something else since."""
    return read_payout(stored.booked["payout"] if stored.booked else stored.content)


def _is_booked_from_file(stored: StoredPayout, payout: Payout) -> bool:
    """Whether a payout was booked from a file, and its provider now reports the same one with other lines.

    A file's lines have other words and may have other ids than the provider's own: the amount decides, as it does for
    a file of a payout that the provider reported before. One that came back from the bank is another payout.
    """
    if stored.file_id is None or stored.booked_hash is None:
        return False
    same = (stored.paid_on, stored.currency, stored.paid_out) == (
        payout.paid_on,
        payout.currency,
        payout.paid_out.minor,
    )
    return same and read_payout(stored.content).bounced == payout.bounced


def store_payouts(store: Store, connection_id: int, payouts: Iterable[Payout], file_id: int | None = None) -> int:
    """Store what is new or changed and make it due; returns how many. The same one twice changes nothing.

    `file_id`: the stored file that reports them.
    """
    changed = 0
    for payout in payouts:
        content: Json = SETTLEMENT.dump_python(payout, mode="json")
        digest = digest_of_json(content)
        with store.write() as session:
            tenant_id = session.get_one(Connection, connection_id).tenant_id
            conditions = (
                StoredPayout.connection_id == connection_id,
                StoredPayout.provider == payout.provider,
                StoredPayout.number == payout.key,
            )
            stored = session.scalar(select(StoredPayout).where(*conditions))
            if stored is not None and stored.content_hash == digest:
                continue
            # A later file of the same payout is another version of it; the provider's own words are the same one.
            if stored is not None and file_id is None and _is_booked_from_file(stored, payout):
                continue
            job_id = make_due(session, tenant_id, connection_id, subject_of(payout))
            values = {
                "paid_on": payout.paid_on,
                "currency": payout.currency,
                "paid_out": payout.paid_out.minor,
                "content": content,
                "content_hash": digest,
            }
            statement = insert(StoredPayout).values(
                tenant_id=tenant_id,
                connection_id=connection_id,
                provider=payout.provider,
                number=payout.key,
                file_id=file_id,
                **values,
            )
            # A payout that the provider itself reports before it is booked no longer belongs to a file.
            is_booked = StoredPayout.booked_hash.is_not(None)
            reported_by = case((is_booked, StoredPayout.file_id)) if file_id is None else file_id
            kept = values | {"file_id": reported_by}
            unique = [StoredPayout.connection_id, StoredPayout.provider, StoredPayout.number]
            upsert = statement.on_conflict_do_update(index_elements=unique, set_=kept).returning(StoredPayout.id)
            payout_id = session.execute(upsert).scalar_one()
            if stored is None:
                session.execute(update(Job).where(Job.id == job_id).values(payout_id=payout_id))
            changed += 1
    return changed


def payout_with_file(session: ReadSession, connection_id: int, subject: str) -> tuple[StoredPayout, PayoutFile] | None:
    """The payout of a job and the file that reports it; None where no file does."""
    row = session.execute(
        select(StoredPayout, PayoutFile)
        .join(Job, Job.payout_id == StoredPayout.id)
        .join(PayoutFile, PayoutFile.id == StoredPayout.file_id)
        .where(Job.connection_id == connection_id, Job.subject == subject)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def keep_as_booked(session: WriteSession, stored: StoredPayout, booked: Json) -> None:
    """From the first voucher on this state is the booked one; what was kept as booked before stays."""
    kept = func.coalesce(StoredPayout.booked, cast(booked, JSONB))
    statement = update(StoredPayout).where(StoredPayout.id == stored.id)
    session.execute(statement.values(booked_hash=stored.content_hash, booked=kept))


def uses_of_orders(session: WriteSession, stored: StoredPayout) -> Sequence[PayoutLineUse]:
    """What the lines of a payout were used for, of those that settle a transaction that an order waited for."""
    return session.scalars(select(PayoutLineUse).where(*_uses_of(stored), PayoutLineUse.transaction_id != "")).all()


def enter_uses(session: WriteSession, stored: StoredPayout, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Write which lines the payout has, in place of what was written of it; the ids of those that no other one has."""
    session.execute(delete(PayoutLineUse).where(*_uses_of(stored)))
    statement = insert(PayoutLineUse).on_conflict_do_nothing().returning(PayoutLineUse.line_id)
    return set(session.scalars(statement, rows)) if rows else set()


def _uses_of(stored: StoredPayout) -> tuple[ColumnElement[bool], ...]:
    return (
        PayoutLineUse.connection_id == stored.connection_id,
        PayoutLineUse.provider == stored.provider,
        PayoutLineUse.payout_id == stored.id,
    )
