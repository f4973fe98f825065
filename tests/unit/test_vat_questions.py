"""Questions of VAT that an amount or a rate raises: told once, asked before anything is credited."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.adjustments.creditable_lines import PostedDocuments
from app.ledgers.booked_year import BookedYear, overdrawn_gift_cards
from app.model.answers import Answer, Answers
from app.model.order import NO_ADDRESS, DeliveryMethod, Order, TransactionKind
from app.orders.planning.planner import decide
from app.vat.food_rate import articles_at_the_old_rate
from tests.support.builders import codes, line, order, paid, planned, refund, rules, sek


def given_back(amount: str) -> Order:
    sold = order(line("499.00"))
    back = paid(amount, kind=TransactionKind.REFUND, id="t2")
    return replace(sold, transactions=(*sold.transactions, back), refunds=(refund(amount, transaction_ids=("t2",)),))


def test_refund_of_just_the_vat_is_asked_about_and_booked_on_the_answer() -> None:
    sale = planned(decide(order(line("499.00")), rules()))
    posted = PostedDocuments(sale.steps)
    assert codes(decide(given_back("99.80"), rules(), posted)) == ["REFUND_EQUALS_VAT"]
    answered = Answers({("REFUND_EQUALS_VAT", "r1"): Answer.REDUCTION})
    made = planned(decide(given_back("99.80"), rules(), posted, answers=answered))
    assert [document.total for document in made.documents if document.credits] == [sek("-99.80")]
    assert planned(decide(given_back("99.79"), rules(), posted)).documents[-1].total == sek("-99.79")


def test_article_at_the_old_rate_of_food_is_named_where_it_is_sent() -> None:
    then = datetime(2026, 4, 1, 10, tzinfo=UTC)
    sold = order(line("50.00", rate="12", sku="KAFFE"), line("10.00", sku="MUGG", id="2"), processed_at=then)
    assert [one.about for one in articles_at_the_old_rate(sold)] == ["KAFFE"]
    before = replace(sold, processed_at=datetime(2026, 3, 31, 10, tzinfo=UTC))
    served = replace(sold, ship_to=NO_ADDRESS, delivery_methods=frozenset({DeliveryMethod.RETAIL}))
    assert not [*articles_at_the_old_rate(before), *articles_at_the_old_rate(served)]


@pytest.mark.parametrize(("balance", "told"), [("-500.00", False), ("0.00", False), ("0.01", True)])
def test_debt_of_gift_cards_is_never_less_than_nothing(balance: str, *, told: bool) -> None:
    year = BookedYear(date(2026, 1, 1), date(2026, 12, 31), {}, {}, {2421: sek(balance)})
    assert bool(overdrawn_gift_cards(year, 2421)) is told
