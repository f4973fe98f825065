"""Foreign money that leaves the clearing account and comes back, at exactly the worth at which it left."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.model.payout import LostDispute, MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.dispute_store import store_disputes
from app.payouts.line_answer_store import LineAnswering
from app.reconciliation.reconciliation import clearing_accounts
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.foreign_held_balance import MUCH_LATER, RATES, other
from tests.support.pipeline.foreign_payouts import (
    EURO_BANK,
    EURO_CLEARING,
    GAIN,
    LOSS,
    eur,
    line_of,
    owes_nothing,
    payout,
    sell,
)
from tests.support.pipeline.payouts import FEE, TODAY, hear, state

DISPUTED, RESERVE, DISPUTE_LOSS = 1516, 1588, 6351
SOLD_AT = Decimal("546.98")
"""What 49.50 EUR stand at: 11.05 kronor each on the day of the sale."""


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.rules(exchange_rates=RATES)
    return bench


def later(*lines: PayoutLine, **changes: Any) -> Payout:
    return payout(*lines, id="po_2", paid_on=MUCH_LATER, **changes)


def differences(bench: Bench) -> Decimal | int:
    """Gain and loss together; a gain is negative."""
    return bench.balance(GAIN) + bench.balance(LOSS)


def payout_id(bench: Bench) -> int:
    return bench.payout_id("payout:shopify_payments:po_1")


# --- disputes


def test_disputed_sale_stands_aside_at_what_it_was_booked_at_and_comes_back_at_the_same(bench: Bench) -> None:
    order = sell(bench)
    taken = other(PayoutLineKind.CHARGEBACK, "-49.50", fee="15.00", shop_order_id=str(order.id))
    hear(bench, payout(line_of(order), taken))
    # The fee has the day's rate: 15.00 × 11.20. Sale and dispute leave nothing else.
    assert (state(bench), bench.findings()) == ("booked", [])
    assert [bench.balance(one) for one in (DISPUTED, FEE, EURO_BANK)] == [SOLD_AT, 168, -168]
    won = other(PayoutLineKind.CHARGEBACK_REVERSED, "49.50", fee="-15.00", shop_order_id=str(order.id))
    hear(bench, later(won))
    assert (state(bench, "po_2"), bench.findings()) == ("booked", [])
    # 64.50 × 10.00 reach the bank; 150.00 of them is the fee, and the sale is worth 51.98 less than it was.
    assert [bench.balance(one) for one in (DISPUTED, FEE, EURO_BANK)] == [0, 18, 477]
    assert differences(bench) == Decimal("51.98")
    owes_nothing(bench, EURO_CLEARING, 1510)


def test_dispute_of_a_part_takes_the_same_part_of_the_sales_worth(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order), other(PayoutLineKind.CHARGEBACK, "-16.50", shop_order_id=str(order.id))))
    assert bench.balance(DISPUTED) == Decimal("182.33")  # a third of 546.98
    hear(bench, later(other(PayoutLineKind.CHARGEBACK_REVERSED, "16.50", shop_order_id=str(order.id))))
    assert bench.balance(DISPUTED) == 0
    owes_nothing(bench, EURO_CLEARING)


@pytest.mark.parametrize("told_in", ["EUR", "SEK"])
def test_lost_dispute_is_a_loss_of_what_stands_on_the_disputed_account(bench: Bench, told_in: str) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order), other(PayoutLineKind.CHARGEBACK, "-49.50", shop_order_id=str(order.id))))
    told = eur("49.50") if told_in == "EUR" else replace(eur("550.00"), currency="SEK")
    lost = LostDispute("shopify_payments", "d1", str(order.id), order.name, told, TODAY)
    store_disputes(bench.program.store, bench.shop_id, [lost])
    bench.rest()
    assert (bench.balance(DISPUTED), bench.balance(DISPUTE_LOSS)) == (0, SOLD_AT)
    assert bench.findings() == ["DISPUTE_LOST"]


def test_dispute_told_in_another_currency_that_may_be_either_of_two_claims_is_for_a_person(bench: Bench) -> None:
    order = sell(bench)
    parts = [other(PayoutLineKind.CHARGEBACK, amount, shop_order_id=str(order.id)) for amount in ("-20.00", "-10.00")]
    hear(bench, payout(line_of(order), *parts))
    lost = LostDispute(
        "shopify_payments", "d1", str(order.id), order.name, replace(eur("110.00"), currency="SEK"), TODAY
    )
    store_disputes(bench.program.store, bench.shop_id, [lost])
    bench.rest()
    assert (bench.findings(), bench.balance(DISPUTE_LOSS)) == (["PAYOUT_CURRENCY_MISMATCH"], 0)


# --- reserves


def test_reserve_is_held_at_the_days_rate_and_released_at_exactly_that(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order), other(PayoutLineKind.RESERVE_HELD, "-10.00")))
    assert (state(bench), bench.balance(RESERVE), bench.balance(EURO_BANK)) == ("booked", 112, Decimal("442.40"))
    hear(bench, later(other(PayoutLineKind.RESERVE_RELEASED, "3.33")))
    assert (state(bench, "po_2"), bench.balance(RESERVE)) == ("booked", Decimal("74.70"))
    hear(bench, replace(later(other(PayoutLineKind.RESERVE_RELEASED, "6.67")), id="po_3"))
    assert (bench.balance(RESERVE), differences(bench)) == (0, Decimal("4.58"))
    owes_nothing(bench, EURO_CLEARING)


def test_what_was_held_first_is_released_first(bench: Bench) -> None:
    hear(bench, payout(line_of(sell(bench)), other(PayoutLineKind.RESERVE_HELD, "-10.00")))
    hear(bench, later(line_of(sell(bench)), other(PayoutLineKind.RESERVE_HELD, "-10.01")))
    assert bench.balance(RESERVE) == Decimal("212.10")  # 112.00 and 100.10
    third = replace(later(other(PayoutLineKind.RESERVE_RELEASED, "15.00")), id="po_3")
    hear(bench, third)
    assert (state(bench, "po_3"), bench.balance(RESERVE)) == ("booked", Decimal("50.10"))


def test_release_waits_until_every_earlier_payout_is_booked_and_takes_what_was_held_first(bench: Bench) -> None:
    first, second = sell(bench), sell(bench)
    bench.rules(exchange_rates={f"EUR {MUCH_LATER}": "10.00"})
    hear(bench, payout(line_of(first), other(PayoutLineKind.RESERVE_HELD, "-10.00")))
    hear(bench, later(line_of(second), other(PayoutLineKind.RESERVE_HELD, "-10.01")))
    hear(bench, replace(later(other(PayoutLineKind.RESERVE_RELEASED, "10.00")), id="po_3"))
    assert [state(bench, one) for one in ("po_1", "po_2", "po_3")] == ["stopped", "booked", "stopped"]
    assert bench.findings() == ["PAYOUT_LINE_WORTH_UNKNOWN", "PAYOUT_RATE_UNKNOWN"]
    bench.rules(exchange_rates=RATES)
    for _time in range(2):
        bench.program.payout_poll._look_again()
        bench.rest()
    # 112.00 were held first and are released; 100.10 stay.
    assert (state(bench, "po_3"), bench.balance(RESERVE)) == ("booked", Decimal("100.10"))
    owes_nothing(bench, EURO_CLEARING)


def test_payout_that_a_person_holds_keeps_no_other_from_its_release(bench: Bench) -> None:
    first, second = sell(bench), sell(bench)
    bench.rules(exchange_rates={f"EUR {MUCH_LATER}": "10.00"})
    hear(bench, payout(line_of(first), other(PayoutLineKind.RESERVE_HELD, "-10.00")))
    answering = LineAnswering(bench.program.store, bench.program.notifier.notify)
    answering.hold(bench.tenant_id, payout_id(bench), "bok@example.se")
    hear(bench, later(line_of(second), other(PayoutLineKind.RESERVE_HELD, "-10.01")))
    hear(bench, replace(later(other(PayoutLineKind.RESERVE_RELEASED, "10.01")), id="po_3"))
    assert [state(bench, one) for one in ("po_1", "po_2", "po_3")] == ["stopped", "booked", "booked"]
    assert (bench.findings(), bench.balance(RESERVE)) == (["PAYOUT_HELD"], 0)


def test_release_of_what_was_held_before_bokbro_is_for_a_person(bench: Bench) -> None:
    sell(bench)
    hear(bench, payout(other(PayoutLineKind.RESERVE_RELEASED, "10.00")))
    assert (state(bench), bench.findings()) == ("stopped", ["PAYOUT_LINE_WORTH_UNKNOWN"])


# --- payouts that bounced


def test_bounced_payout_leaves_its_money_and_books_its_fees_and_comes_back_at_what_it_left_with(bench: Bench) -> None:
    order = sell(bench)
    bounced = payout(line_of(order, fee="1.50"), bounced=True)
    hear(bench, bounced)
    # 1.50 × 11.20; the rest of the sale's worth stays where it is.
    assert (state(bench), bench.findings()) == ("booked", ["PAYOUT_BOUNCED"])
    assert [bench.balance(one) for one in (FEE, EURO_BANK, EURO_CLEARING)] == [
        Decimal("16.80"), 0, Decimal("530.18"),
    ]  # fmt: skip
    (shown,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (shown.balance, [one.amount for one in shown.providers_own]) == (eur("48.00"), [eur("-48.00")])
    hear(bench, later(other(PayoutLineKind.PAYOUT_FAILED, "48.00")))
    assert (state(bench, "po_2"), bench.balance(EURO_BANK)) == ("booked", 480)
    assert differences(bench) == Decimal("50.18")
    owes_nothing(bench, EURO_CLEARING)


def test_payout_that_bounced_after_it_was_booked_comes_back_at_what_the_bank_was_booked_at(bench: Bench) -> None:
    order = sell(bench)
    sent = payout(line_of(order))
    hear(bench, sent)
    hear(bench, replace(sent, bounced=True))
    assert (state(bench), bench.findings()) == ("booked", ["PAYOUT_BOUNCED"])
    # What the bank was booked at is the provider's debt now; the sale's exchange difference stays realised.
    assert (bench.balance(EURO_BANK), bench.balance(EURO_CLEARING)) == (0, Decimal("554.40"))
    (shown,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (shown.balance, [one.amount for one in shown.providers_own]) == (eur("49.50"), [eur("-49.50")])
    hear(bench, later(other(PayoutLineKind.PAYOUT_FAILED, "49.50")))
    assert (state(bench, "po_2"), bench.balance(EURO_BANK)) == ("booked", 495)
    owes_nothing(bench, EURO_CLEARING)


def test_money_of_no_known_bounced_payout_is_for_a_person(bench: Bench) -> None:
    sell(bench)
    hear(bench, payout(other(PayoutLineKind.PAYOUT_FAILED, "48.00")))
    assert (state(bench), bench.findings()) == ("stopped", ["PAYOUT_LINE_WORTH_UNKNOWN"])


def test_order_that_is_paid_by_its_payout_waits_for_the_one_that_brings_the_money_back(bench: Bench) -> None:
    bench.rules(clear_at_payout=["shopify_payments"], exchange_rates=RATES)
    order = sell(bench)
    line = line_of(order, fee="1.50")
    line = replace(line, keys={**line.keys, MatchKey.SHOP_ORDER_ID: str(order.id)})
    hear(bench, payout(line, bounced=True))
    assert (state(bench), bench.payments(), bench.findings()) == ("waiting", [], [])
    hear(bench, later(other(PayoutLineKind.PAYOUT_FAILED, "48.00")))
    for _time in range(2):
        bench.program.payout_poll._look_again()
        bench.rest()
    assert [payment["PaymentDate"] for payment in bench.payments()] == [str(MUCH_LATER)]
    assert (state(bench), state(bench, "po_2"), bench.findings()) == ("booked", "booked", ["PAYOUT_BOUNCED"])
    owes_nothing(bench, EURO_CLEARING, 1510)


# --- the rest


def test_refund_that_came_back_comes_at_what_it_left_with_and_is_owed_to_the_buyer(bench: Bench) -> None:
    order = sell(bench)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    hear(bench, payout(line_of(order), line_of(order, "-49.50", "refund")))
    hear(bench, later(other(PayoutLineKind.REFUND_FAILED, "49.50", shop_order_id=str(order.id))))
    assert (state(bench, "po_2"), bench.balance(EURO_CLEARING)) == ("booked", -SOLD_AT)
    assert bench.findings() == ["PAYOUT_REFUND_CAME_BACK"]
    assert (bench.balance(EURO_BANK), differences(bench)) == (495, Decimal("51.98"))
    (shown,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert [one.amount for one in shown.providers_own] == [eur("49.50")]


def test_balance_that_is_carried_on_leaves_at_the_days_rate_and_comes_back_at_it(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order), other(PayoutLineKind.CARRIED_FORWARD, "-9.50")))
    assert (state(bench), bench.balance(EURO_CLEARING)) == ("booked", Decimal("106.40"))
    hear(bench, later(other(PayoutLineKind.CARRIED_FORWARD, "9.50")))
    assert (state(bench, "po_2"), bench.balance(EURO_BANK)) == ("booked", 448 + 95)
    owes_nothing(bench, EURO_CLEARING)


def test_adjustment_waits_for_its_account_and_goes_there_at_the_days_rate(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order), other(PayoutLineKind.ADJUSTMENT, "-5.00")))
    assert (state(bench), bench.findings(), bench.balance(EURO_BANK)) == ("stopped", ["PAYOUT_LINE_UNKNOWN"], 0)
    answering = LineAnswering(bench.program.store, bench.program.notifier.notify)
    answering.answer(bench.tenant_id, payout_id(bench), "adjustment-5.00", "account", "6570", "bok@example.se")
    bench.rest()
    assert (state(bench), bench.balance(6570), bench.balance(EURO_BANK)) == ("booked", 56, Decimal("498.40"))
    owes_nothing(bench, EURO_CLEARING)
