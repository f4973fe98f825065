"""What several test modules share of `test_payouts`."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, update

from app.findings.repository import Place, replace_open
from app.kit.money import Money
from app.model.finding import Finding
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.payouts.repository import store_payouts
from app.schema import Connection, Job, StoredPayout
from tests.support.web.payout_files import connected
from tests.web.conftest import Site

DAY = date(2026, 11, 20)


def bounced_payout(site: Site) -> int:
    """Its id: a payout that is booked and did not reach the bank."""
    connected(site)
    store = site.services.store
    gross, fee = Money(49_900, "SEK"), Money(1_148, "SEK")
    line = PayoutLine("charge-1", PayoutLineKind.CHARGE, DAY, gross, fee)
    bounced = Payout("shopify_payments", "shop", "po_1", DAY, "SEK", gross - fee, (line,), bounced=True)
    with store.read() as session:
        shop = session.scalars(select(Connection.id).order_by(Connection.id)).first() or 0
    store_payouts(store, shop, [bounced])
    with store.write() as session:
        payout_id = session.scalars(select(StoredPayout.id).where(StoredPayout.number == "po_1")).one()
        session.execute(update(Job).where(Job.payout_id == payout_id).values(state="booked"))
        return payout_id


def changed_payout(site: Site) -> int:
    """Its id: a payout that is told otherwise than it is booked."""
    payout_id = bounced_payout(site)
    with site.services.store.write() as session:
        stored = session.get_one(StoredPayout, payout_id)
        booked: dict[str, Any] = {
            "payout": stored.content | {"bounced": False},
            "carrying_amounts": {},
            "at_bank": "487.52",
        }
        stored.booked, stored.booked_hash = booked, "another"
        data = {"payout": "po_1", "shop_amount": "487.52 SEK", "booked_amount": "487.52 SEK"}
        job = session.scalars(select(Job.id).where(Job.payout_id == payout_id)).one()
        replace_open(session, Place(site.tenant_id, job), [Finding("PAYOUT_CHANGED_AFTER_BOOKING", "po_1", data)])
    return payout_id
