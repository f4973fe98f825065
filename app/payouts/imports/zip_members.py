"""Files of a zip, and which of them are stored as files of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kit.db.engine import Store
from app.payouts.files import MOST_MEMBERS, Member
from app.schema import PayoutFile

__all__ = ("MOST_MEMBERS", "Offered", "offered")


@dataclass(frozen=True, slots=True)
class Offered:
    """A file of a zip on the zip's page."""

    member: Member
    file_id: int | None
    """The kept file of the same content, whoever handed it in; None: it was not opened yet."""
    imported_at: datetime | None


def offered(store: Store, tenant_id: int, members: Sequence[Member]) -> tuple[Offered, ...]:
    """The files of a zip with what is kept of them."""
    if not members:
        return ()
    conditions = (PayoutFile.tenant_id == tenant_id, PayoutFile.digest.in_([member.digest for member in members]))
    columns = (PayoutFile.digest, PayoutFile.id, PayoutFile.imported_at)
    with store.read() as session:
        kept = {row.digest: row for row in session.execute(select(*columns).where(*conditions))}
    known = [(member, kept.get(member.digest)) for member in members]
    return tuple(Offered(member, row.id if row else None, row.imported_at if row else None) for member, row in known)
