"""Providers whose money pays its document first at the payout: on that day, once, and never set off meanwhile."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.tenants.repository import put_in_force
from tests.support.pipeline import foreign_payouts as foreign
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.clear_at_payout import CLAIM, LATER, all_is_settled, line_of, paid_days, sold
from tests.support.pipeline.payouts import BANK, CLEARING, FEE, TODAY, hear, payout, sek, state


@pytest.fixture
def waiting(bench: Bench) -> Bench:
    # LATER may be in another month, and a fee of this one would have a voucher of its own.
    bench.rules(clear_at_payout=["shopify_payments"], fees_by_month=False)
    return bench


def test_invoice_stays_open_until_the_payout_pays_it_on_its_day(waiting: Bench) -> None:
    order = sold(waiting)
    assert (waiting.balance(CLAIM), waiting.balance(CLEARING), waiting.payments()) == (499, 0, [])
    waiting.emulators.kit.calls.clear()
    hear(waiting, payout(line_of(order, fee="11.48"), day=LATER))
    assert paid_days(waiting) == [str(LATER)]
    assert waiting.balance(BANK) == Decimal("487.52")
    sent = [one.split("/")[0] for one in waiting.sent() if not one.startswith("GET")]
    assert sorted(sent) == ["POST invoicepayments", "POST vouchers", "PUT invoicepayments"]
    all_is_settled(waiting)


def test_payout_told_again_pays_nothing_more(waiting: Bench) -> None:
    order = sold(waiting)
    told = payout(line_of(order))
    hear(waiting, told)
    hear(waiting, told)
    waiting.hear(order)
    waiting.rest()
    assert len(waiting.payments()) == 1
    all_is_settled(waiting)


@pytest.mark.parametrize("what", [{"is_final": False}, {"bounced": True}, {"paid_out": Money(1, "SEK")}])
def test_payout_that_may_never_reach_the_bank_pays_nothing(waiting: Bench, what: dict[str, Any]) -> None:
    order = sold(waiting)
    hear(waiting, payout(line_of(order), **what))
    assert (waiting.balance(CLAIM), waiting.payments()) == (499, [])


def test_payout_that_bounced_pays_its_orders_when_a_later_one_brings_the_money(waiting: Bench) -> None:
    order = sold(waiting)
    hear(waiting, payout(line_of(order, fee="11.48"), bounced=True))
    assert (waiting.balance(CLAIM), waiting.payments(), waiting.balance(FEE)) == (499, [], Decimal("11.48"))
    brought = PayoutLine("back", PayoutLineKind.PAYOUT_FAILED, TODAY, sek("487.52"), sek("0"))
    hear(waiting, payout(brought, name="po_2", day=LATER))
    assert (paid_days(waiting), waiting.balance(BANK)) == ([str(LATER)], Decimal("487.52"))
    all_is_settled(waiting, "PAYOUT_BOUNCED")


@pytest.mark.parametrize("fee_write_off", [[], ["shopify_payments"]])
def test_order_stays_paid_though_its_booked_payout_bounces(waiting: Bench, fee_write_off: list[str]) -> None:
    waiting.rules(clear_at_payout=["shopify_payments"], fee_write_off=fee_write_off)
    order = sold(waiting)
    sent = payout(line_of(order, fee="11.48"))
    hear(waiting, sent)
    hear(waiting, replace(sent, bounced=True))
    assert (waiting.balance(CLAIM), waiting.balance(BANK), waiting.balance(CLEARING)) == (0, 0, Decimal("487.52"))
    brought = PayoutLine("back", PayoutLineKind.PAYOUT_FAILED, TODAY, sek("487.52"), sek("0"))
    hear(waiting, payout(brought, name="po_2", day=LATER))
    assert (paid_days(waiting), waiting.balance(BANK)) == ([str(TODAY)], Decimal("487.52"))
    assert (waiting.balance(CLEARING), waiting.balance(FEE)) == (0, Decimal("11.48"))
    assert waiting.findings() == ["PAYOUT_BOUNCED"]


def test_of_two_equal_payouts_that_bounced_each_is_paid_by_the_one_that_brings_it(waiting: Bench) -> None:
    orders = [sold(waiting), sold(waiting)]
    hear(waiting, *(payout(line_of(order), name=f"po_{order.id}", bounced=True) for order in orders))
    brought = PayoutLine("back", PayoutLineKind.PAYOUT_FAILED, TODAY, sek("499.00"), sek("0"))
    hear(waiting, payout(brought, name="po_3", day=LATER))
    assert (paid_days(waiting), waiting.balance(CLAIM)) == ([str(LATER)], 499)


def test_refund_before_the_payout_pays_the_invoice_first_and_waits_itself(waiting: Bench) -> None:
    order = sold(waiting)
    waiting.act(order, "refund", lines=[{"line": 0}])
    waiting.rest()
    assert [payment["Amount"] for payment in waiting.payments()] == [499]
    assert (waiting.balance(CLAIM), waiting.balance(CLEARING)) == (-499, 499)
    hear(waiting, payout(line_of(order, fee="11.48"), line_of(order, "refund"), day=LATER))
    assert paid_days(waiting) == [str(TODAY), str(LATER)]
    assert waiting.balance(BANK) == Decimal("-11.48")
    all_is_settled(waiting)


def test_refund_after_the_payout_is_paid_by_the_payout_that_holds_it(waiting: Bench) -> None:
    order = sold(waiting)
    hear(waiting, payout(line_of(order)))
    waiting.act(order, "refund", lines=[{"line": 0}])
    waiting.rest()
    assert (waiting.balance(CLAIM), waiting.balance(CLEARING)) == (-499, 0)
    hear(waiting, payout(line_of(order, "refund"), name="po_2", day=LATER))
    assert paid_days(waiting) == [str(TODAY), str(LATER)]
    all_is_settled(waiting)


def test_gift_card_pays_its_part_at_once_and_the_card_the_rest_at_the_payout(waiting: Bench) -> None:
    order = sold(
        waiting,
        payments=[{"gateway": "shopify_payments", "amount": "399.50"}, {"gateway": "gift_card", "amount": "99.50"}],
    )
    assert [payment["Amount"] for payment in waiting.payments()] == [Decimal("99.50")]
    card = [transaction for transaction in order.transactions if transaction["gateway"] == "shopify_payments"][-1]
    keys = {MatchKey.TRANSACTION_ID: str(card["id"]), MatchKey.SHOP_ORDER_ID: str(order.id)}
    line = replace(line_of(order), amount=Money.of("399.50", "SEK"), keys=keys)
    hear(waiting, payout(line))
    assert sorted(one["Amount"] for one in waiting.payments()) == [Decimal("99.50"), Decimal("399.50")]
    all_is_settled(waiting)


def test_other_providers_money_pays_when_it_moves(waiting: Bench) -> None:
    sold(waiting, payments=[{"gateway": "qliro"}])
    assert (waiting.balance(CLAIM), waiting.balance(1583)) == (0, 499)


def test_order_that_is_booked_after_its_payout_is_paid_on_the_payouts_day(waiting: Bench) -> None:
    order = waiting.place(hear=False)
    hear(waiting, payout(line_of(order), day=LATER))
    assert waiting.findings() == ["PAYOUT_LINE_UNMATCHED"]
    waiting.hear(order)
    waiting.rest()
    assert waiting.balance(CLAIM) == 499
    waiting.program.payout_poll._look_again()
    waiting.rest()
    assert paid_days(waiting) == [str(LATER)]
    all_is_settled(waiting)


def test_what_was_paid_before_the_rule_changed_stays_and_is_not_paid_again(bench: Bench) -> None:
    order = sold(bench)
    bench.rules(clear_at_payout=["shopify_payments"])
    hear(bench, payout(line_of(order), day=LATER))
    bench.hear(order)
    bench.rest()
    assert paid_days(bench) == [str(TODAY)]
    all_is_settled(bench)


def test_what_waited_is_paid_on_its_own_day_when_the_rule_no_longer_says_wait(waiting: Bench) -> None:
    order = sold(waiting)
    with waiting.program.store.write() as session:
        put_in_force(session, waiting.tenant_id, {"clear_at_payout": []}, by="test")
    waiting.rest()
    assert (paid_days(waiting), waiting.balance(CLEARING)) == ([str(TODAY)], 499)
    hear(waiting, payout(line_of(order), day=LATER))
    assert len(waiting.payments()) == 1
    all_is_settled(waiting)


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
def test_no_fault_pays_an_invoice_twice(waiting: Bench, fault: Any) -> None:
    order = sold(waiting)
    waiting.emulators.kit.faults.order(fault, "POST", "/3/invoicepayments")
    hear(waiting, payout(line_of(order)))
    assert len(waiting.payments()) == 1
    all_is_settled(waiting)


@pytest.mark.parametrize("key", [MatchKey.PAYMENT_ID, MatchKey.ORDER_NAME])
def test_provider_with_ids_of_its_own_is_found_by_payment_or_by_amount_within_the_order(
    bench: Bench, key: MatchKey
) -> None:
    bench.rules(clear_at_payout=["qliro"])
    order = sold(bench, payments=[{"gateway": "qliro"}])
    assert bench.balance(CLAIM) == 499
    hear(bench, payout(line_of(order, key=key), provider="qliro"))
    assert (bench.balance(CLAIM), bench.balance(1583), bench.balance(BANK)) == (0, 0, 499)
    assert bench.findings() == []


def test_line_that_is_no_payment_of_its_order_leaves_the_invoice_open_and_is_told(bench: Bench) -> None:
    bench.rules(clear_at_payout=["qliro"])
    order = sold(bench, payments=[{"gateway": "qliro"}])
    part: PayoutLine = replace(line_of(order, key=MatchKey.ORDER_NAME), amount=Money.of("200.00", "SEK"))
    hear(bench, payout(part, provider="qliro"))
    assert (bench.balance(CLAIM), bench.balance(1583), bench.payments()) == (499, -200, [])
    assert bench.findings() == ["PAYOUT_LINE_NOT_A_PAYMENT"]


def test_sale_in_euro_gets_its_booked_worth_from_the_payment_that_the_payout_makes(waiting: Bench) -> None:
    order = foreign.sell(waiting)
    waiting.rules(clear_at_payout=["shopify_payments"], exchange_rates={f"EUR {foreign.LATER}": "11.20"})
    assert waiting.balance(CLAIM) == Decimal("546.98")
    line = foreign.line_of(order, fee="1.00")
    line = replace(line, keys={**line.keys, MatchKey.SHOP_ORDER_ID: str(order.id)})
    hear(waiting, foreign.payout(line))
    assert (state(waiting), waiting.balance(CLAIM), waiting.findings()) == ("booked", 0, [])
    assert (waiting.balance(foreign.EURO_BANK), waiting.balance(foreign.GAIN)) == (
        Decimal("543.20"),
        Decimal("-7.42"),
    )
    foreign.owes_nothing(waiting, foreign.EURO_CLEARING)
