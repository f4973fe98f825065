"""Credit notes: their keys, days, link to the invoice, and how many one credit needs."""

from datetime import date
from decimal import Decimal

from app.adjustments.adjustments import Credit
from app.adjustments.creditable_lines import PostedDocuments
from app.model.answers import LockedPeriod
from app.orders.planning.credits import credit_notes
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.references import MAIN, DocumentRef, Reason
from app.posting.steps import CancelInvoice, MakeCredit
from tests.support.builders import (
    codes,
    credit_ref,
    edit_ref,
    invoice,
    invoice_row,
    order,
    paid,
    plan_input,
    rules,
    sek,
)

SALE = invoice(invoice_row("100.00", quantity=10, source="line:1"))
FIFTH = date(2026, 11, 5)


def back(quantity: int = 1, amount: str = "100.00", **changes: str) -> InvoiceRow:
    return invoice_row(amount, quantity=-quantity, **{"source": "line:1", **changes})


def credit(*rows: InvoiceRow, reason: str = "r1", of: DocumentRef = MAIN) -> Credit:
    return Credit(Reason(reason), FIFTH, f"R{reason}", {of: list(rows or (back(),))})


def names(documents: tuple[CreateInvoice, ...]) -> list[tuple[str, bool]]:
    """Key, and whether it is a draft of Fortnox's."""
    return [(document.key, document.from_draft) for document in documents]


def test_credit_note_holds_the_rows_on_the_accounts_of_its_invoice() -> None:
    (note,) = credit_notes(plan_input(), [SALE], [credit()]).documents
    assert (note.key, note.credits, note.total, note.day) == ("credit:r1", MAIN, sek("-100.00"), FIFTH)
    assert (note.reference1, note.reference2) == ("#1001", "Rr1")
    assert [(group.vat_percent, group.vat_account) for group in note.vat] == [(Decimal(25), 2611)]


def test_only_the_first_credit_note_of_an_invoice_has_the_ledgers_link_to_it() -> None:
    made = credit_notes(plan_input(), [SALE], [credit(), credit(reason="r2")])
    assert names(made.documents) == [("credit:r1", True), ("credit:r2", False)]
    later = credit_notes(plan_input(), [SALE, *made.documents], [credit(reason="r3")])
    assert names(later.documents) == [("credit:r3", False)]


def test_link_that_a_draft_has_is_kept_for_its_own_credit() -> None:
    inputs = plan_input(posted=PostedDocuments((SALE, MakeCredit(MAIN, credit_ref("r2")))))
    made = credit_notes(inputs, [SALE], [credit(), credit(reason="r2")])
    assert names(made.documents) == [("credit:r1", False), ("credit:r2", True)]


def test_credit_whose_note_was_cancelled_gets_one_with_another_key() -> None:
    (note,) = credit_notes(plan_input(), [SALE], [credit()]).documents
    posted = PostedDocuments((SALE, note, CancelInvoice(note.ref)))
    made = credit_notes(plan_input(posted=posted), posted.documents, [credit()])
    assert [again.key for again in made.documents] == ["credit:r1#2"]


def test_credit_note_is_not_dated_before_its_invoice() -> None:
    later = invoice(invoice_row("100.00", source="line:1"), ref=edit_ref(), day=date(2026, 11, 9))
    (note,) = credit_notes(plan_input(), [SALE, later], [credit(of=edit_ref())]).documents
    assert (note.key, note.day) == ("credit:r1:invoice:edit-1", date(2026, 11, 9))


def test_credit_note_that_moves_out_of_a_locked_period_says_of_which_day_it_is() -> None:
    inputs = plan_input(None, rules(locked_period=LockedPeriod.MOVE), locked_through=date(2026, 11, 30))
    made = credit_notes(inputs, [SALE], [credit()])
    assert [(note.day, note.text) for note in made.documents] == [
        (date(2026, 12, 1), "Kreditering av faktura för order #1001. Avser 2026-11-05.")
    ]
    assert codes(made.notices) == ["CREDIT_MOVED_TO_OPEN_PERIOD"]


def test_credit_of_more_rows_than_fit_is_several_credit_notes() -> None:
    rows = [back(description=f"Vara {number}") for number in range(3)]
    made = credit_notes(plan_input(None, rules(max_rows=2)), [SALE], [credit(*rows)])
    assert [(note.key, len(note.rows)) for note in made.documents] == [("credit:r1", 2), ("credit:r1#2", 1)]


def test_fee_that_would_stand_alone_on_a_credit_note_keeps_it_whole() -> None:
    fee = invoice_row("50.00", description="Avgift", source="kept:r1")
    rows = [back(description="A"), back(description="B"), fee]
    made = credit_notes(plan_input(None, rules(max_rows=2)), [SALE], [credit(*rows)])
    assert [(len(note.rows), note.total) for note in made.documents] == [(3, sek("-150.00"))]


def test_credit_note_remembers_the_gift_cards_that_were_given_away() -> None:
    given = order(given_cards={"t9": sek("50.00")}, transactions=(paid("499.00"),))
    (note,) = credit_notes(plan_input(given), [SALE], [credit()]).documents
    assert note.given_cards == ("t9",)
