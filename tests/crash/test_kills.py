"""A worker is killed with SIGKILL at every line that matters; whoever comes after finishes: 0 lost, 0 doubled."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from app.payouts.repository import store_payouts
from sandbox.shopify.model import StoredOrder
from tests.support.crash.kills import _PROCESSES, killed_at
from tests.support.crash.worker import ONCE, PER_STEP, STEPS
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.clear_at_payout import line_of as line_of_paid
from tests.support.pipeline.payouts import line_of, payout

FEE = Decimal("11.48")
_PROCESSES.set_forkserver_preload(["tests.support.crash.worker"])


def _unknown_order(bench: Bench) -> StoredOrder:
    number = len(bench.orders) + 1
    return bench.place(
        lines=[VASE | {"sku": f"GF-{number}"}],
        buyer={"id": number, "billing": {"first_name": "Bo", "last_name": f"Ek {number}"}},
    )


@pytest.mark.parametrize("line", ONCE)
def test_a_kill_loses_and_doubles_nothing(bench: Bench, line: str) -> None:
    order = _unknown_order(bench)
    assert killed_at(bench, line)
    bench.pass_time()
    bench.rest()
    bench.proves(order)


@pytest.mark.parametrize("line", PER_STEP)
def test_a_kill_at_each_step_loses_and_doubles_nothing(bench: Bench, line: str) -> None:
    for passes, step in enumerate(STEPS, start=1):
        _unknown_order(bench)
        assert killed_at(bench, line, passes), step
        bench.pass_time()
        bench.rest()
        bench.proves(*bench.orders.values())


def test_nothing_is_sent_while_the_dead_workers_lease_lasts(bench: Bench) -> None:
    order = _unknown_order(bench)
    assert killed_at(bench, "after the call, before the record", 3)
    assert bench.run_jobs() == 0
    assert len(bench.invoices()) == 1
    bench.pass_time()
    bench.rest()
    bench.proves(order)
    assert "adopted" in bench.history()


def test_one_order_killed_at_every_step_in_turn(bench: Bench) -> None:
    order = _unknown_order(bench)
    while killed_at(bench, "after the call, before the record"):
        bench.pass_time()
    bench.rest()
    bench.proves(order)


def test_many_orders_and_many_kills_with_lost_answers_on_top(bench: Bench) -> None:
    dice = random.Random(20261122)
    for skip in range(0, 40, 8):
        bench.emulators.kit.faults.order("close_after", "*", "/3/*", skip=skip)
    for _order in range(8):
        _unknown_order(bench)
    for _kill in range(12):
        line = dice.choice([*ONCE, *PER_STEP])
        killed_at(bench, line, dice.randint(1, 8))
        bench.pass_time()
    bench.rest(rounds=20)
    bench.proves(*bench.orders.values())


CREDIT_STEPS = ("credit:made", "credit", "credit:book", "payment", "payment:book")
"""What the first refund of an order asks for, in turn."""


@pytest.mark.parametrize("line", PER_STEP)
def test_a_kill_at_each_step_of_a_refund_leaves_no_full_credit_and_no_second_one(bench: Bench, line: str) -> None:
    wanted = []
    for passes, step in enumerate(CREDIT_STEPS, start=1):
        order = bench.place(lines=[VASE | {"quantity": 2}])
        bench.rest()
        bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
        assert killed_at(bench, line, passes), step
        bench.pass_time()
        bench.rest()
        wanted += [998, -499]
        assert [document["Total"] for document in bench.documents("invoices")] == wanted, step
        assert all((invoice["Booked"], invoice["Balance"]) == (True, 0) for invoice in bench.invoices()), step
        assert (bench.balance(1510), bench.balance(1581)) == (0, 499 * passes), step
        assert bench.findings() == []


@pytest.mark.parametrize("line", PER_STEP)
def test_a_kill_books_a_payout_once(bench: Bench, line: str) -> None:
    order = bench.place()
    bench.rest()
    store_payouts(bench.program.store, bench.shop_id, [payout(line_of(order))])
    assert killed_at(bench, line)
    bench.pass_time()
    bench.rest()
    assert (bench.balance(1930), bench.balance(1581), bench.findings()) == (499, 0, [])


@pytest.mark.parametrize("line", PER_STEP)
def test_a_kill_takes_a_payout_that_bounced_off_the_bank_once(bench: Bench, line: str) -> None:
    order = bench.place()
    bench.rest()
    sent = payout(line_of(order))
    store_payouts(bench.program.store, bench.shop_id, [sent])
    bench.rest()
    store_payouts(bench.program.store, bench.shop_id, [replace(sent, bounced=True)])
    assert killed_at(bench, line)
    bench.pass_time()
    bench.rest()
    assert (bench.balance(1930), bench.balance(1581), bench.findings()) == (0, 499, ["PAYOUT_BOUNCED"])


@pytest.mark.parametrize("line", PER_STEP)
def test_a_kill_between_payment_and_payout_takes_each_fee_once(bench: Bench, line: str) -> None:
    """In turn: before and in the payment, before and in its booking, in the look that it is settled, in the voucher."""
    bench.rules(clear_at_payout=["shopify_payments"], fee_write_off=["shopify_payments"])
    for passes in range(1, 5):
        order = bench.place()
        bench.rest()
        told = payout(line_of_paid(order, fee="11.48"), name=f"po_{passes}")
        store_payouts(bench.program.store, bench.shop_id, [told])
        killed_at(bench, line, passes)
        bench.pass_time()
        killed_at(bench, line)
        bench.pass_time()
        bench.rest()
        assert [[one["Amount"] for one in each["WriteOffs"]] for each in bench.payments()] == [[FEE]] * passes
        assert (bench.balance(6041), bench.balance(1930)) == (FEE * passes, (499 - FEE) * passes)
        assert (bench.balance(1510), bench.balance(1581), bench.findings()) == (0, 0, [])
