"""Fortnox's side of every kind of step."""

from typing import get_args

from app.ledgers.fortnox import credit_notes, invoices
from app.ledgers.fortnox.resources import _BY_KIND, resource_of
from app.posting.steps import Step
from tests.support.builders import credit_ref, invoice, invoice_row


def test_every_kind_of_step_has_one() -> None:
    assert set(_BY_KIND) == set(get_args(Step))


def test_credit_note_is_built_as_one_and_looked_for_as_an_invoice() -> None:
    note = invoice(invoice_row(quantity=-1), ref=credit_ref())
    assert resource_of(invoice()).build is invoices.build
    assert resource_of(note).build is credit_notes.build
    assert resource_of(note).find is invoices.find
