"""Fees written off on the payments of their orders: every öre once, by the payment or by the payout's voucher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest

from app.jobs.queue import wake
from app.ledgers.fortnox.adapter import FortnoxLedger
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.payouts.repository import store_payouts
from app.posting.steps import PayInvoice
from app.reconciliation.reconciliation import clearing_accounts
from app.tenants.repository import put_in_force
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline import foreign_payouts as foreign
from tests.support.pipeline.bench import CARD, VASE, Bench
from tests.support.pipeline.clear_at_payout import CLAIM, LATER, all_is_settled, line_of, paid_days, sold
from tests.support.pipeline.fee_write_offs import ON
from tests.support.pipeline.ledger import compare
from tests.support.pipeline.payouts import BANK, CLEARING, FEE, TODAY, hear, payout, sek, state
from tests.support.pipeline.stops import REFUSAL

OFF: dict[str, Any] = ON | {"fee_write_off": []}
INPUT_VAT, REVERSE_IN, REVERSE_OUT = 2641, 2645, 2614


@pytest.fixture
def writing_off(bench: Bench) -> Bench:
    bench.rules(**ON)
    return bench


def written_off(bench: Bench) -> list[list[tuple[int, Decimal]]]:
    """What each payment wrote off: accounts and amounts."""
    return [[(one["AccountNumber"], one["Amount"]) for one in each["WriteOffs"]] for each in bench.payments()]


def put(bench: Bench, stored: dict[str, Any]) -> None:
    with bench.program.store.write() as session:
        put_in_force(session, bench.tenant_id, stored, by="test")


def with_its_mug_delivered(bench: Bench) -> StoredOrder:
    """An order of a vase and a mug, paid whole, of which the mug is invoiced: each delivery gets an invoice."""
    bench.rules(**ON, trigger="fulfilled")
    order = bench.place(lines=[VASE, {"title": "Mugg", "sku": "MUGG", "price": "50.00"}], payments=[CARD])
    bench.rest()
    bench.act(order, "fulfil", lines=[{"line": 1, "quantity": 1}])
    bench.rest()
    return order


def voucher_of_payout(bench: Bench) -> dict[int, Decimal]:
    """Its accounts and amounts, debit positive."""
    (made,) = [voucher for voucher in bench.vouchers() if "utbetalning" in voucher.description]
    return {posting.account: Decimal(posting.ore) / 100 for posting in made.postings}


def test_payment_is_what_the_bank_gets_and_the_fee_is_written_off_on_the_payouts_day(writing_off: Bench) -> None:
    order = sold(writing_off)
    writing_off.emulators.kit.calls.clear()
    hear(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    (made,) = writing_off.payments()
    assert (made["Amount"], made["PaymentDate"]) == (Decimal("487.52"), str(LATER))
    assert written_off(writing_off) == [[(FEE, Decimal("11.48"))]]
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("11.48"), Decimal("487.52"))
    assert [one for one in writing_off.sent() if one.endswith("vouchers")] == ["POST vouchers"]
    all_is_settled(writing_off)


def test_voucher_leaves_out_what_payments_took_and_takes_the_vat_that_comes_to_nothing(writing_off: Bench) -> None:
    order = sold(writing_off)
    hear(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    assert voucher_of_payout(writing_off) == {
        BANK: Decimal("487.52"),
        CLEARING: Decimal("-487.52"),
        REVERSE_IN: Decimal("2.87"),
        REVERSE_OUT: Decimal("-2.87"),
    }


@pytest.mark.parametrize(
    ("mode", "vat", "taken"),
    [
        ("reverse_charge", None, [(6041, "11.48")]),
        ("se_vat", "2.87", [(6064, "11.48"), (INPUT_VAT, "2.87")]),
        ("se_vat", None, [(6064, "11.48")]),
        ("none", None, [(6040, "11.48")]),
    ],
)
def test_each_vat_mode_has_the_accounts_that_the_voucher_would_have_had(
    bench: Bench, mode: str, vat: str | None, taken: list[tuple[int, str]]
) -> None:
    bench.rules(**ON, fee_vat={"shopify_payments": mode})
    order = sold(bench)
    hear(bench, payout(replace(line_of(order, fee="11.48"), fee_vat=sek(vat) if vat else None)))
    assert written_off(bench) == [[(account, Decimal(amount)) for account, amount in taken]]
    assert [bench.balance(account) for account, _amount in taken] == [Decimal(amount) for _account, amount in taken]
    assert bench.balance(BANK) == Decimal(499) - Decimal("11.48") - Decimal(vat or 0)
    assert (bench.balance(REVERSE_IN), bench.balance(REVERSE_OUT)) == (
        (Decimal("2.87"), Decimal("-2.87")) if mode == "reverse_charge" else (0, 0)
    )
    all_is_settled(bench)


def test_several_payouts_take_their_own_orders_fees(writing_off: Bench) -> None:
    first, second, third = (sold(writing_off) for _order in range(3))
    hear(writing_off, payout(line_of(first, fee="11.48"), line_of(second, fee="9.00"), day=LATER))
    hear(writing_off, payout(line_of(third, fee="7.50"), name="po_2", day=LATER + timedelta(days=1)))
    assert sorted(paid_days(writing_off)) == [str(LATER), str(LATER), str(LATER + timedelta(days=1))]
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("27.98"), Decimal("1469.02"))
    all_is_settled(writing_off)


@pytest.mark.parametrize(("fee", "moved"), [("-11.48", "-487.52"), ("5.00", "-504.00")])
def test_refund_takes_the_fee_that_is_given_back_or_charged_with_its_sign(
    writing_off: Bench, fee: str, moved: str
) -> None:
    order = sold(writing_off)
    hear(writing_off, payout(line_of(order, fee="11.48")))
    writing_off.act(order, "refund", lines=[{"line": 0}])
    writing_off.rest()
    hear(writing_off, payout(line_of(order, "refund", fee=fee), name="po_2", day=LATER))
    assert writing_off.payments()[-1]["Amount"] == Decimal(moved)
    assert written_off(writing_off)[-1] == [(FEE, Decimal(fee))]
    assert writing_off.balance(FEE) == Decimal("11.48") + Decimal(fee)
    all_is_settled(writing_off)


def test_transaction_that_pays_two_invoices_has_its_fee_on_the_larger_one(bench: Bench) -> None:
    order = with_its_mug_delivered(bench)
    bench.act(order, "fulfil")
    bench.rest()
    assert [invoice["Total"] for invoice in bench.invoices()] == [50, 499]
    hear(bench, payout(line_of(order, fee="12.50"), day=LATER))
    assert [payment["Amount"] for payment in bench.payments()] == [50, Decimal("486.50")]
    assert written_off(bench) == [[], [(FEE, Decimal("12.50"))]]
    all_is_settled(bench)


def test_what_is_delivered_after_the_payout_is_paid_without_a_fee_that_was_taken(bench: Bench) -> None:
    order = with_its_mug_delivered(bench)
    hear(bench, payout(line_of(order, fee="12.50"), day=LATER))
    assert (state(bench), written_off(bench)) == ("booked", [[(FEE, Decimal("12.50"))]])
    bench.act(order, "fulfil")
    bench.rest()
    assert written_off(bench) == [[(FEE, Decimal("12.50"))], []]
    assert bench.balance(FEE) == Decimal("12.50")
    all_is_settled(bench)


def test_order_that_is_not_invoiced_yet_leaves_its_fee_to_the_voucher_for_good(bench: Bench) -> None:
    bench.rules(**ON, trigger="fulfilled")
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order, fee="11.48"), day=LATER))
    assert (state(bench), bench.balance(FEE), bench.payments()) == ("booked", Decimal("11.48"), [])
    bench.act(order, "fulfil")
    bench.rest()
    assert written_off(bench) == [[]]
    assert bench.balance(FEE) == Decimal("11.48")
    assert (bench.balance(CLEARING), bench.balance(CLAIM)) == (0, 0)


def test_order_that_was_credited_first_was_paid_first_and_the_voucher_takes_its_fee(writing_off: Bench) -> None:
    order = sold(writing_off)
    writing_off.act(order, "refund", lines=[{"line": 0}])
    writing_off.rest()
    hear(writing_off, payout(line_of(order, fee="11.48"), line_of(order, "refund"), day=LATER))
    assert written_off(writing_off) == [[], []]
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("11.48"), Decimal("-11.48"))
    all_is_settled(writing_off)


def test_fees_of_no_order_and_of_lines_that_match_nothing_stay_in_the_voucher(writing_off: Bench) -> None:
    order = sold(writing_off)
    monthly = PayoutLine("monthly", PayoutLineKind.FEE, TODAY, sek("0"), sek("99.00"))
    stray = replace(line_of(order, fee="3.00"), id="stray", keys={})
    hear(writing_off, payout(line_of(order, fee="11.48"), monthly, stray))
    assert written_off(writing_off) == [[(FEE, Decimal("11.48"))]]
    assert voucher_of_payout(writing_off)[FEE] == Decimal("102.00")
    assert writing_off.balance(REVERSE_IN) == Decimal("28.37")  # 25 % of all 113.48, reckoned once
    assert writing_off.findings() == ["PAYOUT_LINE_UNMATCHED"]


def test_fee_that_is_more_than_its_sale_stays_in_the_voucher(writing_off: Bench) -> None:
    small = sold(writing_off, lines=[VASE | {"price": "5.00"}])
    hear(writing_off, payout(line_of(small, fee="6.50")))
    assert (written_off(writing_off), writing_off.balance(FEE)) == ([[]], Decimal("6.50"))
    all_is_settled(writing_off)


def test_fee_that_is_more_than_each_payment_of_its_transaction_stays_in_the_voucher(bench: Bench) -> None:
    bench.rules(**ON, trigger="fulfilled")
    goods = [{"title": "Mugg", "sku": "MUGG", "price": "50.00"}, {"title": "Fat", "sku": "FAT", "price": "60.00"}]
    order = bench.place(lines=goods, payments=[CARD])
    bench.rest()
    for line in (0, 1):
        bench.act(order, "fulfil", lines=[{"line": line, "quantity": 1}])
        bench.rest()
    hear(bench, payout(line_of(order, fee="70.00"), day=LATER))
    assert ([payment["Amount"] for payment in bench.payments()], written_off(bench)) == ([50, 60], [[], []])
    assert (bench.balance(FEE), bench.balance(BANK)) == (70, 40)
    all_is_settled(bench)


def test_sale_in_euro_leaves_its_fee_to_the_voucher(writing_off: Bench) -> None:
    order = foreign.sell(writing_off)
    writing_off.rules(**ON, exchange_rates={f"EUR {foreign.LATER}": "11.20"})
    line = line_of_euro(order)
    hear(writing_off, foreign.payout(line))
    assert (state(writing_off), written_off(writing_off)) == ("booked", [[]])
    assert writing_off.balance(FEE) == Decimal("11.20")
    foreign.owes_nothing(writing_off, foreign.EURO_CLEARING)


def line_of_euro(order: StoredOrder) -> PayoutLine:
    line = foreign.line_of(order, fee="1.00")
    return replace(line, keys={**line.keys, **line_of(order).keys})


# --- a rule that changes


def test_what_was_paid_before_the_rule_is_the_vouchers(bench: Bench) -> None:
    order = sold(bench)
    bench.rules(**ON)
    hear(bench, payout(line_of(order, fee="11.48"), day=LATER))
    assert (written_off(bench), bench.balance(FEE)) == ([[]], Decimal("11.48"))
    all_is_settled(bench)


def tell(bench: Bench, told: Payout) -> None:
    """The payout is told and its orders make their payments; its own voucher has to wait for them."""
    store_payouts(bench.program.store, bench.shop_id, [told])
    bench.run_jobs()
    assert (state(bench), bench.balance(BANK)) == ("working", 0)


@pytest.mark.parametrize("rules", [OFF, {"clear_at_payout": [], "fee_write_off": []}])
def test_fee_that_a_payment_took_stays_out_of_the_voucher_when_the_rule_goes(
    writing_off: Bench, rules: dict[str, Any]
) -> None:
    order = sold(writing_off)
    tell(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    assert written_off(writing_off) == [[(FEE, Decimal("11.48"))]]
    (clearing,) = clearing_accounts(writing_off.program.store, writing_off.tenant_id)
    assert clearing.balance == sek("487.52")
    put(writing_off, rules)
    writing_off.rest()
    assert (writing_off.balance(BANK), writing_off.balance(FEE)) == (Decimal("487.52"), Decimal("11.48"))
    all_is_settled(writing_off)


def test_line_that_moves_to_another_payout_after_its_fee_was_taken_brings_it_no_second_time(writing_off: Bench) -> None:
    moved, stays = sold(writing_off), sold(writing_off)
    kept = line_of(stays, fee="9.00")
    tell(writing_off, payout(line_of(moved, fee="11.48"), kept, day=LATER))
    put(writing_off, {"clear_at_payout": [], "fee_write_off": []})
    hear(writing_off, payout(kept, day=LATER))
    hear(writing_off, payout(line_of(moved, fee="11.48"), name="po_2", day=LATER))
    assert (state(writing_off), state(writing_off, "po_2")) == ("booked", "booked")
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("20.48"), Decimal("977.52"))
    all_is_settled(writing_off)


def test_payout_that_waited_for_something_else_gives_its_fees_to_the_orders_once_the_rule_says_so(bench: Bench) -> None:
    bench.rules(**OFF, unknown_lines="hold")
    order = bench.place()
    bench.run_jobs()
    stray = replace(line_of(order), id="stray", keys={})
    hear(bench, payout(line_of(order, fee="11.48"), stray))
    assert (state(bench), written_off(bench)) == ("stopped", [[]])  # the order was told, and paid with no fee
    put(bench, ON)
    bench.rest()
    assert (state(bench), written_off(bench), bench.balance(FEE)) == ("booked", [[]], Decimal("11.48"))


def test_provider_changes_the_fee_after_its_payment_and_the_voucher_takes_the_difference(writing_off: Bench) -> None:
    order = sold(writing_off)
    tell(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    hear(writing_off, payout(line_of(order, fee="12.00"), day=LATER))
    assert written_off(writing_off) == [[(FEE, Decimal("11.48"))]]
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("12.00"), Decimal("487.00"))
    all_is_settled(writing_off)


# --- an order that stops


@pytest.fixture
def stopped(writing_off: Bench) -> Bench:
    """A payout of two orders, one of which Fortnox refuses the payment of."""
    good, bad = sold(writing_off), sold(writing_off)
    writing_off.emulators.kit.faults.order("status", "POST", "/3/invoicepayments", status=400, body=REFUSAL)
    hear(writing_off, payout(line_of(good, fee="11.48"), line_of(bad, fee="9.00"), day=LATER))
    return writing_off


def test_payout_waits_for_an_order_that_stopped_and_names_it(stopped: Bench) -> None:
    assert (state(stopped), stopped.balance(BANK)) == ("stopped", 0)
    assert stopped.findings() == ["FORTNOX_REFUSED_UNKNOWN", "PAYOUT_FEE_WRITEOFF_FAILED"]
    (stands,) = [subject for subject in stopped.told() if subject.startswith("order:")]
    told = stopped.finding("PAYOUT_FEE_WRITEOFF_FAILED").data
    name = next(order.name for order in stopped.orders.values() if stands.endswith(str(order.id)))
    assert (told["reference"], told["orders"]) == ("po_1", name)
    assert len(stopped.payments()) == 1


def test_mended_order_takes_its_fee_and_the_payout_books_itself(stopped: Bench) -> None:
    for order in stopped.orders.values():
        stopped.hear(order)
    stopped.rest()
    stopped.program.payout_poll._look_again()
    stopped.rest()
    assert sorted(one[0][1] for one in written_off(stopped)) == [Decimal("9.00"), Decimal("11.48")]
    assert (state(stopped), stopped.balance(FEE)) == ("booked", Decimal("20.48"))
    all_is_settled(stopped)


def test_without_the_rule_the_voucher_takes_the_fee_and_that_orders_payment_does_not(stopped: Bench) -> None:
    refuse = stopped.emulators.kit.faults.order(
        "status", "POST", "/3/invoicepayments", status=400, body=REFUSAL, times=9
    )
    put(stopped, OFF)
    stopped.rest()
    assert (state(stopped), stopped.balance(FEE)) == ("booked", Decimal("20.48"))
    assert stopped.findings() == ["FORTNOX_REFUSED_UNKNOWN"]
    stopped.emulators.kit.faults.clear(refuse.id)
    for order in stopped.orders.values():
        stopped.hear(order)
    stopped.rest()
    assert sorted(len(one) for one in written_off(stopped)) == [0, 1]
    assert stopped.balance(FEE) == Decimal("20.48")
    all_is_settled(stopped)


def test_account_that_fortnox_does_not_have_stops_everything_before_it_is_sent(bench: Bench) -> None:
    bench.rules(**ON, accounts={"fee.reverse_charge": 6049})
    order = sold(bench)
    hear(bench, payout(line_of(order, fee="11.48")))
    assert (bench.payments(), bench.balance(BANK)) == ([], 0)
    assert bench.findings() == ["FORTNOX_ACCOUNT_NOT_FOUND", "PAYOUT_FEE_WRITEOFF_FAILED"]
    assert [one for one in bench.sent() if one == "POST invoicepayments"] == []
    put(bench, ON)
    bench.rest()
    bench.program.payout_poll._look_again()
    bench.rest()
    assert written_off(bench) == [[(FEE, Decimal("11.48"))]]
    all_is_settled(bench)


# --- races and what nobody knows


def at_the_payment(monkeypatch: pytest.MonkeyPatch, name: str, does: Callable[[], object]) -> None:
    """Do something once, when a worker is at that line of sending a payment."""
    original, left = getattr(FortnoxLedger, name), [does]

    def wrapped(*arguments: Any, **named: Any) -> Any:
        # The order has only its payment to make: the first call of the budget that it asks for is the payment's.
        while left and (name == "budget" or any(isinstance(argument, PayInvoice) for argument in arguments)):
            left.pop()()
        return original(*arguments, **named)

    monkeypatch.setattr(FortnoxLedger, name, wrapped)


@pytest.mark.parametrize(("line", "payments"), [("budget", False), ("send", True)])
def test_rule_that_goes_while_the_payment_is_sent_leaves_the_fee_with_exactly_one(
    writing_off: Bench, monkeypatch: pytest.MonkeyPatch, line: str, *, payments: bool
) -> None:
    order = sold(writing_off)

    def rule_goes() -> None:
        put(writing_off, OFF)
        with writing_off.program.store.write() as session:
            wake(session, [writing_off.job("payout:shopify_payments:po_1").id])
        writing_off.program.worker.run()  # the payout's job; the order's is leased
        assert (state(writing_off) == "booked") is not payments

    at_the_payment(monkeypatch, line, rule_goes)
    hear(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    assert written_off(writing_off) == [[(FEE, Decimal("11.48"))] if payments else []]
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("11.48"), Decimal("487.52"))
    all_is_settled(writing_off)


def test_workers_at_once_take_each_fee_once_whatever_the_rule_does_meanwhile(writing_off: Bench) -> None:
    orders = [sold(writing_off) for _order in range(4)]
    told = payout(*(line_of(order, fee="11.48") for order in orders), day=LATER)
    store_payouts(writing_off.program.store, writing_off.shop_id, [told])
    start = Barrier(4)

    def work() -> None:
        start.wait()
        for _time in range(3):
            writing_off.program.worker.run()

    workers = [Thread(target=work) for _worker in range(3)]
    for one in workers:
        one.start()
    start.wait()
    for rules in (OFF, ON, OFF):
        put(writing_off, rules)
        with writing_off.program.store.write() as session:
            wake(session, [writing_off.job("payout:shopify_payments:po_1").id])
    for one in workers:
        one.join()
    writing_off.rest()
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("45.92"), Decimal("1950.08"))
    assert len(writing_off.payments()) == 4
    all_is_settled(writing_off)


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
@pytest.mark.parametrize("path", ["/3/invoicepayments", "/3/vouchers"])
def test_no_fault_takes_a_fee_twice(writing_off: Bench, fault: Any, path: str) -> None:
    order = sold(writing_off)
    writing_off.emulators.kit.faults.order(fault, "POST", path)
    hear(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    assert written_off(writing_off) == [[(FEE, Decimal("11.48"))]]
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("11.48"), Decimal("487.52"))
    all_is_settled(writing_off)


def test_fortnox_that_takes_write_offs_for_part_of_the_amount_is_told_and_the_fee_still_stands_once(
    writing_off: Bench,
) -> None:
    writing_off.emulators.world.turn(writeoff_included_in_amount=True)
    order = sold(writing_off)
    hear(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    assert writing_off.findings() == ["FORTNOX_BALANCE_LEFT"]
    assert (writing_off.balance(FEE), writing_off.balance(BANK)) == (Decimal("11.48"), Decimal("487.52"))
    assert writing_off.balance(CLAIM) + writing_off.balance(CLEARING) == 0


def test_whole_krona_rounding_is_written_off_beside_the_fee(writing_off: Bench) -> None:
    order = sold(writing_off, lines=[VASE | {"price": "627.40"}])
    hear(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    assert [account for account, _amount in written_off(writing_off)[0]] == [FEE, 3740]
    assert (writing_off.balance(3740), writing_off.balance(BANK)) == (0, Decimal("615.92"))
    all_is_settled(writing_off)


def test_ledger_of_payments_with_fees_and_their_payouts_is_as_expected(writing_off: Bench) -> None:
    orders = [sold(writing_off), sold(writing_off, lines=[VASE | {"price": "627.40"}])]
    hear(writing_off, payout(*(line_of(order, fee="11.48") for order in orders)))
    writing_off.act(orders[0], "refund", lines=[{"line": 0}])
    writing_off.rest()
    hear(writing_off, payout(line_of(orders[0], "refund", fee="-11.48"), name="po_2"))
    reading = compare(writing_off)
    assert (reading.compared, reading.differing, reading.not_compared) == (len(writing_off.vouchers()), 0, 0)


def test_fee_stands_in_what_the_orders_page_says_of_it(writing_off: Bench) -> None:
    order = sold(writing_off)
    hear(writing_off, payout(line_of(order, fee="11.48"), day=LATER))
    plan = writing_off.snapshot(order).plan
    assert plan is not None
    (voucher,) = [one for one in plan["vouchers"] if one["day"] == str(LATER)]
    assert {(one["account"], one["debit"], one["credit"]) for one in voucher["entries"]} == {
        (CLEARING, "487.52", "0.00"),
        (FEE, "11.48", "0.00"),
        (CLAIM, "0.00", "499.00"),
    }
