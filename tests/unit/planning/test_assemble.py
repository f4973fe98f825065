"""The finished plan: the order of its steps, and what blocks it."""

from dataclasses import replace
from datetime import date
from typing import Any

from app.adjustments.creditable_lines import PostedDocuments
from app.kit.money import Money
from app.model.finding import Finding
from app.orders.planning.assemble import finish, without_documents
from app.orders.planning.state import Delta, PlanState
from app.payments.allocation import Allocation
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan, Skipped, Stopped, Waiting
from app.posting.references import MAIN, MoneySource, Purpose, VoucherRef
from app.posting.steps import BookInvoice, CancelInvoice, CreateOrder
from app.posting.vouchers import CreateVoucher, MoneyMoved, rows_of
from tests.support.builders import (
    codes,
    credit_ref,
    findings,
    invoice,
    invoice_row,
    order,
    payment,
    plan_input,
    planned,
    rules,
    sek,
)  # fmt: skip

SALE, DAY = invoice(), date(2026, 11, 3)
CREDIT = invoice(invoice_row(quantity=-1), ref=credit_ref(), from_draft=True)
PAIR = MoneySource(credit_note=credit_ref(), invoice=MAIN)
NETTING = Allocation(
    payments=(
        payment("-100.00", source=PAIR, document=credit_ref(), role="netting"),
        payment("100.00", source=PAIR, role="netting"),
    )
)


RECEIVED = VoucherRef(Purpose.ADVANCE_RECEIVED, "t1")
VAT_BACK = VoucherRef(Purpose.ADVANCE_VAT, "t1", document=MAIN)
OVER_REFUND = VoucherRef(Purpose.OVER_REFUND, "t2")


def voucher(ref: VoucherRef) -> CreateVoucher:
    return CreateVoucher(ref, DAY, ref.key, "A", rows_of([(1581, sek("1.00")), (2420, sek("-1.00"))]), ref.key)


def state(*documents: CreateInvoice, **added: Any) -> PlanState:
    """Of an order of which nothing is posted yet."""
    return PlanState(PostedDocuments(), Delta(documents=documents or (SALE,), **added))


def finished(a_state: PlanState, allocation: Allocation) -> Plan | Stopped:
    return finish(plan_input(posted=a_state.posted), a_state, allocation, is_part_open=False)


def keys(a_state: PlanState, allocation: Allocation) -> list[str]:
    return [step.key for step in planned(finished(a_state, allocation)).steps]


def test_document_is_made_booked_and_paid() -> None:
    paying = Allocation(payments=(payment(),))
    assert keys(state(), paying) == ["invoice", "invoice:book", "payment:t1", "payment:t1:book"]


def test_documents_that_the_ledger_makes_of_others_are_made_first() -> None:
    assert keys(state(SALE, CREDIT), Allocation()) == [
        "invoice", "invoice:book", "credit:r1:made", "credit:r1", "credit:r1:book",
    ]  # fmt: skip
    of_an_order = invoice(from_draft=True)
    steps = planned(finished(state(of_an_order), Allocation())).steps
    assert steps[0] == CreateOrder(of_an_order)


def test_netting_follows_when_all_documents_are_there() -> None:
    assert keys(state(SALE, CREDIT), NETTING)[-4:] == [
        "payment:setoff:credit:r1>invoice:credit:r1", "payment:setoff:credit:r1>invoice:credit:r1:book",
        "payment:setoff:credit:r1>invoice", "payment:setoff:credit:r1>invoice:book",
    ]  # fmt: skip


def test_advance_is_booked_first_and_its_vat_is_taken_back_before_it_pays() -> None:
    by_advance = Allocation(
        payments=(payment(source=MoneySource(advance="t1")),),
        vouchers=(voucher(RECEIVED), voucher(VAT_BACK), voucher(OVER_REFUND)),
    )
    assert keys(state(), by_advance) == [
        "advance:t1", "invoice", "invoice:book", "advance:t1:vat:invoice", "payment:advance:t1",
        "payment:advance:t1:book", "beyond:t2",
    ]  # fmt: skip


