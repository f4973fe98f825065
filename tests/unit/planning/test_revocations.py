"""Documents that are not booked yet and not what the order is any more are cancelled."""

from dataclasses import replace
from datetime import date

from app.adjustments.creditable_lines import PostedDocuments
from app.model.answers import LockedPeriod
from app.orders.planning.revocations import moved_places, revoked, unfilled_drafts_cancelled
from app.orders.planning.state import NOTHING, Delta, PlanInput, PlanState
from app.posting.references import MAIN
from app.posting.steps import BookInvoice, CancelInvoice, MakeCredit, Step
from app.tenants.rules import Exports
from tests.support.builders import (
    NOON,
    STOCKHOLM,
    credit_ref,
    edit_ref,
    invoice,
    invoice_row,
    line,
    order,
    payment,
    plan,
    plan_input,
    rules,
)

TWO = order(line(id="1"), line("100.00", id="2"))
"""As it was invoiced."""
INVOICE = plan(TWO).invoice
ONE_LEFT = replace(TWO, lines=TWO.lines[:1], total=TWO.lines[0].amount, edited_at=NOON)
"""As an edit left it."""
CREDIT = invoice(invoice_row(quantity=-1), ref=credit_ref(), reference2="R1")


def cancelled(inputs: PlanInput) -> list[str]:
    return [step.key for step in revoked(inputs, {}).steps]


def edited(*done: Step) -> PlanInput:
    return plan_input(ONE_LEFT, posted=PostedDocuments((INVOICE, *done)))


def test_invoice_of_which_an_edit_took_something_is_cancelled() -> None:
    assert revoked(edited(), {}) == Delta((CancelInvoice(MAIN),))


def test_invoice_that_is_booked_or_paid_is_not() -> None:
    assert cancelled(edited(BookInvoice())) == []
    assert cancelled(edited(payment())) == []


def test_invoice_of_what_the_order_still_is_stays() -> None:
    assert cancelled(plan_input(TWO, posted=PostedDocuments((INVOICE,)))) == []


def test_invoice_to_which_an_edit_added_is_cancelled_once_that_is_to_be_invoiced() -> None:
    more = replace(
        TWO, lines=(*TWO.lines, line("50.00", id="3")), total=TWO.total + line("50.00").amount, edited_at=NOON
    )
    posted = PostedDocuments((INVOICE,))
    assert cancelled(plan_input(more, posted=posted)) == [], "the addition is not paid"
    all_paid = replace(more, transactions=(replace(TWO.transactions[0], amount=more.total),))
    assert cancelled(plan_input(all_paid, posted=posted)) == ["invoice:cancel"]
    beside_another = PostedDocuments((INVOICE, invoice(ref=edit_ref()), BookInvoice(edit_ref())))
    assert cancelled(plan_input(all_paid, posted=beside_another)) == [], "a supplementary invoice holds it"


def test_credit_note_whose_day_was_locked_is_cancelled_where_the_rule_moves_it() -> None:
    posted = PostedDocuments((INVOICE, BookInvoice(), CREDIT))
    moving = plan_input(TWO, rules(locked_period=LockedPeriod.MOVE), posted=posted, locked_through=date(2026, 11, 3))
    assert cancelled(moving) == ["credit:r1:cancel"]
    assert cancelled(replace(moving, locked_through=date(2026, 11, 2))) == []
    assert cancelled(replace(moving, rules=rules(locked_period=LockedPeriod.ASK))) == []


def test_order_whose_address_moved_is_taxed_elsewhere_and_its_invoice_is_cancelled() -> None:
    abroad = replace(STOCKHOLM, country_code="NO", city="Oslo", zip_code="0150")
    exported = order(line(rate=None), ship_to=abroad, bill_to=abroad)
    posted = PostedDocuments((plan().invoice,))
    inputs = plan_input(exported, rules(exports=Exports.BOOK), posted=posted)
    places, told = moved_places(inputs)
    assert set(places) == {"line:1"}
    assert told == NOTHING
    assert [step.key for step in revoked(inputs, places).steps] == ["invoice:cancel"]


def test_order_that_did_not_move_or_has_no_invoice_has_no_other_places() -> None:
    assert moved_places(plan_input(posted=PostedDocuments((plan().invoice,)))) == ({}, NOTHING)
    assert moved_places(plan_input()) == ({}, NOTHING)


def test_what_forbids_to_tax_a_moved_order_is_reported() -> None:
    abroad = replace(STOCKHOLM, country_code="NO", city="Oslo", zip_code="0150")
    taxed = order(ship_to=abroad, bill_to=abroad)
    places, told = moved_places(plan_input(taxed, posted=PostedDocuments((plan().invoice,))))
    assert places == {}
    assert [finding.code for finding in told.findings] == ["EXPORT_STOPPED"]


def test_draft_that_no_credit_fills_any_more_is_cancelled() -> None:
    state = PlanState(PostedDocuments((INVOICE, BookInvoice(), MakeCredit(MAIN, credit_ref()))))
    assert unfilled_drafts_cancelled(state) == Delta((CancelInvoice(credit_ref().draft),))
    assert unfilled_drafts_cancelled(state.plus(Delta(documents=(CREDIT,)))) == NOTHING
