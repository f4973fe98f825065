"""A worker is killed while a payout pays its orders: each is paid once, and the payout has one voucher."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.payouts.repository import store_payouts
from tests.support.crash.kills import killed_at
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.clear_at_payout import all_is_settled, line_of, paid_days, sold
from tests.support.pipeline.payouts import BANK, TODAY, payout

LINES = [
    ("after the claim", 1),
    ("after the orders are told", 1),
    ("before the step", 1),
    ("after the mark, before the call", 1),
    ("after the call, before the record", 1),
    ("with the answer in memory", 1),
    ("after the step", 1),
    ("inside the close's transaction", 1),
    ("after the claim", 2),
    ("after the mark, before the call", 2),
    ("after the call, before the record", 2),
    ("after the call, before the record", 3),
    ("after the call, before the record", 4),
    ("after the call, before the record", 5),
    ("inside the close's transaction", 2),
    ("inside the close's transaction", 3),
]
"""Of one payout and two orders: the voucher, and a payment with its booking of each."""


@pytest.mark.parametrize(("line", "passes"), LINES)
def test_a_kill_between_the_payout_and_its_payments_books_each_once(bench: Bench, line: str, passes: int) -> None:
    bench.rules(clear_at_payout=["shopify_payments"])
    orders = [sold(bench), sold(bench)]
    told = payout(*(line_of(order, fee="11.48") for order in orders))
    store_payouts(bench.program.store, bench.shop_id, [told])
    assert killed_at(bench, line, passes)
    bench.pass_time()
    bench.rest()
    assert paid_days(bench) == [str(TODAY)] * 2
    assert [payment["Amount"] for payment in bench.payments()] == [499, 499]
    assert bench.balance(BANK) == Decimal("975.04")
    all_is_settled(bench)


def test_a_kill_at_every_step_in_turn_books_each_once(bench: Bench) -> None:
    bench.rules(clear_at_payout=["shopify_payments"])
    orders = [sold(bench), sold(bench)]
    store_payouts(bench.program.store, bench.shop_id, [payout(*(line_of(order) for order in orders))])
    kills = 0
    while killed_at(bench, "after the call, before the record"):
        kills += 1
        bench.pass_time()
    bench.rest()
    assert kills >= 5, "the voucher, two payments and their bookings"
    assert (len(bench.payments()), bench.balance(BANK)) == (2, 998)
    all_is_settled(bench)
