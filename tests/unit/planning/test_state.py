"""A plan in the making: what functions add is joined, in their order, and nothing that exists is changed."""

from dataclasses import replace

from app.adjustments.creditable_lines import PostedDocuments
from app.model.finding import Finding
from app.orders.planning.state import NOTHING, Delta, PlanState
from app.posting.documents import CreateInvoice
from app.posting.references import MAIN, DocumentRef, Reason
from app.posting.steps import BookInvoice, CancelInvoice, CreateOrder, Step
from tests.support.builders import credit_ref, edit_ref, invoice, invoice_row, plan_input

A, B = edit_ref(1), edit_ref(2)
FIRST = Delta((BookInvoice(A),), (invoice(ref=A),), (Finding("ONE", ""),), (Finding("TWO", ""),))
SECOND = Delta((BookInvoice(B),), (invoice(ref=B),), (Finding("THREE", ""),), (Finding("FOUR", ""),))


def credit(ref: DocumentRef) -> CreateInvoice:
    return invoice(invoice_row(quantity=-1), ref=ref)


def test_deltas_are_joined_in_the_order_in_which_they_are_given() -> None:
    assert FIRST.plus(SECOND) == Delta(
        (*FIRST.steps, *SECOND.steps),
        (*FIRST.documents, *SECOND.documents),
        (*FIRST.findings, *SECOND.findings),
        (*FIRST.notices, *SECOND.notices),
    )


def test_nothing_adds_nothing() -> None:
    assert NOTHING.plus(FIRST, NOTHING) == FIRST


def test_state_is_what_is_posted_and_then_what_was_added() -> None:
    posted = PostedDocuments((invoice(), BookInvoice()))
    state = PlanState(posted).plus(FIRST).plus(SECOND)
    assert state.steps == (*posted.steps, *FIRST.steps, *SECOND.steps)
    assert [document.key for document in state.documents] == ["invoice", "invoice:edit-1", "invoice:edit-2"]
    assert state.refs == {MAIN, BookInvoice().ref, BookInvoice(A).ref, BookInvoice(B).ref}
    assert PlanState(posted).documents == (invoice(),), "the state before stays as it was"


def test_invoice_of_an_order_in_the_ledger_is_one_of_the_documents_before_it_is_made() -> None:
    assert PlanState(PostedDocuments((CreateOrder(invoice()),))).documents == (invoice(),)


def test_document_that_a_step_cancels_is_none_of_the_plans() -> None:
    posted = PostedDocuments((invoice(), credit(credit_ref())))
    state = PlanState(posted).plus(Delta((CancelInvoice(credit_ref()),)))
    assert state.documents == (invoice(),)


def test_edits_are_counted_by_the_documents_they_made() -> None:
    steps: tuple[Step, ...] = (
        invoice(),
        invoice(ref=DocumentRef(number=2)),
        invoice(ref=edit_ref()),
        invoice(ref=replace(edit_ref(), number=2)),
        credit(DocumentRef(Reason(edit=1), credits=MAIN)),
        credit(DocumentRef(Reason(edit=2), 2, MAIN)),
        credit(credit_ref()),
    )
    assert plan_input(posted=PostedDocuments(steps)).edits == 2
