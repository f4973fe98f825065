"""Stories that random ones failed in once, with the smallest steps: each went wrong before it was repaired."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.tenants.rules import Trigger
from tests.support.stories.house import House
from tests.support.stories.order_stories import DeliveredStory, OrderStory


@pytest.fixture
def story(house: House) -> OrderStory:
    OrderStory.house = house
    return OrderStory()


def _placed(story: OrderStory, *lines: dict[str, Any], **how: Any) -> None:
    """An order of these lines, paid by card, in a Fortnox that does not round; `how` says what is otherwise."""
    named = [
        {"title": "Bok", "sku": f"B-{number}", "quantity": 1, "tax": "25"} | line for number, line in enumerate(lines)
    ]
    usual: dict[str, Any] = {
        "shipping": (), "discount": None, "included": True, "whole": False, "paid": "card", "trigger": Trigger.CREATED,
    }  # fmt: skip
    story.place(named, **(usual | how))


def _totals(story: OrderStory) -> list[Decimal]:
    return [document["Total"] for document in story.story.documents]


def test_reduction_between_two_cancellations_leaves_no_credit_beyond_the_invoice(story: OrderStory) -> None:
    ten_percent = {"title": "HÖST", "percent": "10"}
    lines = [{"price": "2.26", "quantity": 4, "tax": "6"}, {"price": "571.69", "quantity": 4, "tax": "6"}]
    _placed(story, *lines, discount=ten_percent)
    story.cancel(refund=False)
    story.something_will_fail(fault=(0, "lost"))
    story.something_will_fail(fault=(5, "broken"))
    story.price_reduction(amount="1.00")
    story.cancel(refund=True)
    story.pay_what_is_open()
    story.refund_that_the_bank_has_not_paid(line=2, status="failure")
    story.no_credit_beyond_its_invoice()
    story.teardown()


@pytest.mark.parametrize("paid_back", [None, "0.01"])
def test_goods_that_come_back_one_by_one_are_credited_for_no_ore_less_than_they_were_sold_for(
    story: OrderStory, paid_back: str | None
) -> None:
    _placed(story, {"price": "0.01", "quantity": 2}, {"price": "0.01"}, included=False)
    story.refund_goods(line=0, quantity=1, share=paid_back)
    story.cancel(refund=True)
    story.teardown()
    assert sum(_totals(story)) == 0


def test_credit_note_that_fortnox_made_and_nothing_asks_for_any_more_is_cancelled(story: OrderStory) -> None:
    _placed(story, {"price": "50.00", "quantity": 2})
    story.delivery_comes_twice()
    story.something_will_fail(fault=(1, "broken"))
    story.price_reduction(amount="1.00")
    assert _totals(story) == [100, -100], "made of the whole invoice, and its content did not arrive"
    story.refund_that_the_bank_has_not_paid(line=0, status="failure")
    assert _totals(story) == [100, -50], "the money pays what the failed refund owes"
    story.price_reduction(amount="33.33")
    story.price_reduction(amount="33.33")
    assert _totals(story) == [100, -50, Decimal("-17.66")], "a later reduction takes no cancelled note up again"
    story.teardown()


def test_reduction_whose_credit_note_was_cancelled_gets_another_one_when_it_is_asked_for_again(
    story: OrderStory,
) -> None:
    _placed(story, {"price": "50.00", "quantity": 2})
    story.delivery_comes_twice()
    story.something_will_fail(fault=(1, "broken"))
    story.price_reduction(amount="1.00")
    story.refund_that_the_bank_has_not_paid(line=0, status="failure")
    story.add_a_line(price="60.00", tax="25")
    assert _totals(story) == [100, -50, -1, 60], "what the buyer has to pay uses up what the shop owes"
    story.teardown()


def test_credit_note_whose_rounded_claim_is_less_than_is_set_off_leaves_the_ore_that_are_really_owed(
    story: OrderStory,
) -> None:
    _placed(story, {"price": "100.00"}, {"price": "20.30"}, whole=True)
    story.delivery_comes_twice()
    story.take_a_line_away(line=1)
    story.add_a_line(price="20.10", tax="25")
    assert _totals(story) == [120, -20, 20], "20.30 was taken away and 20.10 added; Fortnox rounds both to 20"
    assert [document["Balance"] for document in story.story.documents] == [0, Decimal("-0.20"), 0]
    story.act("refund", amount="0.20")
    story.teardown()
    assert (story.story.balance(1510), story.story.balance(1581)) == (Decimal(0), Decimal("120.10"))


def test_reduction_that_returned_goods_left_no_room_for_lowers_what_is_sold_later(story: OrderStory) -> None:
    _placed(
        story,
        {"price": "1.00"},
        {"price": "30.00"},
        shipping=({"title": "Bud", "price": "100.00", "tax": "25"},),
        trigger=Trigger.PAID,
    )
    story.price_reduction(amount="33.33")
    story.add_a_line(price="8.00", tax="25")
    story.take_a_line_away(line=0)
    story.refund_shipping()
    assert _totals(story)[:4] == [131, Decimal("-33.33"), -1, 8], "the buyer's krona pays a part of the addition"
    assert _totals(story)[4:] == [Decimal("-96.67"), -1], "nothing is left of the invoice: the shop asks 7 for the rest"
    story.pay_what_is_open()
    assert len(_totals(story)) == 6
    story.teardown()


def test_reduction_that_moves_takes_no_rate_of_an_invoice_of_which_nothing_is_left(story: OrderStory) -> None:
    _placed(story, {"price": "100.00", "quantity": 2, "tax": "12"}, {"price": "10.00"})
    story.price_reduction(amount="33.33")
    story.take_a_line_away(line=0)
    story.add_a_line(price="50.00", tax="25")
    story.refund_goods(line=0, quantity=1, share="all")
    assert _totals(story)[:4] == [210, Decimal("-33.33"), -100, 50], "76.67 are left of the invoice"
    assert _totals(story)[4:] == [Decimal("-76.67"), Decimal("-23.33")], "the rest is taken from the addition"
    story.no_credit_beyond_its_invoice()
    story.teardown()


def test_set_off_of_which_one_half_was_made_gets_the_other_one(story: OrderStory) -> None:
    _placed(story, {"price": "100.00"}, paid="not")
    story.delivery_comes_twice()
    story.something_will_fail(fault=(3, "lost"))
    story.cancel(refund=False)
    assert [document["Balance"] for document in story.story.documents] == [100, -100], "the first half is on its way"
    story.teardown()
    assert [one["Balance"] for one in story.story.documents] == [0, 0]


def test_set_off_of_ore_that_fortnox_rounds_away_leaves_no_claim(story: OrderStory) -> None:
    _placed(story, {"price": "0.01"}, paid="not", whole=True, included=False)
    story.delivery_comes_twice()
    story.something_will_fail(fault=(3, "lost"))
    story.cancel(refund=False)
    story.teardown()
    assert story.story.balance(1510) == 0


def test_goodwill_beside_a_refund_that_the_bank_refused_is_no_difference_to_the_shop(story: OrderStory) -> None:
    _placed(story, {"price": "100.00"}, included=False)
    story.price_reduction(amount="0.01")
    story.add_a_line(price="39.00", tax="25")
    story.add_a_line(price="500.00", tax="25")
    story.refund_that_the_bank_has_not_paid(line=2, status="failure")
    story.teardown()
    assert not [finding for finding in story.story.findings if finding.code == "BOOKED_NET_DIFFERS"]


def test_goods_back_before_a_later_delivery_are_credited_once_and_no_more(story: OrderStory) -> None:
    DeliveredStory.house = story.house
    told = DeliveredStory()
    lines = [{"title": "Vas", "sku": "B-2", "quantity": 3, "price": "3.00", "tax": "25"}]
    other = [{"title": "Vas", "sku": "A-1", "quantity": 2, "price": "4.00", "tax": "25"}]
    told.place(lines=lines + other, shipping=(), trigger=Trigger.FULFILLED, included=True)
    told.refund_goods(line=0, quantity=1, share=None)
    told.deliver(line=1, quantity=2)
    told.teardown()  # delivers the rest
    assert [document["Total"] for document in told.story.documents if document["Credit"] == "true"] == [-3]


def test_ore_of_vat_of_a_line_that_an_edit_divided_is_no_difference_to_the_shop(story: OrderStory) -> None:
    _placed(story, {"price": "0.01"}, {"price": "0.01", "quantity": 2}, {"price": "0.01"}, paid="not", included=False)
    story.take_a_line_away(line=1)
    story.teardown()
    assert not story.story.findings


def test_addition_that_waits_for_its_money_is_no_difference_to_the_shop(story: OrderStory) -> None:
    _placed(story, {"price": "0.01"}, {"price": "0.01"}, trigger=Trigger.PAID)
    story.refund_that_the_bank_has_not_paid(line=0, status="failure")
    story.add_a_line(price="0.02", tax="25")
    story.add_a_line(price="0.01", tax="25")
    story.teardown()
    assert not [finding for finding in story.story.findings if finding.code == "BOOKED_NET_DIFFERS"]


def test_advance_that_no_invoice_uses_up_is_told(story: OrderStory) -> None:
    _placed(story, {"price": "10.00"}, {"price": "100.00"}, trigger=Trigger.PAID)
    story.add_a_line(price="500.00", tax="25")
    story.take_a_line_away(line=0)
    story.take_a_line_away(line=2)
    story.story.rest()
    assert {finding.code for finding in story.story.findings} == {"PAYMENT_EXCEEDS_TOTAL"}
    story.price_reduction(amount="10.00")
    assert not story.story.findings


def test_money_for_goods_that_were_never_invoiced_lowers_no_other_invoice(story: OrderStory) -> None:
    DeliveredStory.house = story.house
    told = DeliveredStory()
    lines = [{"title": "Vas", "sku": "A-1", "price": "1.00", "quantity": 1, "tax": "25"}]
    told.place(lines=lines, shipping=(), trigger=Trigger.FULFILLED, included=False)
    told.add_a_line(price="6.73", tax="25")
    told.deliver(line=5, quantity=1)
    told.refund_goods(line=0, quantity=1, share=None)
    told.teardown()
    assert {finding.code for finding in told.story.findings} == {"REFUND_BEYOND_CREDIT"}, "a person is asked"
    assert _totals(told) == [Decimal("8.41")], "1.25 came and went back: the delivered goods are still to be paid"
