"""Under every setting of what nobody knows about Qliro: the books show what Qliro owes, or the payout is told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from app.kit.money import Money, round_half_up
from sandbox.qliro.switches import Switches
from sandbox.qliro.world import Batch
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.qliro import BANK, CLEARING, DISPUTED, FEE, INPUT_VAT, YESTERDAY, Qliro

ONE_BY_ONE: list[dict[str, Any]] = [
    {"net_settled": False},
    {"fee_action": "Debit"},
    {"fee_has_order": False},
    {"fee_vat_rate": None},
    {"fee_vat_rate": "0"},
    {"fee_vat_rate": "25"},
    {"reference": "pis"},
    {"reference": "order_name"},
    {"reference": "temporary"},
    {"negative": "invoice"},
    {"pending_first": True},
    {"fx": True},
    {"dates": "slashed"},
]
TOGETHER = [
    {"net_settled": net, "fee_action": "Debit", "fee_has_order": own, "fee_vat_rate": "25", "negative": "invoice"}
    for net, own in product((True, False), repeat=2)
]
NOTICES = {"pis": ["PAYOUT_LINE_UNMATCHED"], "temporary": ["PAYOUT_LINE_UNMATCHED"]}
TWO_WEEKS = timedelta(days=14)


def a_week_of(qliro: Qliro) -> None:
    """Sales, a whole refund in a later batch, a chargeback in part, and sales that cover them."""
    first, number = qliro.sell()
    _second, disputed = qliro.sell("1290.00")
    qliro.bench.rest()
    qliro.close(YESTERDAY - timedelta(days=3))
    qliro.refund(first, number)
    qliro.act(disputed, "chargeback", amount=9900)
    qliro.sell("2000.00")
    qliro.bench.rest()
    for ago in (2, 1, 0):
        qliro.close(YESTERDAY - timedelta(days=ago))


def rows_sum(batches: list[Batch], kind: str, action: str = "") -> Decimal:
    rows = [row for batch in batches for row in batch.accepted if row["Type"] == kind]
    return sum((row["Amount"] for row in rows if action in ("", row["Action"])), Decimal(0))


def books_show_what_qliro_owes(bench: Bench, qliro: Qliro, booked: list[Batch]) -> None:
    """From Qliro's own rows and heads alone, whatever we made of them."""
    paid_out = sum((batch.body["TotalAmount"] for batch in booked), Decimal(0))
    fees, disputed = rows_sum(booked, "Fee"), rows_sum(booked, "Chargeback")
    every = [transaction for order in qliro.merchant.orders.values() for transaction in order.transactions]
    captured = sum(one.amount for one in every if one.type == "Capture")
    refunded = sum(one.amount for one in every if one.type == "Refund")
    owed = Decimal(captured - refunded) / 100 - paid_out - fees - disputed
    assert bench.balance(BANK) == paid_out
    assert bench.balance(FEE) + bench.balance(INPUT_VAT) == fees
    assert bench.balance(DISPUTED) == disputed
    assert bench.balance(CLEARING) == owed
    assert qliro.clearing().balance.decimal == owed, "the page that explains the account says the same"
    assert bench.balance(1510) == 0


def booked_batches(bench: Bench, qliro: Qliro) -> list[Batch]:
    states = {one.number: bench.job(f"payout:qliro:{one.number}").state for one in qliro.stored()}
    assert set(states) == {str(one.id) for one in qliro.merchant.batches}, "no batch is passed over"
    assert set(states.values()) <= {"booked", "stopped"}, "none waits without a name for ever"
    told = {subject.rpartition(":")[2] for subject in bench.told() if subject.startswith("payout:")}
    assert {number for number, state in states.items() if state == "stopped"} <= told
    return [batch for batch in qliro.merchant.batches if states[str(batch.id)] == "booked"]


OF_ORDERS = {"return_names", "addition", "free_refund", "vat_rate_shown", "push"}
"""Switches of orders and pushes, tried in test_qliro_orders.py, test_push_endpoint.py and a property test."""


def test_every_switch_is_tried() -> None:
    assert {name for one in ONE_BY_ONE for name in one} | OF_ORDERS == set(Switches.model_fields)


@pytest.mark.parametrize("switches", [{}, *ONE_BY_ONE, *TOGETHER], ids=str)
def test_books_show_what_qliro_owes_or_the_payout_is_told(bench: Bench, qliro: Qliro, switches: dict[str, Any]) -> None:
    bench.rules(provider_not_matching="book")
    qliro.switch(**switches)
    a_week_of(qliro)
    qliro.poll()
    qliro.poll(later=TWO_WEEKS)
    booked = booked_batches(bench, qliro)
    books_show_what_qliro_owes(bench, qliro, booked)
    if switches.get("fx"):
        assert (booked, set(bench.findings())) == ([], {"PAYOUT_RATE_UNKNOWN"})
        return
    assert booked == qliro.merchant.batches
    assert sorted(set(bench.findings())) == NOTICES.get(switches.get("reference", ""), [])
    assert bench.balance(CLEARING) == (0 if switches.get("net_settled", True) else -rows_sum(booked, "Fee"))


def test_batch_that_the_bank_gets_in_euro_is_booked_once_its_days_rate_is_known(bench: Bench, qliro: Qliro) -> None:
    days = [YESTERDAY - timedelta(days=ago) for ago in range(4)]
    bench.rules(exchange_rates={f"EUR {day}": "11.50" for day in days})
    qliro.switch(fx=True)
    a_week_of(qliro)
    qliro.poll()
    qliro.poll(later=TWO_WEEKS)
    assert (booked_batches(bench, qliro), bench.findings()) == (qliro.merchant.batches, [])
    in_euro = [Money.rounded(batch.body["FxTotalAmount"], "EUR").decimal for batch in qliro.merchant.batches]
    carrying_amount = sum((round_half_up(amount * Decimal("11.50")) for amount in in_euro), Decimal(0))
    paid_out = sum((one.body["TotalAmount"] for one in qliro.merchant.batches), Decimal(0))
    assert (bench.balance(BANK), bench.balance(1980)) == (0, carrying_amount)
    assert bench.balance(3960) + bench.balance(7960) == paid_out - carrying_amount
    assert bench.balance(CLEARING) == qliro.clearing().balance.decimal == 0


@pytest.mark.parametrize("net", [True, False])
@pytest.mark.parametrize("negative", ["carry", "invoice"])
def test_batch_below_zero_is_booked_or_told_and_so_is_the_one_that_pays_for_it(
    bench: Bench, qliro: Qliro, *, net: bool, negative: str
) -> None:
    qliro.switch(net_settled=net, negative=negative, fee_vat_rate="25")
    order, number = qliro.sell()
    bench.rest()
    qliro.close(YESTERDAY - timedelta(days=2))
    qliro.refund(order, number)
    bench.rest()
    qliro.close(YESTERDAY - timedelta(days=1))
    qliro.sell("2000.00")
    bench.rest()
    qliro.close()
    qliro.poll()
    qliro.poll(later=TWO_WEEKS)
    booked = booked_batches(bench, qliro)
    books_show_what_qliro_owes(bench, qliro, booked)
    if negative == "carry":
        assert (len(booked), bench.findings()) == (1, ["PAYOUT_DOES_NOT_ADD_UP"] * 2)
    else:
        assert (len(booked), bench.findings()) == (3, [])
