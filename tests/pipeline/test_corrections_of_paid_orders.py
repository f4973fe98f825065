"""A payout that paid its orders' invoices and is told otherwise later: the voucher moves clearing, fees and bank only.

What stands as a payment stays; what the orders' own payments then lack or have too much stands on the clearing account,
by name (decision 0033).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.model.payout import MatchKey, PayoutLine
from app.payouts.planning.correction import ChangeAnswer, NoVoucher, OrderEffect
from app.payouts.repository import store_payouts
from app.reconciliation.reconciliation import clearing_accounts
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.clear_at_payout import CLAIM, LATER, all_is_settled, line_of, paid_days, sold
from tests.support.pipeline.corrections import detail, say
from tests.support.pipeline.payouts import BANK, CLEARING, FEE, hear, payout, sek, state

CHANGED = "PAYOUT_CHANGED_AFTER_BOOKING"
VAT_IN, VAT_OUT = 2645, 2614
WRITE_OFFS = ["shopify_payments"]


@pytest.fixture(params=[[], WRITE_OFFS], ids=["fees in the voucher", "fees written off"])
def paying(bench: Bench, request: pytest.FixtureRequest) -> Bench:
    """Invoices are paid by their payouts; their fees stand in the voucher, or on the payments."""
    bench.rules(clear_at_payout=["shopify_payments"], fee_write_off=request.param, fees_by_month=False)
    return bench


@pytest.fixture
def writing_off(bench: Bench) -> Bench:
    bench.rules(clear_at_payout=["shopify_payments"], fee_write_off=WRITE_OFFS, fees_by_month=False)
    return bench


def effects(bench: Bench) -> list[tuple[str, OrderEffect]]:
    change = detail(bench, "payout:").change
    assert change is not None
    return [(order.name, order.effect) for order in change.orders]


def block(bench: Bench) -> NoVoucher | None:
    change = detail(bench, "payout:").change
    assert change is not None
    return change.block


def correct_it(bench: Bench) -> None:
    """One voucher, and whatever the orders then book themselves."""
    bench.emulators.kit.calls.clear()
    say(bench, "payout:")
    assert (state(bench), bench.sent().count("POST vouchers")) == ("booked", 1)


def vat_follows_the_fees(bench: Bench) -> None:
    assert bench.balance(VAT_IN) == -bench.balance(VAT_OUT) == bench.balance(FEE) / 4


def left(bench: Bench) -> list[tuple[str, Decimal]]:
    """What the proof names on the clearing account."""
    (one,) = [
        account for account in clearing_accounts(bench.program.store, bench.tenant_id) if account.role.endswith(".sek")
    ]
    assert not one.unmatched
    assert one.balance.decimal == bench.balance(CLEARING)
    return [(item.what, item.amount.decimal) for item in one.not_settled]


def test_fee_that_changed_moves_bank_fee_and_its_vat_and_no_payment(paying: Bench) -> None:
    order = sold(paying)
    hear(paying, payout(line_of(order, fee="10.00"), day=LATER))
    hear(paying, payout(line_of(order, fee="14.00"), day=LATER))
    assert (paying.findings(), effects(paying)) == ([CHANGED], [])
    correct_it(paying)
    assert (paying.balance(BANK), paying.balance(FEE), paid_days(paying)) == (485, 14, [str(LATER)])
    vat_follows_the_fees(paying)
    all_is_settled(paying)


def test_order_that_the_payout_lacked_is_paid_on_its_day_once_the_correction_is_booked(paying: Bench) -> None:
    first, second = sold(paying), sold(paying)
    hear(paying, payout(line_of(first, fee="10.00"), day=LATER))
    hear(paying, payout(line_of(first, fee="10.00"), line_of(second, fee="12.00"), day=LATER))
    assert (effects(paying), paying.balance(CLAIM)) == ([(second.name, OrderEffect.IS_PAID)], 499)
    correct_it(paying)
    assert (paying.balance(BANK), paying.balance(FEE)) == (998 - 22, 22)
    assert paid_days(paying) == [str(LATER), str(LATER)]
    vat_follows_the_fees(paying)
    all_is_settled(paying)


def test_order_that_is_not_in_the_payout_any_more_stays_paid_and_its_money_is_named_until_another_brings_it(
    paying: Bench,
) -> None:
    first, second = sold(paying), sold(paying)
    lines = line_of(first, fee="10.00"), line_of(second, fee="12.00")
    hear(paying, payout(*lines, day=LATER))
    hear(paying, payout(lines[0], day=LATER))
    assert effects(paying) == [(second.name, OrderEffect.STAYS_PAID)]
    correct_it(paying)
    assert (paying.balance(BANK), paying.balance(CLAIM), paying.findings()) == (489, 0, [])
    assert [name for name, _amount in left(paying)] == [second.name]
    paying.hear(second)
    paying.rest()
    assert len(paying.payments()) == 2, "its payment stands, once"

    hear(paying, payout(lines[1], name="po_2", day=LATER + timedelta(days=1)))
    assert (paying.balance(BANK), paying.balance(FEE), len(paying.payments())) == (998 - 22, 22, 2)
    vat_follows_the_fees(paying)
    all_is_settled(paying)


def test_day_that_changed_alone_needs_no_voucher_and_pays_nothing_again(paying: Bench) -> None:
    order = sold(paying)
    hear(paying, payout(line_of(order, fee="10.00"), day=LATER))
    hear(paying, payout(line_of(order, fee="10.00"), day=LATER + timedelta(days=1)))
    change = detail(paying, "payout:").change
    assert change is not None
    assert (change.voucher, change.block) == (None, None)
    say(paying, "payout:")
    assert (paying.balance(BANK), paid_days(paying)) == (489, [str(LATER)])
    all_is_settled(paying)


def test_amount_that_is_no_payment_of_the_order_leaves_the_difference_by_its_name(paying: Bench) -> None:
    order = sold(paying)
    line = line_of(order, fee="10.00")
    hear(paying, payout(line, day=LATER))
    hear(paying, payout(replace(line, amount=sek("490.00")), day=LATER))
    assert block(paying) is None
    correct_it(paying)
    assert (paying.balance(BANK), paying.balance(FEE), paying.balance(CLAIM)) == (480, 10, 0)
    assert left(paying) == [(order.name, Decimal(9))]
    vat_follows_the_fees(paying)


def test_third_state_is_corrected_from_the_second(paying: Bench) -> None:
    order = sold(paying)
    for fee in ("10.00", "14.00", "8.00"):
        hear(paying, payout(line_of(order, fee=fee), day=LATER))
        if paying.findings() == [CHANGED]:
            correct_it(paying)
    assert (paying.balance(BANK), paying.balance(FEE)) == (491, 8)
    vat_follows_the_fees(paying)
    all_is_settled(paying)


def test_corrected_payout_is_known_when_it_is_told_again(paying: Bench) -> None:
    order = sold(paying)
    told = payout(line_of(order, fee="14.00"), day=LATER)
    hear(paying, payout(line_of(order, fee="10.00"), day=LATER))
    hear(paying, told)
    correct_it(paying)
    paying.emulators.kit.calls.clear()
    assert store_payouts(paying.program.store, paying.shop_id, [told]) == 0
    paying.hear(order)
    paying.rest()
    assert [one for one in paying.sent() if not one.startswith("GET")] == []


def test_line_that_keeps_its_number_keeps_the_fee_that_its_payment_took(writing_off: Bench) -> None:
    order = sold(writing_off)
    line = line_of(order, fee="10.00", key=MatchKey.SHOP_ORDER_ID)
    hear(writing_off, payout(line, day=LATER))
    hear(writing_off, payout(replace(line, amount=sek("490.00")), day=LATER))
    assert block(writing_off) is None
    correct_it(writing_off)
    assert (writing_off.balance(BANK), writing_off.balance(FEE)) == (480, 10)
    assert left(writing_off) == [(order.name, Decimal(9))]


def anew(line: PayoutLine, amount: str) -> PayoutLine:
    """As a file tells it whose lines name no transaction: another amount is another line."""
    return replace(line, id=f"{line.id} {amount}", amount=sek(amount))


def test_line_that_became_another_one_of_the_order_has_its_fee_on_the_payment_and_is_corrected_by_hand(
    writing_off: Bench,
) -> None:
    order = sold(writing_off)
    line = line_of(order, fee="10.00", key=MatchKey.SHOP_ORDER_ID)
    hear(writing_off, payout(line, day=LATER))
    hear(writing_off, payout(anew(line, "490.00"), day=LATER))
    assert block(writing_off) is NoVoucher.WRITTEN_OFF
    say(writing_off, "payout:")
    assert (writing_off.findings(), writing_off.balance(BANK), writing_off.balance(FEE)) == ([CHANGED], 489, 10)
    say(writing_off, "payout:", ChangeAnswer.BY_HAND, "A 117")
    assert CHANGED not in writing_off.findings()


def test_the_same_without_write_offs_is_corrected_by_voucher_and_told_as_no_payment(bench: Bench) -> None:
    bench.rules(clear_at_payout=["shopify_payments"], fees_by_month=False)
    order = sold(bench)
    line = line_of(order, fee="10.00", key=MatchKey.SHOP_ORDER_ID)
    hear(bench, payout(line, day=LATER))
    hear(bench, payout(anew(line, "490.00"), day=LATER))
    assert effects(bench) == [(order.name, OrderEffect.DIFFERS)]
    correct_it(bench)
    assert (bench.balance(BANK), bench.balance(FEE), left(bench)) == (480, 10, [(order.name, Decimal(9))])
    assert bench.findings() == ["PAYOUT_LINE_NOT_A_PAYMENT"]


def test_refund_that_the_payout_lacked_pays_its_credit_note(paying: Bench) -> None:
    order = sold(paying)
    hear(paying, payout(line_of(order, fee="10.00"), day=LATER))
    paying.act(order, "refund", lines=[{"line": 0}])
    paying.rest()
    assert paying.balance(CLAIM) == -499
    refund = line_of(order, "refund")
    hear(paying, payout(line_of(order, fee="10.00"), refund, day=LATER))
    assert effects(paying) == [(order.name, OrderEffect.IS_PAID)]
    correct_it(paying)
    assert (paying.balance(BANK), paying.balance(FEE)) == (-10, 10)
    all_is_settled(paying)


def test_provider_that_left_the_rule_is_corrected_by_what_its_payments_took(writing_off: Bench) -> None:
    order = sold(writing_off)
    hear(writing_off, payout(line_of(order, fee="10.00"), day=LATER))
    writing_off.rules(clear_at_payout=[], fee_write_off=[])
    hear(writing_off, payout(line_of(order, fee="14.00"), day=LATER))
    correct_it(writing_off)
    assert (writing_off.balance(BANK), writing_off.balance(FEE)) == (485, 14)
    vat_follows_the_fees(writing_off)
    all_is_settled(writing_off)


@pytest.mark.parametrize("place", ["/3/vouchers", "/3/invoicepayments"])
@pytest.mark.parametrize("fault", ["close_before", "close_after"])
def test_no_fault_books_a_correction_or_pays_its_new_order_twice(paying: Bench, fault: Any, place: str) -> None:
    first, second = sold(paying), sold(paying)
    hear(paying, payout(line_of(first, fee="10.00"), day=LATER))
    hear(paying, payout(line_of(first, fee="10.00"), line_of(second, fee="12.00"), day=LATER))
    paying.emulators.kit.faults.order(fault, "POST", place)
    say(paying, "payout:")
    assert (paying.balance(BANK), paying.balance(FEE), len(paying.payments())) == (998 - 22, 22, 2)
    vat_follows_the_fees(paying)
    all_is_settled(paying)
