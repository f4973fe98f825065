"""Recovery of missed events: which Qliro orders are read again although no push arrived.

Qliro has no list of orders (qliro-api.md 4). What can be asked for: orders we know that still wait for their capture,
and orders that a payout row names with a transaction that we have not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app.jobs.inbox import make_due
from app.kit.db.engine import Store, WriteSession
from app.model.payout import MatchKey, Payout
from app.orders.source_of_record import OrdersFrom, orders_from
from app.schema import Connection, Job, JobState, Snapshot
from app.schema.orders import PAYMENT_IDS

_RESERVED_FOR = timedelta(days=90)
"""How long an order that waits for its capture is read again: longer than any known reservation lasts."""
_AT_MOST = 200
"""Orders of one connection per run: those read longest ago first, the others at the next run."""


def look_again(store: Store, connection: Connection, payouts: Sequence[Payout], now: datetime) -> int:
    """Make orders due that may have changed without a push; returns how many. Only where Qliro reports the orders."""
    with store.write() as session:
        if orders_from(session, connection) is not OrdersFrom.PROVIDER:
            return 0
        subjects = _waiting(session, connection, now) | _named(session, connection, payouts)
        for subject in sorted(subjects):
            make_due(session, connection.tenant_id, connection.id, subject)
    return len(subjects)


def _waiting(session: WriteSession, connection: Connection, now: datetime) -> set[str]:
    conditions = (
        Job.connection_id == connection.id,
        Job.subject.startswith(f"order:{connection.platform}:"),
        Job.state == JobState.WAITING.value,
        Job.due_at.is_(None),
        Job.created_at > now - _RESERVED_FOR,
    )
    return set(session.scalars(select(Job.subject).where(*conditions).order_by(Job.updated_at).limit(_AT_MOST)))


def _named(session: WriteSession, connection: Connection, payouts: Sequence[Payout]) -> set[str]:
    """Orders with a paid out transaction that their newest known state does not have."""
    reported: dict[str, set[str]] = {}
    for line in (line for payout in payouts for line in payout.lines):
        order, transaction = line.keys.get(MatchKey.PROVIDER_ORDER_ID), line.keys.get(MatchKey.TRANSACTION_ID)
        if order and transaction:
            reported.setdefault(f"order:{connection.platform}:{order}", set()).add(transaction)
    rows = session.execute(
        select(Job.subject, PAYMENT_IDS)
        .join(Snapshot, Snapshot.order_id == Job.order_id)
        .where(Job.connection_id == connection.id, Job.subject.in_(reported))
    ).all()
    known = {subject: set(codes) for subject, codes in rows}
    return {subject for subject, transactions in reported.items() if transactions - known.get(subject, set())}
