"""Payouts in the database: stored when they are new or changed, their lane made due."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import case, select
from sqlalchemy.dialects.postgresql import insert

from app.jobs.inbox import make_due
from app.kit.db.engine import Store
from app.model.payout import Settlement
from app.payouts.imports.serialisation import SETTLEMENT, digest_of_json
from app.schema import Connection, StoredSettlement
from app.schema.base import Json


def subject_of(settlement: Settlement) -> str:
    """The lane key: `payout:shopify_payments:<id>`."""
    return f"payout:{settlement.provider}:{settlement.key}"


def read_settlement(stored: Json) -> Settlement:
    """A stored settlement as the domain's."""
    return SETTLEMENT.validate_python(stored)


def as_booked(stored: StoredSettlement) -> Settlement:
    """A stored settlement as it was booked: its provider may have said something else since."""
    return read_settlement(stored.booked["settlement"] if stored.booked else stored.content)


def _is_booked_from_file(stored: StoredSettlement, told: Settlement) -> bool:
    """Whether a payout was booked as a file told it, and its provider now tells the same one in other words.

    A file's lines have other words and may have other ids than the provider's own: the amount decides, as it does for
    a file of a payout that the provider told before. One that came back from the bank is another payout.
    """
    if stored.file_id is None or stored.booked_hash is None:
        return False
    same = (stored.paid_on, stored.currency, stored.paid_out) == (told.paid_on, told.currency, told.paid_out.minor)
    return same and read_settlement(stored.content).bounced == told.bounced


def store_settlements(
    store: Store, connection_id: int, settlements: Iterable[Settlement], file_id: int | None = None
) -> int:
    """Store what is new or changed and make it due; returns how many. The same one twice changes nothing.

    `file_id`: the kept file that tells them.
    """
    changed = 0
    for settlement in settlements:
        content: Json = SETTLEMENT.dump_python(settlement, mode="json")
        digest = digest_of_json(content)
        with store.write() as session:
            tenant_id = session.get_one(Connection, connection_id).tenant_id
            here = (
                StoredSettlement.connection_id == connection_id,
                StoredSettlement.provider == settlement.provider,
                StoredSettlement.payout_id == settlement.key,
            )
            stored = session.scalar(select(StoredSettlement).where(*here))
            if stored is not None and stored.content_hash == digest:
                continue
            # A later file of the same payout is another version of it; the provider's own words are the same one.
            if stored is not None and file_id is None and _is_booked_from_file(stored, settlement):
                continue
            lane_id = make_due(session, tenant_id, connection_id, subject_of(settlement))
            values = {
                "paid_on": settlement.paid_on,
                "currency": settlement.currency,
                "paid_out": settlement.paid_out.minor,
                "content": content,
                "content_hash": digest,
            }
            statement = insert(StoredSettlement).values(
                lane_id=lane_id,
                tenant_id=tenant_id,
                connection_id=connection_id,
                provider=settlement.provider,
                payout_id=settlement.key,
                file_id=file_id,
                **values,
            )
            # What the provider tells itself before it is booked is no file's any more.
            is_booked = StoredSettlement.booked_hash.is_not(None)
            told_by = case((is_booked, StoredSettlement.file_id)) if file_id is None else file_id
            kept = values | {"file_id": told_by}
            session.execute(statement.on_conflict_do_update(index_elements=[StoredSettlement.lane_id], set_=kept))
            changed += 1
    return changed
