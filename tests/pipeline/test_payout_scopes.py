"""A shop connected before payouts were read goes on booking, and its merchant is told what is missing."""

from __future__ import annotations

from sqlalchemy import select

from app.schema import Finding
from app.shops.shopify.scopes import PAYOUT_SCOPES, REQUIRED_SCOPES, SCOPES
from app.web.reading import StoredReading
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.polled_payouts import close


def give(bench: Bench, *scopes: str) -> None:
    """The shop grants these and no more."""
    emulator = bench.emulators.emulator
    emulator.merchant.regrant(emulator.put_shop(bench.domain, {}), ",".join(scopes))


def open_findings(bench: Bench) -> list[tuple[str, str]]:
    with bench.program.store.read() as session:
        rows = session.scalars(select(Finding).where(Finding.resolved_at.is_(None)))
        return [(row.code, row.data["scope"]) for row in rows]


def test_a_shop_without_the_payout_scopes_gets_a_finding_and_still_books(bench: Bench) -> None:
    give(bench, *REQUIRED_SCOPES)
    order = bench.place()
    bench.look_at_scopes()
    bench.look_at_scopes()
    assert open_findings(bench) == [("SHOPIFY_PAYOUT_SCOPE_MISSING", ", ".join(PAYOUT_SCOPES))]
    bench.rest()
    assert bench.state(order) == "booked"


def test_the_finding_is_gone_once_the_shop_is_connected_with_them(bench: Bench) -> None:
    give(bench, *REQUIRED_SCOPES, PAYOUT_SCOPES[0])
    bench.look_at_scopes()
    assert open_findings(bench) == [("SHOPIFY_PAYOUT_SCOPE_MISSING", PAYOUT_SCOPES[1])]
    give(bench, *REQUIRED_SCOPES, *PAYOUT_SCOPES)
    bench.look_at_scopes()
    assert open_findings(bench) == []


def test_the_first_page_lists_what_a_shop_does_not_let_us_read_until_it_does(bench: Bench) -> None:
    def listed() -> list[str]:
        shops = StoredReading(bench.program.store, bench.program.granting).connections(bench.tenant_id)
        return [one.scope for shop in shops for one in shop.not_granted]

    give(bench, *(scope for scope in SCOPES if scope != "read_returns"))
    bench.look_at_scopes()
    assert listed() == ["read_returns"]
    give(bench, *SCOPES)
    bench.look_at_scopes()
    assert listed() == []


def test_payouts_that_shopify_refuses_are_told_until_they_are_read(bench: Bench) -> None:
    """Without `read_orders` no row of a payout is told; orders stop for it, and nothing would say so of payouts."""
    bench.emulators.emulator.put_shop(bench.domain, {"payments": {}})
    bench.place()
    bench.rest()
    close(bench)
    give(bench, *(scope for scope in SCOPES if scope != "read_orders"))
    bench.program.payout_poll.run()
    bench.program.payout_poll.run()
    assert [finding.about for finding in bench.all_findings("SHOPIFY_ACCESS_DENIED")] == ["payouts"]
    give(bench, *SCOPES)
    assert bench.program.payout_poll.run() >= 1
    bench.rest()
    assert bench.all_findings("SHOPIFY_ACCESS_DENIED") == []
