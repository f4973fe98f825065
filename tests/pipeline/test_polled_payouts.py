"""Payouts as they really come: asked of the shop, matched, booked; the clearing account ends at nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import httpx2

from app.domain.commerce import books_day
from tests.pipeline.bench import Bench

TODAY = books_day(datetime.now(UTC)).isoformat()


def close(bench: Bench) -> None:
    """The provider pays out what it holds."""
    address = f"{bench.emulators.shopify.url}/_sandbox/payouts/close"
    answer = httpx2.post(address, json={"date": TODAY, "shop": bench.domain})
    assert answer.is_success, answer.text


def test_payout_of_the_shop_is_fetched_matched_and_booked(bench: Bench) -> None:
    bench.emulators.emulator.put_shop(bench.domain, {"payments": {}})
    order = bench.place()
    returned = bench.place()
    bench.rest()
    bench.act(returned, "refund", lines=[{"line": 0}])
    bench.rest()
    close(bench)
    assert bench.program.payout_poll.run() >= 1
    bench.rest()
    assert bench.findings() == []
    assert (bench.balance(1510), bench.balance(1581)) == (0, 0)
    fees = bench.balance(6041)
    assert bench.balance(1930) == 499 - fees > 0
    assert bench.balance(2645) == -bench.balance(2614) == round(fees * Decimal("0.25"), 2)
    assert bench.program.payout_poll.run() == 0, "the same payout once more changes nothing"
    assert bench.state(order) == "booked"
