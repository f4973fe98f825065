"""Names of documents, payments, vouchers and steps, and the texts under which the posting log stores them."""

from dataclasses import replace
from datetime import date

import pytest

from app.execution import operations as posting_log
from app.posting.references import (
    MAIN,
    PAYOUT,
    PAYOUT_RETURNED,
    Action,
    ActionRef,
    DocumentRef,
    MoneySource,
    PaymentRef,
    Purpose,
    Reason,
    RecordRef,
    Register,
    ReportRef,
    StepRef,
    VoucherRef,
)
from app.posting.steps import BookInvoice, BookPayment, CancelInvoice, CreateOrder, InvoiceOrder, MakeCredit, Step
from app.posting.vouchers import CreateVoucher, rows_of
from app.schema import Operation, OperationState
from tests.support.builders import credit_ref, edit_ref, invoice, invoice_row, payment, sek

PAID = PaymentRef(MoneySource("t1"), MAIN)
SECOND = DocumentRef(number=2)
NETTING = MoneySource(credit_note=credit_ref(), invoice=SECOND)


@pytest.mark.parametrize(
    ("ref", "key"),
    [
        (MAIN, "invoice"),
        (SECOND, "invoice:2"),
        (edit_ref(3), "invoice:edit-3"),
        (replace(edit_ref(3), number=2), "invoice:edit-3:2"),
        (MAIN.order, "order:invoice"),
        (MAIN.draft, "invoice:made"),
        (credit_ref(), "credit:r1"),
        (credit_ref(number=2), "credit:r1#2"),
        (credit_ref(of=SECOND), "credit:r1:invoice:2"),
        (DocumentRef(Reason(edit=1), 2, SECOND), "credit:edit-1#2:invoice:2"),
        (credit_ref().draft, "credit:r1:made"),
        (PAID, "payment:t1"),
        (replace(PAID, document=credit_ref()), "payment:t1:credit:r1"),
        (PaymentRef(MoneySource(advance="t1"), MAIN), "payment:advance:t1"),
        (PaymentRef(NETTING, SECOND), "payment:setoff:credit:r1>invoice:2:invoice:2"),
        (ActionRef(Action.BOOK, MAIN), "invoice:book"),
        (ActionRef(Action.BOOK, PAID), "payment:t1:book"),
        (ActionRef(Action.READY, MAIN.order), "order:invoice:ready"),
        (ActionRef(Action.CANCEL, credit_ref().draft), "credit:r1:made:cancel"),
        (ActionRef(Action.CONFIRM, MAIN), "invoice:settled"),
        (VoucherRef(Purpose.ADVANCE_RECEIVED, "t1"), "advance:t1"),
        (VoucherRef(Purpose.ADVANCE_VAT, "t1", document=SECOND), "advance:t1:vat:invoice:2"),
        (VoucherRef(Purpose.ADVANCE_RETURNED, "t1", refund="t2"), "advance:t1:returned:t2"),
        (VoucherRef(Purpose.OVER_REFUND, "t2"), "beyond:t2"),
        (VoucherRef(Purpose.CARD_SOLD, document=MAIN), "invoice:deferral"),
        (VoucherRef(Purpose.CARD_REDEEMED, payment=PAID), "payment:t1:redeemed"),
        (VoucherRef(Purpose.FEES_OF_MONTH, "2026-10"), "fees:2026-10"),
        (VoucherRef(Purpose.CUT_OFF_REVERSED, "2026-11"), "cut_off:2026-11:reversal"),
        (PAYOUT, "payout"),
        (PAYOUT_RETURNED, "returned"),
        (RecordRef(Register.CUSTOMER, "S1"), "customer:S1"),
        (RecordRef(Register.ARTICLE, "H-1", "account", "3001"), "article:H-1:account:3001"),
        (ReportRef(), "report"),
        (ReportRef(is_connection=True), "report:voucher"),
    ],
)
def test_text_in_the_posting_log(ref: StepRef, key: str) -> None:
    assert ref.key == key


def test_every_purpose_of_a_voucher_has_a_text_of_its_own() -> None:
    assert len({VoucherRef(purpose, "x").key for purpose in Purpose}) == len(Purpose)


def test_document_is_the_same_in_all_its_forms() -> None:
    for ref in (MAIN, edit_ref(), credit_ref()):
        assert ref.order.document == ref.draft.document == ref
        assert len({ref, ref.order, ref.draft}) == 3


def test_documents_that_differ_in_anything_are_others() -> None:
    others = {MAIN, SECOND, edit_ref(1), edit_ref(2), credit_ref(), credit_ref("r2"), credit_ref(number=2)}
    assert len(others | {credit_ref(of=SECOND), credit_ref(of=edit_ref())}) == 9


def test_sign_in_an_id_does_not_make_it_another_document() -> None:
    """A shop's ids are its own: what separates the parts of a key may stand in one of them."""
    odd = credit_ref("r:1#2")
    assert (odd.reason.refund, odd.number, odd.credits) == ("r:1#2", 1, MAIN)


STEPS: tuple[Step, ...] = (
    invoice(ref=edit_ref()),
    invoice(invoice_row(quantity=-1), ref=credit_ref(of=SECOND), from_draft=True),
    CreateOrder(invoice()),
    InvoiceOrder(MAIN),
    MakeCredit(MAIN, credit_ref()),
    CancelInvoice(MAIN.order),
    BookInvoice(SECOND),
    payment(source=NETTING, document=SECOND),
    BookPayment(PAID),
    CreateVoucher(
        VoucherRef(Purpose.CARD_REDEEMED, payment=PAID), date(2026, 11, 3), "", "A",
        rows_of([(1930, sek("1.00")), (1581, sek("-1.00"))]), "r", SECOND,
    ),
)  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_stored_step_is_read_with_its_references(step: Step) -> None:

    row = Operation(**posting_log._planned(1, step, 0, 1), state=OperationState.DONE.value, remote={"number": "7"})
    assert posting_log.as_planned(row) == step
    assert posting_log.results({row.step_key: row}) == {step.ref: {"number": "7"}}
