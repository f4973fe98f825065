"""The proof's page and files: what the books say, what explains it, and nothing that a spreadsheet would run."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.model.platforms import PlatformKind
from app.schema import Connection, LedgerReading
from tests.web.conftest import Site

SHOWN = {
    "opening": 0, "closing": 120_50, "ours": 499_00, "others": -378_50, "count": 1,
    "newest": [["A7", "2026-11-20", "=HYPERLINK(1)", -378_50]],
}  # fmt: skip


@pytest.fixture
def read(site: Site) -> Site:
    with site.services.store.write() as session:
        fortnox = Connection(
            tenant_id=site.tenant_id, platform="fortnox", kind=PlatformKind.LEDGER,
            account="12345", display_name="B", state="active",
            grant="refresh_token", scopes=[], encrypted=b"",
        )  # fmt: skip
        session.add(fortnox)
        session.flush()
        session.add(
            LedgerReading(
                connection_id=fortnox.id, first_day=date(2026, 1, 1), last_day=date(2026, 12, 31),
                read_at=datetime(2026, 11, 28, 5, tzinfo=UTC), compared=2, differing=0, not_compared=0,
                accounts={"1581": SHOWN, "1930": {**SHOWN, "closing": 121_00}},
            )
        )  # fmt: skip
    return site


def test_page_shows_every_part_and_what_is_unexplained(read: Site) -> None:
    page = read.merchant().get("/proof").text
    for amount in ("499,00", "-378,50", "120,50", "0,50"):
        assert amount in page.replace("\xa0", " ")
    assert "Bokbros verifikat stämmer på öret: 2 av 2." in page
    assert "=HYPERLINK(1)" in page


def test_an_account_is_headed_by_what_it_is_for(read: Site) -> None:
    page = read.merchant().get("/proof").text
    assert "1581 Avräkningskonto Shopify Payments SEK<br>" in page
    assert "1930 Bank<br>" in page


def test_csv_has_decimal_commas_and_no_formula(read: Site) -> None:
    lines = read.merchant().get("/proof.csv").text.splitlines()
    assert lines[1].startswith("1581;psp.shopify_payments.sek;")
    assert lines[1].endswith(";0,00;499,00;0,00;-378,50;120,50;0,00;SEK")
    assert "'=HYPERLINK(1);-378,50" in lines[2]


def test_json_has_amounts_as_text(read: Site) -> None:
    first = read.merchant().get("/proof.json").json()["accounts"][0]
    assert (first["closing"], first["difference"]) == ("120.50", "0.00")
    assert first["others_vouchers"][0]["voucher"] == "A7"


def test_before_the_first_reading_the_page_says_so(site: Site) -> None:
    assert "Huvudboken har inte lästs än" in site.merchant().get("/proof").text


def test_nobody_sees_it_without_signing_in(read: Site) -> None:
    assert read.browser().get("/proof.csv").status_code == 303


def test_button_asks_for_a_reading_and_says_so(site: Site) -> None:
    browser = site.merchant()
    assert browser.submit("/proof/compare").headers["location"] == "/proof?asked=true"
    assert "Huvudboken läses nu" in browser.get("/proof?asked=true").text
