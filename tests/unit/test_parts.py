"""Orders of more rows than a Fortnox document takes."""

from dataclasses import replace

import pytest

from app.adjustments.creditable_lines import CreditableLines, PostedDocuments
from app.invoicing.split import fitting, merged
from app.kit.money import Money, total
from app.model.order import RefundedPart
from app.orders.planning.planner import decide
from app.posting.plan import Plan
from app.posting.references import MAIN, DocumentRef
from app.posting.steps import BookInvoice, CancelInvoice, Step
from app.tenants.rules import Trigger
from tests.support.builders import invoice_row, line, order, plan, refund, rules, sek

FEW = rules(max_rows=4)
SECOND = DocumentRef(number=2)
DIFFERENT = tuple(line("10.00", id=str(number), title=f"Beslag {number}") for number in range(10))
ALIKE = tuple(line("10.00", id=str(number), title="Beslag") for number in range(10))


def replanned(made: Plan, done: tuple[Step, ...]) -> Plan:
    again = decide(order(*DIFFERENT), FEW, PostedDocuments(done))
    assert isinstance(again, Plan)
    assert [document.rows for document in again.documents] == [one.rows for one in made.documents]
    return again


def test_order_that_fits_is_one_invoice_as_it_was() -> None:
    made = plan(order(*DIFFERENT), rules(max_rows=10))
    assert [(document.key, document.part, len(document.rows)) for document in made.documents] == [("invoice", "", 10)]


def test_equal_rows_become_one_before_anything_is_split() -> None:
    made = plan(order(*ALIKE), FEW)
    (only,) = made.documents
    assert [(row.quantity, row.amount) for row in only.rows] == [(10, sek("100.00"))]
    ledger = CreditableLines("SEK", made.documents)
    assert all(ledger.left(f"line:{number}") == sek("10.00") for number in range(10)), "every line is still known"


def test_rows_that_differ_in_anything_but_source_stay_apart() -> None:
    row = invoice_row(source="line:1")
    other = replace(row, source="line:2", description="Mugg")
    assert merged([row, other, replace(row, source="line:3", quantity=2)]) == (
        replace(row, quantity=3, merged=(("line:1", 1), ("line:3", 2))),
        other,
    )


def test_rest_is_split_into_parts_that_share_references_and_one_payment() -> None:
    made = plan(order(*DIFFERENT), FEW)
    assert [(document.key, document.part, len(document.rows)) for document in made.documents] == [
        ("invoice", "1/3", 4),
        ("invoice:2", "2/3", 4),
        ("invoice:3", "3/3", 2),
    ]
    assert {(one.reference1, one.reference2) for one in made.documents} == {("#1001", "pay-1")}
    assert made.documents[1].text == "Del 2/3 av faktureringen av order #1001."
    assert [
        (payment.document, payment.amount, payment.settles, payment.transaction_id) for payment in made.payments
    ] == [
        (MAIN, sek("40.00"), True, "t1"),
        (SECOND, sek("40.00"), True, "t1"),
        (DocumentRef(number=3), sek("20.00"), True, "t1"),
    ]
    assert total((one.total for one in made.documents), "SEK") == sek("100.00")


@pytest.mark.parametrize("steps_done", range(1, 14))
def test_stop_after_any_step_leaves_the_rest_of_the_parts_to_do(steps_done: int) -> None:
    made = plan(order(*DIFFERENT), FEW)
    again = replanned(made, made.steps[:steps_done])
    assert sorted(one.key for one in again.steps) == sorted(one.key for one in made.steps)
    assert not any(isinstance(step, CancelInvoice) for step in again.steps)


def test_goods_of_a_later_part_come_back_on_a_credit_note_of_that_part() -> None:
    made = plan(order(*DIFFERENT), FEW)
    back = refund("10.00", parts=(RefundedPart("line:5", 1, sek("10.00"), sek("2.00")),))
    after = decide(order(*DIFFERENT, refunds=(back,)), FEW, PostedDocuments(made.steps))
    assert isinstance(after, Plan)
    (note,) = [document for document in after.documents if document.credits]
    assert (note.credits, note.total) == (SECOND, sek("-10.00"))


def test_everything_of_a_merged_row_can_come_back_at_once_or_one_by_one() -> None:
    made = plan(order(*ALIKE), FEW)
    parts = tuple(RefundedPart(f"line:{number}", 1, sek("10.00"), sek("2.00")) for number in range(10))
    after = decide(order(*ALIKE, refunds=(refund("100.00", parts=parts),)), FEW, PostedDocuments(made.steps))
    assert isinstance(after, Plan)
    (note,) = [document for document in after.documents if document.credits]
    assert [(row.quantity, row.amount) for row in note.rows] == [(-10, sek("-100.00"))]
    one_by_one = decide(order(*ALIKE, refunds=(refund("10.00", parts=parts[7:8]),)), FEW, PostedDocuments(made.steps))
    assert isinstance(one_by_one, Plan)
    assert [one.total for one in one_by_one.documents if one.credits] == [sek("-10.00")]


def test_long_credit_note_is_split_and_only_its_first_part_is_linked() -> None:
    wide = rules(max_rows=10)
    made = plan(order(*DIFFERENT), wide)
    parts = tuple(RefundedPart(f"line:{number}", 1, sek("10.00"), sek("2.00")) for number in range(10))
    after = decide(
        order(*DIFFERENT, refunds=(refund("100.00", parts=parts),)), rules(max_rows=6), PostedDocuments(made.steps)
    )
    assert isinstance(after, Plan)
    notes = [document for document in after.documents if document.credits]
    assert [(note.key, note.from_draft, note.total) for note in notes] == [
        ("credit:r1", True, sek("-60.00")),
        ("credit:r1#2", False, sek("-40.00")),
    ]


def test_edit_of_an_unbooked_part_cancels_that_part_alone() -> None:
    made = plan(order(*DIFFERENT, transactions=()), rules(max_rows=4, trigger=Trigger.CREATED))
    sent = tuple(step for step in made.steps if not isinstance(step, BookInvoice))
    fewer = order(*DIFFERENT[:5], *DIFFERENT[6:], transactions=())
    after = decide(fewer, rules(max_rows=4, trigger=Trigger.CREATED), PostedDocuments(sent))
    assert isinstance(after, Plan)
    assert [one.document for one in after.steps if isinstance(one, CancelInvoice)] == [SECOND]
    standing = [document for document in after.documents if document.ref != SECOND]
    assert total((one.total for one in standing), "SEK") == sek("90.00")


def test_few_rows_are_left_alone_and_none_are_lost() -> None:
    rows = tuple(invoice_row("1.00", source=f"line:{number}", description=f"{number % 7}") for number in range(50))
    assert fitting(rows, 50) == [rows]
    runs = fitting(rows, 3)
    assert [len(run) for run in runs] == [3, 3, 1]
    assert total((row.amount for run in runs for row in run), "SEK") == Money(5000, "SEK")
