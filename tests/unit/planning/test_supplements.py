"""Supplementary invoices: when they are due, of which day they are, what stands on them."""

from dataclasses import replace
from datetime import UTC, date, datetime

from app.adjustments.adjustments import AdjustmentPlan, plan_adjustments
from app.adjustments.creditable_lines import PostedDocuments
from app.model.order import ReturnFee, ReturnFeeKind
from app.orders.planning.state import PlanInput, PlanState
from app.orders.planning.supplements import is_due, supplement, supplement_day
from app.posting.references import MoneySource
from app.tenants.rules import InvoiceDay, Trigger
from tests.support.builders import (
    NOON,
    codes,
    credit_ref,
    edit_ref,
    invoice,
    invoice_row,
    line,
    order,
    paid,
    payment,
    plan,
    plan_input,
    rules,
    sek,
)  # fmt: skip

FIFTH, NINTH = datetime(2026, 11, 5, 11, tzinfo=UTC), datetime(2026, 11, 9, 11, tzinfo=UTC)
FIRST_DAY = date(2026, 11, 3)
SOLD = PostedDocuments(plan().steps)
MORE = order(line(), line("100.00", id="2"), transactions=(paid("499.00"),), edited_at=FIFTH, updated_at=NINTH)
"""An edit added a line that is not paid."""
PAID = replace(MORE, transactions=(paid("499.00"), paid("100.00", id="t2", at=NINTH)))


def asked_of(inputs: PlanInput) -> AdjustmentPlan:
    return plan_adjustments(inputs.order, inputs.posted.documents, inputs.edits)


def test_addition_is_due_once_the_trigger_has_what_it_waits_for() -> None:
    assert not is_due(plan_input(MORE))
    assert is_due(plan_input(PAID))
    assert is_due(plan_input(MORE, rules(trigger=Trigger.CREATED)))


def test_addition_in_exchange_for_goods_that_came_back_is_due_unpaid() -> None:
    taken_back = invoice(invoice_row("499.00", quantity=-1), ref=credit_ref())
    assert is_due(plan_input(MORE), [SOLD.documents[0], taken_back])
    assert not is_due(plan_input(MORE), SOLD.documents), "nothing came back"
    refunded = replace(MORE, transactions=())
    assert not is_due(plan_input(refunded), [SOLD.documents[0], taken_back]), "the buyer has no money with us"
    on_delivery = rules(trigger=Trigger.FULFILLED)
    assert not is_due(plan_input(MORE, on_delivery), [SOLD.documents[0], taken_back]), (
        "it is not paid that it waits for"
    )


def test_supplement_holds_what_was_added_alone() -> None:
    inputs = plan_input(PAID, posted=SOLD)
    made = supplement(inputs, PlanState(SOLD), asked_of(inputs))
    (document,) = made.documents
    assert (document.key, document.total, document.day) == ("invoice:edit-1", sek("100.00"), date(2026, 11, 9))
    assert [row.source for row in document.rows] == ["line:2"]
    assert document.text == "Tillägg till order #1001."
    assert [step.key for step in made.steps] == [], "the customer is planned already"


def test_fee_of_a_return_stands_on_the_supplement() -> None:
    fee = ReturnFee("f1", ReturnFeeKind.SHIPPING, sek("49.00"), NOON)
    inputs = plan_input(replace(PAID, return_fees=(fee,)), posted=SOLD)
    made = supplement(inputs, PlanState(SOLD), asked_of(inputs))
    assert made.findings == ()
    assert [(row.source, row.amount) for row in made.documents[0].rows] == [
        ("line:2", sek("100.00")),
        ("fee:f1", sek("49.00")),
    ]


def test_supplement_of_an_order_that_is_invoiced_by_delivery_names_the_delivery() -> None:
    inputs = plan_input(replace(PAID, delivered_at=NINTH), rules(trigger=Trigger.FULFILLED), posted=SOLD)
    (document,) = supplement(inputs, PlanState(SOLD), asked_of(inputs)).documents
    assert document.text == "Delleverans av order #1001."


def test_what_forbids_the_supplement_is_reported() -> None:
    inputs = plan_input(PAID, rules(accounts={"sales.se.25": None}), posted=SOLD)
    made = supplement(inputs, PlanState(SOLD), asked_of(plan_input(PAID, posted=SOLD)))
    assert (codes(made.findings), made.documents) == (["ROLE_UNMAPPED"], ())


def test_supplement_is_of_the_day_of_the_money_that_came_for_it() -> None:
    assert supplement_day(plan_input(PAID, posted=SOLD), FIRST_DAY, ["line:2"]) == date(2026, 11, 9)


def test_unpaid_supplement_is_of_the_day_of_the_edit() -> None:
    assert supplement_day(plan_input(MORE, posted=SOLD), FIRST_DAY, ["line:2"]) == date(2026, 11, 5)


def test_fee_of_a_return_is_of_the_day_of_the_return() -> None:
    fee = ReturnFee("f1", ReturnFeeKind.SHIPPING, sek("49.00"), NOON.replace(day=7))
    inputs = plan_input(replace(MORE, return_fees=(fee,)), posted=SOLD)
    assert supplement_day(inputs, FIRST_DAY, ["fee:f1"]) == date(2026, 11, 7)


def test_delivered_goods_are_of_the_day_of_the_delivery_where_the_rule_says_so() -> None:
    inputs = plan_input(replace(PAID, delivered_at=FIFTH), rules(invoice_day=InvoiceDay.DELIVERY), posted=SOLD)
    assert supplement_day(inputs, FIRST_DAY, ["line:2"]) == date(2026, 11, 5)


def test_supplement_is_never_dated_before_the_first_invoice() -> None:
    assert supplement_day(plan_input(MORE, posted=SOLD), date(2026, 12, 1), ["line:2"]) == date(2026, 12, 1)


def test_money_that_paid_something_already_is_not_that_of_the_supplement() -> None:
    used = PostedDocuments((*SOLD.steps, payment("100.00", source=MoneySource("t2"), document=edit_ref())))
    assert supplement_day(plan_input(PAID, posted=used), FIRST_DAY, ["line:3"]) == date(2026, 11, 5)
