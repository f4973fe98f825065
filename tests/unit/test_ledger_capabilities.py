"""A plan has the steps that the company's ledger has: none for rounding, drafts or booking where it has none."""

from __future__ import annotations

import pytest

from app.adjustments.creditable_lines import PostedDocuments
from app.model.order import RefundedPart, TransactionKind
from app.model.platforms import LedgerCapabilities
from app.orders.planning.planner import decide
from app.posting.plan import Plan
from app.posting.references import MAIN
from app.posting.steps import BookInvoice, BookPayment, CancelInvoice, ConfirmSettled, MakeCredit
from app.tenants.rules import Trigger
from tests.support.builders import line, order, paid, plan, planned, refund, rules, sek

ALL = LedgerCapabilities()
EXACT = LedgerCapabilities(rounds_to_whole_units=False)
ATOMIC = LedgerCapabilities(credit_notes_are_drafts=False)
AT_ONCE = LedgerCapabilities(separate_booking=False)
SALE = line("499.50")
PART = RefundedPart(SALE.source, 1, sek("499.50"), sek("99.90"))
BACK = paid("499.50", id="back", kind=TransactionKind.REFUND)


def refunded(ledger: LedgerCapabilities) -> Plan:
    """The plan of an order of 499.50 that came back whole, after it was booked."""
    some_rules = rules(ledger=ledger)
    first = plan(order(SALE, transactions=(paid("499.50"),)), some_rules)
    returned = refund("499.50", parts=(PART,), transaction_ids=("back",))
    after = order(SALE, transactions=(paid("499.50"), BACK), refunds=(returned,))
    return planned(decide(after, some_rules, PostedDocuments(first.steps)))


def kinds(some_plan: Plan) -> set[type]:
    return {type(step) for step in some_plan.steps}


def test_ledger_with_everything_gets_every_step() -> None:
    some_plan = refunded(ALL)
    assert {MakeCredit, BookInvoice, BookPayment, ConfirmSettled} <= kinds(some_plan)
    assert [payment.takes_rounding for payment in some_plan.payments] == [True, True]


def test_without_rounding_nothing_is_written_off_and_nothing_confirmed() -> None:
    some_plan = refunded(EXACT)
    assert ConfirmSettled not in kinds(some_plan)
    assert [payment.takes_rounding for payment in some_plan.payments] == [False, False]
    assert [payment.settles for payment in some_plan.payments] == [True, True]


def test_atomic_credit_note_is_made_with_its_rows() -> None:
    some_plan = refunded(ATOMIC)
    assert MakeCredit not in kinds(some_plan)
    (credit,) = [document for document in some_plan.documents if document.credits]
    assert (credit.from_draft, credit.credits, credit.total) == (False, MAIN, sek("-499.50"))


def test_what_is_booked_at_once_has_no_booking_step() -> None:
    assert kinds(refunded(AT_ONCE)).isdisjoint({BookInvoice, BookPayment})


@pytest.mark.parametrize(("ledger", "corrected_by"), [(ALL, "cancel"), (AT_ONCE, "credit")])
def test_unpaid_invoice_of_an_edited_order_is_cancelled_only_while_it_is_a_draft(
    ledger: LedgerCapabilities, corrected_by: str
) -> None:
    on_creation = rules(ledger=ledger, trigger=Trigger.CREATED)
    both = order(SALE, line("10.00", id="2"), transactions=())
    made = [step for step in plan(both, on_creation).steps if not isinstance(step, BookInvoice)]
    fewer = planned(decide(order(SALE, transactions=()), on_creation, PostedDocuments(tuple(made))))
    corrections = ["cancel" for step in fewer.steps if isinstance(step, CancelInvoice)]
    corrections += ["credit" for document in fewer.documents if document.credits]
    assert corrections == [corrected_by]


def test_document_has_no_more_rows_than_its_ledger_takes() -> None:
    few = LedgerCapabilities(max_rows=2)
    assert [rules(max_rows=most).for_ledger(few).max_rows for most in (500, 1)] == [2, 1]
    bought = order(*(line(f"{price}.00", id=str(price)) for price in (10, 20, 30)))
    assert [len(part.rows) for part in plan(bought, rules().for_ledger(few)).documents] == [2, 1]


@pytest.mark.parametrize("ledger", [ALL, EXACT, ATOMIC, AT_ONCE])
def test_amounts_are_the_same_in_every_ledger(ledger: LedgerCapabilities) -> None:
    some_plan = refunded(ledger)
    assert [document.total for document in some_plan.documents] == [sek("499.50"), sek("-499.50")]
    assert [payment.amount for payment in some_plan.payments] == [sek("499.50"), sek("-499.50")]
