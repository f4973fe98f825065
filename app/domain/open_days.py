"""Invoices of a locked period: on a person's word they are booked on the first open day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from app.domain.answers import Answers
from app.domain.documents import CreateInvoice
from app.domain.findings import Finding
from app.domain.texts import say


def on_open_day(
    invoice: CreateInvoice, locked_through: date | None, answers: Answers
) -> tuple[CreateInvoice, tuple[Finding, ...]]:
    """The invoice as it is to be, and a notice where it moved: its text then says of which day it is."""
    if locked_through is None or invoice.day > locked_through or not answers.moves_invoice(locked_through):
        return invoice, ()
    day = invoice.day.isoformat()
    data = {"document": invoice.reference1, "date": day, "locked_until": locked_through.isoformat()}
    text = f"{invoice.text} {say('concerns', invoice.language, day=day)}".strip()
    moved = replace(invoice, day=locked_through + timedelta(days=1), text=text)
    return moved, (Finding("INVOICE_MOVED_TO_OPEN_PERIOD", invoice.reference1, data),)
