"""Credit notes of what refunds and edits take away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from app.adjustments.adjustments import Credit, new_credit
from app.adjustments.credit_notes import credit_note
from app.invoicing.split import fitting
from app.invoicing.texts import say
from app.orders.planning.open_days import open_day
from app.orders.planning.state import NOTHING, Delta, PlanInput
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.references import DocumentRef


def credit_notes(inputs: PlanInput, documents: Sequence[CreateInvoice], credits_due: Iterable[Credit]) -> Delta:
    """The credit notes of these credits. `documents`: all of the order so far, of which they take."""
    known = {document.ref: document for document in documents}
    added = NOTHING
    for credit in credits_due:
        for invoice, rows in _runs(credit, inputs.rules.max_rows):
            before = (*documents, *added.documents)
            added = added.plus(_credit_note(inputs, before, credit, known[invoice], rows))
    return added


def _runs(credit: Credit, most: int) -> Iterator[tuple[DocumentRef, tuple[InvoiceRow, ...]]]:
    """An invoice, and rows that one credit note of it holds: at most so many."""
    for invoice, rows in credit.rows.items():
        runs = fitting(rows, most)
        if any(sum(row.amount.minor for row in run) > 0 for run in runs):
            runs = [tuple(rows)]  # a run of what the shop kept alone would be no credit: pre-flight tells
        for run in runs:
            yield invoice, run


def _credit_note(
    inputs: PlanInput,
    documents: Sequence[CreateInvoice],
    credit: Credit,
    invoice: CreateInvoice,
    rows: tuple[InvoiceRow, ...],
) -> Delta:
    ref = new_credit(credit.reason, invoice.ref, inputs.posted.taken | {document.ref for document in documents})
    due = max(credit.day, invoice.day)
    day, moved = open_day(inputs, due, credit.reference)
    is_linked = inputs.rules.ledger.credit_notes_are_drafts and _linked(inputs, documents).get(invoice.ref, ref) == ref
    note = credit_note(invoice, ref, rows, day=day, reference=credit.reference, linked=is_linked)
    if day != due:
        concerns = say("concerns", note.language, day=credit.day.isoformat())
        note = replace(note, text=f"{note.text} {concerns}")
    return moved.plus(Delta(documents=(replace(note, given_cards=tuple(inputs.order.given_cards)),)))


def _linked(inputs: PlanInput, documents: Sequence[CreateInvoice]) -> dict[DocumentRef, DocumentRef]:
    """Invoice → the credit note that has Fortnox's one link to it, or is planned to have it."""
    return inputs.posted.linked | {
        document.credits: document.ref for document in documents if document.credits and document.is_linked_credit
    }
