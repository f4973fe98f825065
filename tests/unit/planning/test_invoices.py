"""The invoice of an order: what it holds, on how many documents it stands, which records it needs."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.adjustments.creditable_lines import PostedDocuments
from app.invoicing.invoice import Invoicing
from app.model.answers import Answer, Answers
from app.model.order import GUEST, NO_ADDRESS, ReturnFee, ReturnFeeKind
from app.orders.planning.invoices import as_sold, first_invoice, on_documents, prepared, remaining_parts, whole
from app.orders.planning.state import NOTHING, Delta, PlanInput, PlanState
from app.posting.references import MAIN
from app.posting.steps import CreateOrder, EnsureArticle, EnsureCustomer
from app.tenants.rules import ArticlePolicy, DocumentFlow, EmailInvoice, InvoiceDay, Trigger
from tests.support.builders import MAJA, NOON, codes, invoice, line, order, paid, plan, plan_input, rules, sek

FOUR_LINES = tuple(line("10.00", id=str(number), title=f"Beslag {number}") for number in range(4))
FEW = rules(max_rows=2)


def first(inputs: PlanInput) -> Delta:
    return first_invoice(inputs, PlanState(inputs.posted))


def invoicing(inputs: PlanInput) -> Invoicing:
    made = prepared(inputs)
    assert isinstance(made, Invoicing)
    return made


def test_fees_of_returns_are_no_part_of_the_sale() -> None:
    fee = ReturnFee("f1", ReturnFeeKind.SHIPPING, sek("49.00"), NOON)
    with_fee = order(return_fees=(fee,))
    assert as_sold(with_fee) == order()
    assert invoicing(plan_input(with_fee)).rows == invoicing(plan_input()).rows


def test_first_invoice_is_the_whole_order_with_its_customer() -> None:
    made = first(plan_input())
    assert [(document.key, document.total) for document in made.documents] == [("invoice", sek("499.00"))]
    assert [type(step) for step in made.steps] == [EnsureCustomer]
    assert (made.findings, made.notices) == ((), ())


def test_no_invoice_is_made_of_what_is_skipped_or_waits() -> None:
    assert first(plan_input(order(test=True))) == NOTHING
    assert first(plan_input(order(transactions=()))) == NOTHING


def test_what_is_missing_for_the_money_is_reported_with_what_is_missing_for_the_invoice() -> None:
    nobody = {"buyer": GUEST, "bill_to": NO_ADDRESS, "ship_to": NO_ADDRESS}
    nameless = order(**nobody, transactions=(paid("499.00", "unheard_of"),))
    assert codes(first(plan_input(nameless)).findings) == ["FORTNOX_CUSTOMER_NAME_EMPTY", "PAYMENT_GATEWAY_UNMAPPED"]


def test_money_for_nothing_that_was_sold_is_too_much() -> None:
    free = order(line("499.00", discount="499.00"), transactions=(paid("10.00"),))
    assert codes(first(plan_input(free)).findings) == ["PAYMENT_EXCEEDS_TOTAL"]


def test_long_order_stands_on_several_documents_that_share_their_records() -> None:
    made = first(plan_input(order(*FOUR_LINES), FEW))
    assert [(document.key, document.part) for document in made.documents] == [("invoice", "1/2"), ("invoice:2", "2/2")]
    assert [type(step) for step in made.steps] == [EnsureCustomer]


def test_key_of_a_cancelled_invoice_is_not_used_again() -> None:
    posted = PostedDocuments((invoice(),))
    assert [each.key for each in on_documents(plan_input(posted=posted), invoice())] == ["invoice:2"]


def test_records_that_are_planned_already_are_not_planned_again() -> None:
    inputs = plan_input(order(line(sku="H-1")), rules(article_policy=ArticlePolicy.CREATE))
    made = first(inputs)
    assert [type(step) for step in made.steps] == [EnsureCustomer, EnsureArticle]
    state = PlanState(inputs.posted).plus(Delta(steps=made.steps[:1]))
    assert first_invoice(inputs, state).steps == made.steps[1:]


def test_invoice_is_made_of_an_order_in_the_ledger_where_the_tenant_works_with_those() -> None:
    (document,) = first(plan_input(None, rules(document_flow=DocumentFlow.ORDER_FIRST))).documents
    assert CreateOrder(document).key == "order:invoice"
    assert document == replace(invoicing(plan_input()).invoice(MAIN, document.day, prepaid=True), from_draft=True)


def test_invoice_that_should_be_mailed_and_has_no_address_says_so() -> None:
    no_address = order(buyer=replace(MAJA, email=""))
    mailing = rules(email_invoice=EmailInvoice.ALWAYS)
    assert codes(first(plan_input(no_address, mailing)).notices) == ["INVOICE_NOT_MAILED"]
    assert first(plan_input(None, mailing)).notices == ()


def test_invoice_moves_out_of_a_locked_period_on_a_persons_word() -> None:
    answers = Answers({("FORTNOX_PERIOD_LOCKED", "2026-11-30"): Answer.MOVE})
    made = first(plan_input(locked_through=date(2026, 11, 30), answers=answers))
    assert [document.day for document in made.documents] == [date(2026, 12, 1)]
    assert codes(made.notices) == ["INVOICE_MOVED_TO_OPEN_PERIOD"]


@pytest.mark.parametrize(("amount", "terms"), [("499.00", "PREPAID"), ("100.00", "30")])
def test_terms_are_those_of_a_paid_invoice_only_when_all_is_paid(amount: str, terms: str) -> None:
    by_order = rules(prepaid_terms_of_payment="PREPAID", terms_of_payment="30", trigger=Trigger.CREATED)
    inputs = plan_input(order(transactions=(paid(amount),)), by_order)
    assert whole(inputs, invoicing(inputs)).terms_of_payment == terms


def test_money_before_the_invoices_day_is_named_on_it_with_its_own_day() -> None:
    delivered = order(transactions=(paid("499.00"),), delivered_at=datetime(2026, 11, 9, 11, tzinfo=UTC))
    inputs = plan_input(delivered, rules(invoice_day=InvoiceDay.DELIVERY))
    made = whole(inputs, invoicing(inputs))
    assert made.day == date(2026, 11, 9)
    assert "2026-11-03" in made.text
    assert "499.00" in made.text.replace(",", ".")


def test_parts_that_were_not_sent_follow_with_the_keys_they_had() -> None:
    everything = plan(order(*FOUR_LINES), FEW)
    posted = PostedDocuments((everything.documents[0],))
    inputs = plan_input(order(*FOUR_LINES), FEW, posted=posted)
    assert remaining_parts(inputs, PlanState(posted)).documents == everything.documents[1:]


def test_nothing_follows_an_invoice_that_stands_on_one_document_or_is_complete() -> None:
    everything = plan(order(*FOUR_LINES), FEW)
    for posted in (PostedDocuments(plan().documents), PostedDocuments(everything.documents)):
        inputs = plan_input(order(*FOUR_LINES), FEW, posted=posted)
        assert remaining_parts(inputs, PlanState(posted)).documents == ()
