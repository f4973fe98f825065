"""Plans one order from its state, the rules and the posted documents, for preview, pre-flight and execution alike.

Read it from top to bottom: every line is a function of values, and what it adds is joined to what there is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from app.adjustments.adjustments import move_reductions, plan_adjustments
from app.adjustments.cancelled_before_sale import without_never_sold
from app.adjustments.creditable_lines import NOTHING_POSTED, PostedDocuments
from app.adjustments.refunded_vat import vat_given_back
from app.invoicing.invoice import trigger_of
from app.invoicing.partial_delivery import as_delivered
from app.invoicing.return_fees import with_fees_due
from app.model.answers import NO_ANSWERS, Answers
from app.model.order import Order
from app.orders.planning.assemble import finish, without_documents
from app.orders.planning.credits import credit_notes
from app.orders.planning.invoices import first_invoice, remaining_parts
from app.orders.planning.money import allocated, only_advances, still_unpaid
from app.orders.planning.readiness import (
    NOT_PAID,
    awaited_for_first_invoice,
    currency_findings,
    never_booked,
    wait_reason,
)
from app.orders.planning.revocations import moved_places, revoked, unfilled_drafts_cancelled
from app.orders.planning.state import NOTHING, Delta, PlanInput, PlanState
from app.orders.planning.supplements import is_due, supplement
from app.payments.given_cards import with_given_cards
from app.posting.plan import Decision, stopped
from app.tenants.rules import TenantRules, Trigger
from app.vat.stated_facts import with_stated_facts


def decide(
    order: Order,
    rules: TenantRules,
    posted: PostedDocuments = NOTHING_POSTED,
    *,
    locked_through: date | None = None,
    answers: Answers = NO_ANSWERS,
    now: datetime | None = None,
) -> Decision:
    """What to do about an order in its newest state. Pure: the same input always decides the same.

    `locked_through` is the last day of the books' locked period; `answers` are those of people on this order. With
    `now` an order that has waited long for its money says so.
    """
    order = with_fees_due(with_stated_facts(order, rules, answers))
    order, card_questions = with_given_cards(order, rules, posted, answers)
    if not posted.is_started:
        order = without_never_sold(order)
    if never := never_booked(order, rules, posted):
        return never
    if questions := [*currency_findings(order), *card_questions]:
        return stopped(questions)
    inputs = PlanInput(order, rules, posted, locked_through, answers, now)
    if awaited := awaited_for_first_invoice(order, rules, posted):
        return only_advances(inputs, awaited)
    if trigger_of(order, rules) is Trigger.FULFILLED:
        inputs = replace(inputs, order=as_delivered(order))
    return _with_documents(inputs)


def _with_documents(inputs: PlanInput) -> Decision:
    """The plan of an order that is invoiced, or is to be: invoice, adjustments, money, steps."""
    order = inputs.order
    places, moved = moved_places(inputs)
    state = PlanState(inputs.posted).plus(moved, revoked(inputs, places))
    if not state.documents:
        state = state.plus(first_invoice(inputs, state))
    if not state.documents:
        return without_documents(inputs, state)
    state = state.plus(remaining_parts(inputs, state))

    asked = plan_adjustments(order, state.documents, inputs.edits, inputs.answers.totals, places)
    questions = (*asked.findings, *vat_given_back(order, state.documents, inputs.answers))
    state = state.plus(Delta(findings=questions, notices=asked.notices))
    state = state.plus(credit_notes(inputs, state.documents, asked.credits))
    is_added = asked.adds and is_due(inputs, state.documents)
    supplements = supplement(inputs, state, asked) if is_added else NOTHING
    state = state.plus(supplements)
    if wait_reason(order, inputs.rules) == NOT_PAID:
        state = state.plus(Delta(notices=still_unpaid(inputs)))
    elsewhere = move_reductions(order, asked.lines, supplements.documents)
    state = state.plus(credit_notes(inputs, state.documents, elsewhere))
    state = state.plus(unfilled_drafts_cancelled(state))

    allocation, about_money = allocated(inputs, state.documents)
    return finish(inputs, state.plus(about_money), allocation, is_part_open=asked.adds and not is_added)
