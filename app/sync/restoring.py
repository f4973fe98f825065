"""After a restore: what the journal does not hold as done may stand in Fortnox all the same."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from app.store.engine import Store
from app.store.tables import Lane, Tenant
from app.sync.lanes import wake


def look_before_sending(store: Store, now: datetime) -> int:
    """Distrust every journal up to `now`, and make every job due; returns how many.

    From then on every step that is not proven done is looked for in Fortnox before it is sent: of orders, payouts and
    all other vouchers. To be called before the service starts.
    """
    with store.write() as session:
        session.execute(update(Tenant).values(journal_trusted_since=now, restored_at=now))
        return wake(session, list(session.scalars(select(Lane.id))))
