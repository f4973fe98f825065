"""Warns where orders are booked by a status that the shop never sets: nothing would be booked."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Integer, func, select

from app.findings.repository import Place, open_finding, resolve_code
from app.kit.db.engine import Store, WriteSession
from app.model.finding import Finding
from app.model.platforms import PlatformKind
from app.schema import Connection, Job, JobKind, JobState, Snapshot
from app.tenants.repository import load_rules

_LATE = timedelta(days=7)
"""An order that has waited for less may still get its status: goods are packed, invoices are paid."""
_LAST_ORDERS = 100
_FEWEST = 3
"""Of fewer orders nobody can tell whether the shop never sets the status."""


def report_unmet_status(store: Store, now: datetime) -> int:
    """Tell every shop none of whose last orders got the status they are booked by; returns how many shops.

    Orders on payment terms count from when these end. One order that was booked proves that the status comes.
    """
    reported = 0
    with store.write() as session:
        shops = select(Connection).where(Connection.kind != PlatformKind.LEDGER, Connection.state == "active")
        for shop in session.scalars(shops):
            place = Place(shop.tenant_id, connection_id=shop.id)
            waiting = _waiting(session, shop.id, now)
            if not waiting:
                resolve_code(session, place, "ORDER_STATUS_FILTER_NOT_WORKING")
                continue
            status = load_rules(session, shop.tenant_id).trigger.value
            data = {"count": str(waiting), "shop": shop.display_name, "status": status}
            open_finding(session, place, Finding("ORDER_STATUS_FILTER_NOT_WORKING", shop.account, data))
            reported += 1
    return reported


def _waiting(session: WriteSession, shop_id: int, now: datetime) -> int:
    """How many orders the shop's last ones are, where each of them waits; 0 where one does not, or they are too few."""
    on_terms = func.coalesce(Snapshot.order["terms"]["days"].astext.cast(Integer), 0)
    late = Snapshot.processed_at + func.make_interval(0, 0, 0, on_terms) < now - _LATE
    of_shop = (Job.connection_id == shop_id, Job.kind == JobKind.ORDER)
    looked_at = Job.state.in_((JobState.WAITING.value, JobState.BOOKED.value, JobState.STOPPED.value))
    orders = select(Job.state).join(Snapshot, Snapshot.order_id == Job.order_id).where(*of_shop, looked_at, late)
    states = session.scalars(orders.order_by(Snapshot.processed_at.desc()).limit(_LAST_ORDERS)).all()
    is_unmet = len(states) >= _FEWEST and set(states) == {JobState.WAITING.value}
    return len(states) if is_unmet else 0
