"""The money of an order: before its invoice, and on its documents."""

from dataclasses import replace
from datetime import UTC, date, datetime

from app.adjustments.creditable_lines import PostedDocuments
from app.model.answers import LockedPeriod
from app.model.order import GUEST, NO_ADDRESS, TransactionKind
from app.orders.planning.money import advances, allocated, only_advances, still_unpaid
from app.orders.planning.state import NOTHING
from app.posting.plan import Waiting
from app.posting.references import MAIN
from app.tenants.rules import Advances
from tests.support.builders import (
    NOON,
    codes,
    credit_ref,
    invoice,
    invoice_row,
    line,
    order,
    paid,
    plan,
    plan_input,
    planned,
    rules,
    sek,
)  # fmt: skip

OCTOBER, DECEMBER = datetime(2026, 10, 5, 10, tzinfo=UTC), datetime(2026, 12, 5, 10, tzinfo=UTC)
DEPOSIT = paid("100.00", at=OCTOBER, id="t1")
UNPAID = order(transactions=(DEPOSIT,))
LOCKED = {"locked_through": date(2026, 10, 31)}


def test_order_without_money_only_waits() -> None:
    assert only_advances(plan_input(order(transactions=())), "not_paid") == Waiting("not_paid")


def test_order_that_waits_long_says_what_is_missing() -> None:
    inputs = plan_input(order(transactions=()), now=DECEMBER)
    assert codes(still_unpaid(inputs)) == ["ORDER_WAITS_FOR_PAYMENT"]
    waiting = only_advances(inputs, "not_paid")
    assert isinstance(waiting, Waiting)
    assert codes(waiting.notices) == ["ORDER_WAITS_FOR_PAYMENT"]
    assert only_advances(inputs, "not_delivered") == Waiting("not_delivered"), "it does not wait for money"
    assert still_unpaid(replace(inputs, now=None)) == ()


def test_deposit_is_booked_while_the_order_waits() -> None:
    made = planned(only_advances(plan_input(UNPAID), "not_paid"))
    assert ([step.key for step in made.steps], made.waiting) == (["advance:t1"], "not_paid")


def test_money_that_lacks_a_little_is_no_deposit() -> None:
    short = order(transactions=(paid("495.00"),))
    assert only_advances(plan_input(short), "not_paid") == Waiting("not_paid")


def test_money_of_an_order_that_waits_for_its_delivery_is_no_deposit() -> None:
    assert only_advances(plan_input(), "not_delivered") == Waiting("not_delivered")


def test_deposit_of_a_locked_period_is_booked_on_the_first_open_day_or_asked_about() -> None:
    moving = plan_input(UNPAID, rules(locked_period=LockedPeriod.MOVE), **LOCKED)
    made = planned(only_advances(moving, "not_paid"))
    assert [voucher.day for voucher in made.manual_entries] == [date(2026, 11, 1)]
    assert codes(made.notices) == ["CREDIT_MOVED_TO_OPEN_PERIOD"]
    asking = replace(moving, rules=rules(locked_period=LockedPeriod.ASK))
    assert codes(only_advances(asking, "not_paid")) == ["CREDIT_PERIOD_LOCKED"]


def test_deposit_that_was_returned_of_an_order_never_sold_leaves_nothing_to_wait_for() -> None:
    back = paid("100.00", at=NOON, id="t2", kind=TransactionKind.REFUND)
    cancelled = replace(UNPAID, transactions=(DEPOSIT, back), cancelled_at=NOON)
    made = planned(only_advances(plan_input(cancelled), "never_sold"))
    assert [step.key for step in made.steps] == ["advance:t1", "advance:t1:returned:t2"]
    assert made.waiting == ""
    kept = planned(only_advances(plan_input(replace(cancelled, transactions=(DEPOSIT,))), "never_sold"))
    assert kept.waiting == "never_sold"


def test_what_forbids_an_entry_of_a_deposit_stops_the_order() -> None:
    nameless = replace(UNPAID, buyer=GUEST, bill_to=NO_ADDRESS, ship_to=NO_ADDRESS)
    assert codes(only_advances(plan_input(nameless), "not_paid")) == ["FORTNOX_CUSTOMER_NAME_EMPTY"]


def test_deposit_that_the_tenant_books_by_hand_is_reported() -> None:
    booked = advances(plan_input(UNPAID, rules(advances=Advances.ASK)), [DEPOSIT])
    assert (booked.vouchers, codes(booked.notices)) == ((), ["ADVANCE_TO_BOOK"])


def test_deposit_that_is_booked_is_not_booked_again() -> None:
    booked = advances(plan_input(UNPAID), [DEPOSIT])
    assert [voucher.key for voucher in booked.vouchers] == ["advance:t1"]
    again = plan_input(UNPAID, posted=PostedDocuments(booked.vouchers))
    assert advances(again, [DEPOSIT]).vouchers == ()


def test_money_of_an_earlier_month_than_the_first_invoice_pays_it_as_an_advance() -> None:
    sold = order(transactions=(paid("499.00", at=OCTOBER),))
    allocation, told = allocated(plan_input(sold), [plan().invoice])
    assert [payment.transaction_id for payment in allocation.payments] == ["advance:t1"]
    assert [voucher.key for voucher in allocation.vouchers] == ["advance:t1", "advance:t1:vat:invoice"]
    assert told == NOTHING
    posted = PostedDocuments((plan().invoice,))
    later, _told = allocated(plan_input(sold, posted=posted), [plan().invoice])
    assert [payment.transaction_id for payment in later.payments] == ["t1"], "the invoice was made before it was seen"


def test_money_of_a_locked_month_that_moves_to_the_invoices_month_is_no_advance() -> None:
    sold = order(transactions=(paid("499.00", at=OCTOBER),))
    moving = plan_input(sold, rules(locked_period=LockedPeriod.MOVE), **LOCKED)
    allocation, _told = allocated(moving, [plan().invoice])
    assert [payment.transaction_id for payment in allocation.payments] == ["t1"]


def test_what_the_money_lacks_blocks_the_plan() -> None:
    unknown = order(transactions=(paid("499.00", "unheard_of"),))
    _allocation, told = allocated(plan_input(unknown), [plan().invoice])
    assert codes(told.findings) == ["PAYMENT_GATEWAY_UNMAPPED"]


def test_invoice_and_credit_note_of_one_order_are_set_off() -> None:
    sale, credit = invoice(), invoice(invoice_row(quantity=-1), ref=credit_ref())
    allocation, _told = allocated(plan_input(order(line("100.00"), transactions=())), [sale, credit])
    assert [(payment.document, payment.amount) for payment in allocation.payments] == [
        (credit_ref(), sek("-100.00")),
        (MAIN, sek("100.00")),
    ]
