"""A dispute that was lost: the claim becomes a loss on the day it was decided, once, and a person is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from app.kit.money import Money
from app.model.order import books_day
from app.model.payout import OpenDispute
from app.schema import Connection
from app.shops.shopify.scopes import SCOPES
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.disputes import CLAIM, LOSS
from tests.support.pipeline.person import remedied
from tests.support.pipeline.polled_payouts import close

DISPUTE_SCOPE = "read_shopify_payments_disputes"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.emulators.emulator.put_shop(bench.domain, {"payments": {}})
    may_read_disputes(bench, list(SCOPES))
    return bench


def may_read_disputes(bench: Bench, scopes: list[str]) -> None:
    with bench.program.store.write() as session:
        session.get_one(Connection, bench.shop_id).scopes = scopes


def sandbox(bench: Bench, path: str, body: Any = None) -> Any:
    answer = httpx2.post(f"{bench.emulators.shopify.url}/_sandbox/shops/{bench.domain}/{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json()


def disputed(bench: Bench) -> int:
    """The dispute of an order that was sold and taken back by the buyer's bank, beside one that was not."""
    order = bench.place()
    bench.place()
    bench.rest()
    return int(sandbox(bench, "disputes", {"order": order.name})["id"])


def polled(bench: Bench) -> None:
    bench.program.payout_poll.run()
    bench.rest()


def test_lost_dispute_moves_the_claim_to_a_loss_without_touching_vat(bench: Bench) -> None:
    dispute = disputed(bench)
    close(bench)
    polled(bench)
    assert (bench.balance(CLAIM), bench.balance(LOSS)) == (499, 0)
    vat = bench.balance(2611)
    decided = sandbox(bench, f"disputes/{dispute}/lost")
    polled(bench)
    assert (bench.balance(CLAIM), bench.balance(LOSS), bench.balance(2611)) == (0, 499, vat)
    assert bench.findings() == ["DISPUTE_LOST"]
    day = books_day(datetime.fromisoformat(decided["finalized_at"])).isoformat()
    assert [voucher.date for voucher in bench.vouchers() if voucher.description.startswith("Tvist förlorad")] == [day]


def test_loss_is_booked_once_however_often_it_is_told(bench: Bench) -> None:
    dispute = disputed(bench)
    close(bench)
    sandbox(bench, f"disputes/{dispute}/lost")
    for _time in range(3):
        polled(bench)
    assert (bench.balance(CLAIM), bench.balance(LOSS)) == (0, 499)


def test_loss_waits_for_the_payout_that_has_the_claim(bench: Bench) -> None:
    dispute = disputed(bench)
    sandbox(bench, f"disputes/{dispute}/lost")
    polled(bench)
    assert (bench.balance(CLAIM), bench.balance(LOSS)) == (0, 0)
    assert bench.state(f"dispute:shopify_payments:{dispute}") == "waiting"
    close(bench)
    polled(bench)
    polled(bench)
    assert (bench.balance(CLAIM), bench.balance(LOSS)) == (0, 499)


def test_won_dispute_is_no_loss(bench: Bench) -> None:
    dispute = disputed(bench)
    close(bench)
    sandbox(bench, f"disputes/{dispute}/won")
    polled(bench)
    assert bench.balance(LOSS) == 0


def test_shop_that_does_not_let_us_read_disputes_is_not_asked(bench: Bench) -> None:
    may_read_disputes(bench, [scope for scope in SCOPES if scope != DISPUTE_SCOPE])
    dispute = disputed(bench)
    close(bench)
    sandbox(bench, f"disputes/{dispute}/lost")
    polled(bench)
    assert (bench.balance(CLAIM), bench.balance(LOSS)) == (499, 0)


def test_dispute_that_waits_for_evidence_is_told_with_order_amount_and_deadline_until_it_is_decided(
    bench: Bench,
) -> None:
    dispute = disputed(bench)
    polled(bench)
    told = bench.finding("DISPUTE_OPEN").data
    due = books_day(datetime.now(UTC) + timedelta(days=10)).isoformat()
    assert (told["order"], told["shop_amount"], told["date"]) == (
        next(iter(bench.orders.values())).name,
        "499.00 SEK",
        due,
    )
    polled(bench)
    assert len(bench.all_findings("DISPUTE_OPEN")) == 1
    sandbox(bench, f"disputes/{dispute}/won")
    with remedied(bench, "DISPUTE_OPEN"):
        polled(bench)


def test_number_of_a_dispute_does_not_pass_for_an_order_that_the_shop_hides() -> None:
    assert (
        OpenDispute("6100000000091", "", Money.of("499.00", "SEK"), None).finding.data["order"] == "– (6100000000091)"
    )
