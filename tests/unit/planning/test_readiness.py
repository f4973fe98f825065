"""Whether an order is booked now, later or never, before anything is planned."""

from datetime import date

from app.adjustments.creditable_lines import NOTHING_POSTED, PostedDocuments
from app.orders.planning.readiness import awaited_for_first_invoice, never_booked
from app.posting.plan import Skipped, Stopped
from app.posting.references import Purpose, VoucherRef
from app.posting.steps import CreateOrder
from app.posting.vouchers import CreateVoucher, rows_of
from app.tenants.rules import Trigger
from tests.support.builders import NOON, codes, invoice, order, paid, refund, rules, sek

ADVANCE = CreateVoucher(
    VoucherRef(Purpose.ADVANCE_RECEIVED, "t1"), date(2026, 11, 3), "", "A",
    rows_of([(1581, sek("100.00")), (2420, sek("-100.00"))]), "#1001",
)  # fmt: skip
STARTED, ORDERED = PostedDocuments((invoice(),)), PostedDocuments((CreateOrder(invoice()),))
WITH_ADVANCE = PostedDocuments((ADVANCE,))


def test_test_order_is_never_booked_unless_something_of_it_is() -> None:
    of_a_test = order(test=True)
    assert never_booked(of_a_test, rules(), NOTHING_POSTED) == Skipped("test_order")
    assert [never_booked(of_a_test, rules(), posted) for posted in (STARTED, ORDERED, WITH_ADVANCE)] == [None] * 3


def test_order_that_is_to_be_booked_is_not_never_booked() -> None:
    assert never_booked(order(), rules(), NOTHING_POSTED) is None


def test_refund_since_the_cut_over_of_a_sale_before_it_is_a_question() -> None:
    since = rules(cut_over=date(2026, 11, 4))
    assert never_booked(order(), since, NOTHING_POSTED) == Skipped("before_cut_over")
    later = refund(created_at=NOON.replace(day=5))
    asked = never_booked(order(refunds=(later,)), since, NOTHING_POSTED)
    assert isinstance(asked, Stopped)
    assert codes(asked) == ["REFUND_OF_EARLIER_ORDER"]


def test_order_waits_for_what_the_trigger_asks_for() -> None:
    unpaid = order(transactions=())
    assert awaited_for_first_invoice(unpaid, rules(), NOTHING_POSTED) == "not_paid"
    assert awaited_for_first_invoice(order(), rules(trigger=Trigger.FULFILLED), NOTHING_POSTED) == "not_delivered"
    assert awaited_for_first_invoice(order(), rules(), NOTHING_POSTED) == ""


def test_order_with_a_document_waits_no_longer() -> None:
    unpaid = order(transactions=())
    assert [awaited_for_first_invoice(unpaid, rules(), posted) for posted in (STARTED, ORDERED)] == ["", ""]


def test_order_cancelled_before_it_was_paid_was_never_sold() -> None:
    cancelled = order(transactions=(paid("100.00"),), cancelled_at=NOON)
    assert awaited_for_first_invoice(cancelled, rules(), NOTHING_POSTED) == "never_sold"
    paid_in_full = order(cancelled_at=NOON)
    assert awaited_for_first_invoice(paid_in_full, rules(), NOTHING_POSTED) == ""
    assert awaited_for_first_invoice(paid_in_full, rules(), WITH_ADVANCE) == "never_sold", "its money was an advance"
