"""The trigger `fulfilled`: one invoice per delivery, each for what it held."""

from datetime import UTC, date, datetime

import pytest

from app.adjustments.creditable_lines import PostedDocuments
from app.invoicing.partial_delivery import as_delivered
from app.kit.money import total
from app.model.order import LineKind, Order, RefundedPart
from app.orders.planning.planner import decide
from app.posting.plan import Plan, Waiting
from app.tenants.rules import InvoiceDay, Trigger
from tests.support.builders import codes, line, order, paid, plan, planned, refund, rules, sek, shipping, tax_line

FULFILLED = rules(trigger=Trigger.FULFILLED)
FRIDAY, MONDAY = datetime(2026, 11, 6, 9, tzinfo=UTC), datetime(2026, 11, 9, 9, tzinfo=UTC)


def vases(undelivered: int, mugs_undelivered: int = 1, **changes: object) -> Order:
    """Three vases of 100.00 less 0.10 in all, a mug of 50.00 and 49.00 for the parcel, paid by card."""
    return order(
        line("100.00", quantity=3, discount="0.10", id="1", title="Vas", undelivered=undelivered),
        line("50.00", id="2", title="Mugg", undelivered=mugs_undelivered),
        **{"shipping": (shipping("49.00"),), "delivered_at": FRIDAY, **changes},
    )


def test_nothing_delivered_waits() -> None:
    waiting = decide(vases(3, delivered_at=None), FULFILLED)
    assert isinstance(waiting, Waiting)
    assert waiting.reason == "not_delivered"


def test_first_delivery_is_invoiced_with_the_shipping_and_its_share_of_the_discount() -> None:
    made = plan(vases(2), FULFILLED)
    (only,) = made.documents
    assert [(row.description.partition(" (")[0], row.amount) for row in only.rows] == [
        ("Vas", sek("99.97")),
        ("Paket", sek("49.00")),
    ]
    assert [(payment.amount, payment.settles) for payment in made.payments] == [(sek("148.97"), True)]


def test_each_later_delivery_is_an_invoice_of_its_own_and_together_they_are_the_order() -> None:
    first = plan(vases(2), FULFILLED)
    second = planned(decide(vases(1, 0), FULFILLED, PostedDocuments(first.steps)))
    third = planned(decide(vases(0, 0), FULFILLED, PostedDocuments(second.steps)))
    assert [document.key for document in third.documents] == ["invoice", "invoice:edit-1", "invoice:edit-2"]
    assert [one.total for one in third.documents] == [sek("148.97"), sek("149.96"), sek("99.97")]
    assert total((payment.amount for payment in third.payments), "SEK") == vases(0, 0).total
    assert third.documents[1].text == "Delleverans av order #1001."
    again = planned(decide(vases(0, 0), FULFILLED, PostedDocuments(third.steps)))
    assert again.steps == third.steps


def test_money_for_what_is_not_delivered_is_no_overpayment_but_more_than_that_is() -> None:
    assert isinstance(decide(vases(2), FULFILLED), Plan)
    too_much = vases(2)
    whole = too_much.total + sek("10.00")
    assert codes(decide(vases(2, transactions=(paid(whole),)), FULFILLED)) == ["PAYMENT_EXCEEDS_TOTAL"]


def test_unit_taken_back_before_it_was_sent_is_invoiced_and_credited() -> None:
    back = refund("99.97", parts=(RefundedPart("line:1", 1, sek("99.97"), sek("19.99")),))
    made = plan(vases(1, refunds=(back,)), FULFILLED)  # one sent, one taken back, one still to be sent
    assert [document.total for document in made.documents] == [sek("248.93"), sek("-99.97")]


def test_tip_and_gift_card_go_with_the_first_delivery() -> None:
    card = line("500.00", rate=None, id="9", kind=LineKind.GIFT_CARD, undelivered=1)
    made = plan(order(line(), card, delivered_at=FRIDAY, tip=sek("10.00")), FULFILLED)
    assert made.invoice.total == sek("1009.00")


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        (InvoiceDay.CAPTURE, date(2026, 11, 4)),
        (InvoiceDay.ORDER, date(2026, 11, 3)),
        (InvoiceDay.DELIVERY, date(2026, 11, 6)),
    ],
)
def test_day_of_the_invoice_is_the_tenants_choice(rule: InvoiceDay, day: date) -> None:
    captured = paid(vases(0).total, at=datetime(2026, 11, 4, 9, tzinfo=UTC))
    made = plan(vases(2, transactions=(captured,)), rules(trigger=Trigger.FULFILLED, invoice_day=rule))
    assert made.invoice.day == day


def test_later_delivery_has_its_own_day() -> None:
    by_delivery = rules(trigger=Trigger.FULFILLED, invoice_day=InvoiceDay.DELIVERY)
    first = plan(vases(2), by_delivery)
    second = planned(decide(vases(0, 0, delivered_at=MONDAY), by_delivery, PostedDocuments(first.steps)))
    assert [document.day for document in second.documents] == [date(2026, 11, 6), date(2026, 11, 9)]


def test_order_whose_parts_do_not_add_up_is_not_cut_down_to_ones_that_do() -> None:
    wrong = vases(2, total=sek("500.00"))
    assert as_delivered(wrong) is wrong
    assert "SHOPIFY_TOTALS_DISAGREE" in codes(decide(wrong, FULFILLED))


def test_net_prices_are_shared_with_their_vat() -> None:
    net = order(
        line("100.00", quantity=3, included=False, undelivered=2),
        taxes_included=False,
        shipping=(shipping("10.00", tax_line("25", "2.50")),),
        delivered_at=FRIDAY,
    )
    cut = as_delivered(net)
    assert (cut.total, cut.total_tax, cut.awaiting) == (sek("137.50"), sek("27.50"), sek("250.00"))
