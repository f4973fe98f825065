"""Plan minus journal: what is left to do."""

from dataclasses import replace

from app.adjustments.creditable_lines import NOTHING_POSTED, PostedDocuments
from app.execution.outstanding import content_hash, follow_ups, outstanding
from app.model.order import WriteOff
from app.posting.plan import Plan
from app.posting.references import StepRef
from app.posting.steps import PayInvoice
from tests.support.builders import facts, invoice, invoice_row, line, order, payment, plan, sek

FULL = plan(order(line(sku="H-1")))


def done(of: Plan, *, upto: int | None = None) -> frozenset[StepRef]:
    return frozenset(step.ref for step in of.steps[:upto])


def test_nothing_done_leaves_everything_to_do() -> None:
    assert outstanding(FULL, (), facts()) == FULL.steps


def test_everything_done_leaves_nothing() -> None:
    assert outstanding(FULL, done(FULL), facts()) == ()


def test_half_done_leaves_the_rest_in_order() -> None:
    assert outstanding(FULL, done(FULL, upto=3), facts()) == FULL.steps[3:]


def test_customer_and_article_that_stand_in_the_books_are_not_made() -> None:
    known = facts(customers=frozenset({"S7001"}), articles=frozenset({"H-1"}))
    assert outstanding(FULL, (), known) == FULL.steps[2:]


def test_what_goes_on_with_a_document_in_the_books_is_told_from_what_makes_a_new_one() -> None:
    posted = PostedDocuments(FULL.steps[:3])
    assert follow_ups(FULL.steps, posted) == FULL.steps[3:]
    assert follow_ups(FULL.steps, NOTHING_POSTED) == ()


def test_payment_that_takes_a_fee_is_more_than_going_on_and_one_that_is_made_is_booked() -> None:
    fee = WriteOff(6041, sek("1.20"), "fee.reverse_charge")
    book, paid, booked = FULL.steps[3:]
    assert isinstance(paid, PayInvoice)
    steps = (book, replace(paid, write_offs=(fee,)), booked)
    assert follow_ups(steps, PostedDocuments(FULL.steps[:3])) == (book,)
    assert follow_ups(steps[2:], PostedDocuments((*FULL.steps[:3], *steps[:2]))) == (booked,)


def test_content_is_money_and_accounts() -> None:
    plain = invoice(invoice_row())
    same = invoice(invoice_row(description="Luvtröja", why="another reason"), reference2="pay-2")
    assert content_hash(plain) == content_hash(same)
    others = [
        invoice(invoice_row("100.01")),
        invoice(invoice_row(account=3002)),
        invoice(invoice_row(rate="12")),
        invoice(invoice_row("50.00", quantity=2)),
    ]
    assert len({content_hash(other) for other in [plain, *others]}) == 5


def test_content_of_a_payment_is_its_amount_and_account() -> None:
    assert content_hash(payment("1")) == content_hash(payment("1", reference="other"))
    assert len({content_hash(one) for one in (payment("1"), payment("2"), payment("1", account=1583))}) == 3


def test_rate_written_in_another_way_is_the_same_rate() -> None:
    assert content_hash(invoice(invoice_row(rate="25"))) == content_hash(invoice(invoice_row(rate="25.0")))


def test_amounts_of_the_builders_are_kronor() -> None:
    assert FULL.invoice.total == sek("499.00")