def test_mails_and_checks_come_last() -> None:
    mailed = invoice(invoice_row("100.50"), email="maja@example.se")
    steps = keys(state(mailed), Allocation(payments=(payment("100.50"),)))
    assert steps[-2:] == ["invoice:mail", "invoice:settled"]


def test_what_is_done_stands_first_and_is_not_planned_again() -> None:
    posted = PostedDocuments((SALE, BookInvoice(), payment()))
    made = planned(finished(PlanState(posted), Allocation()))
    assert [step.key for step in made.steps] == ["invoice", "invoice:book", "payment:t1", "payment:t1:book"]
    assert made.steps[:3] == posted.steps


def test_plan_says_what_the_ledger_will_book_of_it() -> None:
    made = planned(finished(state(), Allocation(payments=(payment(),))))
    assert [(each.made, each.entries[0].account) for each in made.vouchers] == [
        (MAIN, 1510),
        (payment().ref, 1581),
    ]


def test_notices_of_the_money_stand_before_those_of_the_documents() -> None:
    told = state(notices=(Finding("INVOICE_NOT_MAILED", ""),))
    made = planned(finished(told, Allocation(notices=(Finding("PAYMENT_EXCEEDS_TOTAL", ""),))))
    assert codes(made.notices) == ["PAYMENT_EXCEEDS_TOTAL", "INVOICE_NOT_MAILED"]


def test_voucher_in_place_of_a_credit_note_stays_visible() -> None:
    moved = MoneyMoved("t2", sek("-1.00"), sek("-1.00"), "psp.shopify_payments.sek", sek("-1.00"))
    beyond = replace(voucher(OVER_REFUND), money=moved)
    made = planned(finished(state(), Allocation(vouchers=(beyond,))))
    assert codes(made.notices) == ["REFUND_BOOKED_AS_VOUCHER"]


def test_any_finding_blocks_the_plan() -> None:
    found = state(findings=(Finding("CREDIT_PERIOD_LOCKED", "R1"),))
    assert codes(finished(found, Allocation())) == ["CREDIT_PERIOD_LOCKED"]


def test_amount_that_the_ledger_cannot_hold_blocks_the_plan_while_it_is_new() -> None:
    dinars = payment(Money(1, "KWD"), document=MAIN)
    assert codes(finished(state(), Allocation(payments=(dinars,)))) == ["FORTNOX_AMOUNT_DECIMALS"]


def test_missing_account_of_claims_blocks_the_plan() -> None:
    lacking = plan_input(None, rules(accounts={"receivable": None}))
    (finding,) = findings(finish(lacking, state(), Allocation(), is_part_open=False))
    assert (finding.code, finding.about) == ("ROLE_UNMAPPED", "receivable")


def test_order_without_documents_is_stopped_cancelled_skipped_or_waits() -> None:
    nothing = PlanState(PostedDocuments())
    found = nothing.plus(Delta(findings=(Finding("FORTNOX_CUSTOMER_NAME_EMPTY", ""),)))
    assert codes(without_documents(plan_input(), found)) == ["FORTNOX_CUSTOMER_NAME_EMPTY"]
    cancelling = nothing.plus(Delta(steps=(CancelInvoice(MAIN),)))
    assert planned(without_documents(plan_input(), cancelling)).steps == (CancelInvoice(MAIN),)
    assert without_documents(plan_input(order(test=True)), nothing) == Skipped("test_order")
    assert without_documents(plan_input(order(transactions=())), nothing) == Waiting("not_paid")


def test_single_purpose_card_is_deferred_after_its_documents() -> None:
    row = invoice_row("500.00", why="single_purpose_gift_card", source="line:1")
    with_card = state(invoice(row))
    made = finish(plan_input(None, rules(gift_card_rate=row.vat_percent)), with_card, Allocation(), is_part_open=False)
    assert [step.key for step in planned(made).steps] == ["invoice", "invoice:book", "invoice:deferral"]
    no_account = plan_input(None, rules(gift_card_rate=row.vat_percent, accounts={"deferred.sales": None}))
    assert codes(finish(no_account, with_card, Allocation(), is_part_open=False)) == ["ROLE_UNMAPPED"]
