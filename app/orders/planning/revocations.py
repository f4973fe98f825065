"""Documents that are not booked yet, and are not what the order is any more: they are cancelled, not corrected."""

from __future__ import annotations

from types import MappingProxyType

from app.adjustments.adjustments import plan_adjustments
from app.adjustments.moved import Places, has_moved, places_now
from app.model.answers import LockedPeriod
from app.orders.planning.invoices import as_sold
from app.orders.planning.open_days import is_locked, locked_rule
from app.orders.planning.state import NOTHING, Delta, PlanInput, PlanState
from app.orders.planning.supplements import is_due
from app.posting.documents import CreateInvoice
from app.posting.steps import BookInvoice, CancelInvoice

_NOWHERE: Places = MappingProxyType({})


def moved_places(inputs: PlanInput) -> tuple[Places, Delta]:
    """Where all is taxed now, if the order's address moved to where other VAT is due after it was invoiced."""
    if not has_moved(inputs.order, inputs.rules, inputs.posted.documents):
        return _NOWHERE, NOTHING
    places = places_now(as_sold(inputs.order), inputs.rules, inputs.answers.totals)
    return (_NOWHERE, Delta(findings=tuple(places))) if isinstance(places, list) else (places, NOTHING)


def revoked(inputs: PlanInput, places: Places) -> Delta:
    """Cancels what is neither booked nor paid, and changed: an order that did gets a new invoice."""
    refs, paid = inputs.posted.refs, {payment.document for payment in inputs.posted.payments}
    unbooked = [
        document
        for document in inputs.posted.documents
        if BookInvoice(document.ref).ref not in refs and document.ref not in paid
        if inputs.rules.ledger.separate_booking  # where a document is booked as it is made, there is nothing to revoke
    ]
    return Delta(
        steps=tuple(
            CancelInvoice(document.ref)
            for document in unbooked
            if (_is_locked_in(inputs, document) if document.credits else _has_changed(inputs, document, places))
        )
    )


def unfilled_drafts_cancelled(state: PlanState) -> Delta:
    """Cancels what Fortnox made for a credit that nothing asks for any more: it would credit the whole invoice."""
    planned = {document.ref for document in state.documents}
    drafts = state.posted.unfilled_drafts
    return Delta(steps=tuple(CancelInvoice(draft.ref) for draft in drafts if draft.credit not in planned))


def _is_locked_in(inputs: PlanInput, credit_note: CreateInvoice) -> bool:
    """Whether a credit note's day was locked before it could be booked, and the rule gives it another."""
    moves = locked_rule(inputs, credit_note.reference2) is LockedPeriod.MOVE
    return is_locked(inputs, credit_note.day) and moves


def _has_changed(inputs: PlanInput, invoice: CreateInvoice, places: Places) -> bool:
    """Whether an edit took something away, or added what is to be invoiced now (paid, where that counts)."""
    adjustments = plan_adjustments(inputs.order, [invoice], inputs.edits, inputs.answers.totals, places)
    has_removals = any(credit.reason.edit for credit in adjustments.credits)
    is_alone = len(inputs.posted.documents) == 1 and not invoice.part
    return has_removals or (adjustments.adds and is_alone and is_due(inputs))
