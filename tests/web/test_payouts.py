"""The list of payouts, and what explains each clearing account."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select, update

from app.domain.money import Money
from app.domain.settlements import Settlement, SettlementKind, SettlementLine
from app.store.tables import Connection, Lane, StoredSettlement
from app.sync.settlements import store_settlements
from tests.web.conftest import Site, text_of
from tests.web.test_settlement_files import connected

DAY = date(2026, 11, 20)


def test_payout_that_did_not_reach_the_bank_is_named_where_its_money_stands(site: Site) -> None:
    connected(site)
    store = site.services.store
    gross, fee = Money(49_900, "SEK"), Money(1_148, "SEK")
    line = SettlementLine("charge-1", SettlementKind.CHARGE, DAY, gross, fee)
    bounced = Settlement("shopify_payments", "shop", "po_1", DAY, "SEK", gross - fee, (line,), bounced=True)
    with store.read() as session:
        shop = session.scalars(select(Connection.id)).one()
    store_settlements(store, shop, [bounced])
    with store.write() as session:
        session.execute(update(Lane).values(state="booked"))
        lane = session.scalars(select(StoredSettlement.lane_id)).one()
    page = site.merchant().get("/payouts")
    assert "Leverantörens egna rader (avgifter som faktureras, skulder, rättelser): 1" in text_of(page)
    assert "Utbetalning som studsade po_1" in text_of(page)
    assert f'<a class="code" href="/payouts/{lane}">po_1</a>' in page.text
