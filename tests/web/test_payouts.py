"""The list of payouts, and what explains each clearing account."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from app.findings.repository import Place, settle
from app.kit.money import Money
from app.model.finding import Finding
from app.model.payout import Settlement, SettlementKind, SettlementLine
from app.payouts import views as payout_view
from app.payouts.planning.correction import Correction, NoVoucher, OrderEffect, OrderNote
from app.payouts.repository import read_settlement, store_settlements
from app.schema import Connection, Lane, StoredSettlement
from tests.web.conftest import Site, text_of
from tests.web.test_settlement_files import connected

DAY = date(2026, 11, 20)


def bounced_payout(site: Site) -> int:
    """Its lane: a payout that is booked and did not reach the bank."""
    connected(site)
    store = site.services.store
    gross, fee = Money(49_900, "SEK"), Money(1_148, "SEK")
    line = SettlementLine("charge-1", SettlementKind.CHARGE, DAY, gross, fee)
    bounced = Settlement("shopify_payments", "shop", "po_1", DAY, "SEK", gross - fee, (line,), bounced=True)
    with store.read() as session:
        shop = session.scalars(select(Connection.id).order_by(Connection.id)).first() or 0
    store_settlements(store, shop, [bounced])
    with store.write() as session:
        lane = session.scalars(select(StoredSettlement.lane_id).where(StoredSettlement.payout_id == "po_1")).one()
        session.execute(update(Lane).where(Lane.id == lane).values(state="booked"))
        return lane


def test_payout_that_did_not_reach_the_bank_is_named_where_its_money_stands(site: Site) -> None:
    lane = bounced_payout(site)
    page = site.merchant().get("/payouts")
    assert "Leverantörens egna rader (avgifter som faktureras, skulder, rättelser): 1" in text_of(page)
    assert "Utbetalning som studsade po_1" in text_of(page)
    assert f'<a class="code" href="/payouts/{lane}">po_1</a>' in page.text


def test_what_is_only_told_of_a_payout_is_not_shown_as_being_in_the_way(site: Site) -> None:
    lane = bounced_payout(site)
    page = f"/payouts/{lane}"
    data = {"payout": "po_1", "shop_amount": "487.52 SEK"}
    told, lost = Finding("PAYOUT_BOUNCED", "po_1", data), Finding("PAYOUT_CHANGED_AFTER_BOOKING", "po_1", data)
    for findings, shown in (([told], {"Att veta"}), ([told, lost], {"Att veta", "Vad som hindrar"})):
        with site.services.store.write() as session:
            settle(session, Place(site.tenant_id, lane), findings)
        text = text_of(site.merchant().get(page))
        assert {one for one in ("Att veta", "Vad som hindrar") if one in text} == shown


def changed_payout(site: Site) -> int:
    """Its lane: a payout that is told otherwise than it is booked."""
    lane = bounced_payout(site)
    with site.services.store.write() as session:
        stored = session.get_one(StoredSettlement, lane)
        booked: dict[str, Any] = {"settlement": stored.content | {"bounced": False}, "worths": {}, "at_bank": "487.52"}
        stored.booked, stored.booked_hash = booked, "another"
        data = {"payout": "po_1", "shop_amount": "487.52 SEK", "booked_amount": "487.52 SEK"}
        settle(session, Place(site.tenant_id, lane), [Finding("PAYOUT_CHANGED_AFTER_BOOKING", "po_1", data)])
    return lane


def test_payout_that_changed_after_it_was_booked_shows_both_states_and_takes_a_word(site: Site) -> None:
    lane = changed_payout(site)
    browser = site.merchant()
    shown = text_of(browser.get(f"/payouts/{lane}"))
    assert all(one in shown for one in ("Ändrad efter bokföringen", "Bokfört", "Sägs nu", "487,52"))
    assert "Bokför rättelsen" in shown
    refused = browser.submit(f"/payouts/{lane}/change", answer="by_hand", reference="")
    assert refused.headers["location"].endswith("?wrong=reference")
    assert browser.submit(f"/payouts/{lane}/change", answer="by_hand", reference="A 17").status_code == 303
    assert "Rättad för hand: A 17" in text_of(browser.get(f"/payouts/{lane}"))


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (OrderEffect.STAYS_PAID, "Inbetalningen står kvar"),
        (OrderEffect.IS_PAID, "Fakturan får sin inbetalning på utbetalningens dag"),
        (OrderEffect.DIFFERS, "Beloppet är ingen av orderns betalningar"),
    ],
)
def test_order_that_the_payout_pays_is_named_before_the_correction(site: Site, effect: OrderEffect, said: str) -> None:
    lane = changed_payout(site)
    text = page_with(site, lane, orders=(OrderNote(5, "#1005", Money(49_900, "SEK"), effect),))
    assert all(one in text for one in ("Ordrar som utbetalningen betalar", "#1005", said, "Bokför rättelsen"))


@pytest.mark.parametrize("hinder", list(NoVoucher))
def test_what_no_voucher_can_correct_says_why_and_what_to_do(site: Site, hinder: NoVoucher) -> None:
    lane = changed_payout(site)
    text = page_with(site, lane, hinder=hinder)
    assert "Bokför rättelsen" not in text
    assert "för hand" in text
    assert "payout_change_hinder" not in text


def page_with(site: Site, lane: int, **change: Any) -> str:
    """The payout's page as it shows a correction of this kind."""

    def correction(*_args: object) -> Correction:
        with site.services.store.read() as session:
            stored = session.get_one(StoredSettlement, lane)
            told = read_settlement(stored.content)
        return Correction(told, told, **change)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(payout_view, "correction_of", correction)
        return text_of(site.merchant().get(f"/payouts/{lane}"))
