"""The list of payouts, and what explains each clearing account."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.findings.repository import Place, replace_open
from app.kit.money import Money
from app.model.finding import Finding
from app.payouts import views as payout_view
from app.payouts.planning.correction import Correction, NoVoucher, OrderEffect, OrderNote
from app.payouts.repository import read_payout
from app.schema import Job, StoredPayout
from tests.support.web.payouts import bounced_payout, changed_payout
from tests.web.conftest import Site, text_of


def test_payout_that_did_not_reach_the_bank_is_named_where_its_money_stands(site: Site) -> None:
    payout_id = bounced_payout(site)
    page = site.merchant().get("/payouts")
    assert "Leverantörens egna rader (avgifter som faktureras, skulder, rättelser): 1" in text_of(page)
    assert "Utbetalning som kom tillbaka po_1" in text_of(page)
    assert f'<a class="code" href="/payouts/{payout_id}">po_1</a>' in page.text


def test_what_is_only_told_of_a_payout_is_not_shown_as_being_in_the_way(site: Site) -> None:
    payout_id = bounced_payout(site)
    page = f"/payouts/{payout_id}"
    data = {"payout": "po_1", "shop_amount": "487.52 SEK"}
    told, lost = Finding("PAYOUT_BOUNCED", "po_1", data), Finding("PAYOUT_CHANGED_AFTER_BOOKING", "po_1", data)
    for findings, shown in (([told], {"Bra att veta"}), ([told, lost], {"Bra att veta", "Vad som hindrar"})):
        with site.services.store.write() as session:
            job = session.scalars(select(Job.id).where(Job.payout_id == payout_id)).one()
            replace_open(session, Place(site.tenant_id, job), findings)
        text = text_of(site.merchant().get(page))
        assert {one for one in ("Bra att veta", "Vad som hindrar") if one in text} == shown


def test_payout_that_changed_after_it_was_booked_shows_both_states_and_takes_a_word(site: Site) -> None:
    payout_id = changed_payout(site)
    browser = site.merchant()
    shown = text_of(browser.get(f"/payouts/{payout_id}"))
    assert all(one in shown for one in ("Ändrad efter bokföringen", "Bokfört", "Rapporterat nu", "487,52"))
    assert "Bokför rättelsen" in shown
    refused = browser.submit(f"/payouts/{payout_id}/change", answer="by_hand", reference="")
    assert refused.headers["location"].endswith("?wrong=reference")
    assert browser.submit(f"/payouts/{payout_id}/change", answer="by_hand", reference="A 17").status_code == 303
    assert "Rättad för hand: A 17" in text_of(browser.get(f"/payouts/{payout_id}"))


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (OrderEffect.STAYS_PAID, "Inbetalningen står kvar"),
        (OrderEffect.IS_PAID, "Fakturan får sin inbetalning på utbetalningens dag"),
        (OrderEffect.DIFFERS, "Beloppet är ingen av orderns betalningar"),
    ],
)
def test_order_that_the_payout_pays_is_named_before_the_correction(site: Site, effect: OrderEffect, said: str) -> None:
    payout_id = changed_payout(site)
    text = page_with(site, payout_id, orders=(OrderNote(5, "#1005", Money(49_900, "SEK"), effect),))
    assert all(one in text for one in ("Ordrar som utbetalningen betalar", "#1005", said, "Bokför rättelsen"))


@pytest.mark.parametrize("block", list(NoVoucher))
def test_what_no_voucher_can_correct_says_why_and_what_to_do(site: Site, block: NoVoucher) -> None:
    payout_id = changed_payout(site)
    text = page_with(site, payout_id, block=block)
    assert "Bokför rättelsen" not in text
    assert "för hand" in text
    assert "payout_change_hinder" not in text


def page_with(site: Site, payout_id: int, **change: Any) -> str:
    """The payout's page as it shows a correction of this kind."""

    def correction(*_args: object) -> Correction:
        with site.services.store.read() as session:
            stored = session.get_one(StoredPayout, payout_id)
            told = read_payout(stored.content)
        return Correction(told, told, **change)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(payout_view, "correction_of", correction)
        return text_of(site.merchant().get(f"/payouts/{payout_id}"))
