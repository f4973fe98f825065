"""Money that waits for its payout: in whatever order payouts come, each transaction pays once and all in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.adjustments.creditable_lines import NOTHING_POSTED, PostedDocuments
from app.kit.money import Money, split, total
from app.model.order import Order, TransactionKind
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.orders.planning.planner import decide
from app.payments.payout_timing import transaction_of, with_payout_days
from app.posting.plan import Plan
from app.posting.steps import PayInvoice
from app.tenants.rules import TenantRules
from tests.support.builders import line, order, paid, rules

WAITING = rules(clear_at_payout=frozenset({"shopify_payments"}))
AT_ONCE = rules()
FIRST = date(2026, 11, 5)


@st.composite
def captured(draw: st.DrawFn) -> Order:
    """An order paid by one to five captures, some of them with a gift card."""
    price = draw(st.integers(min_value=500, max_value=500_000))
    weights = draw(st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=5))
    parts = split(Money(price, "SEK"), weights)
    gateways = [draw(st.sampled_from(["shopify_payments", "shopify_payments", "gift_card"])) for _part in parts]
    money = tuple(
        paid(part, gateway, kind=TransactionKind.CAPTURE, id=f"t{number}")
        for number, (part, gateway) in enumerate(zip(parts, gateways, strict=True))
    )
    return order(line(Money(price, "SEK")), transactions=money)


def paid_by(sold: Order, with_rules: TenantRules, posted: PostedDocuments) -> tuple[PostedDocuments, list[PayInvoice]]:
    plan = decide(sold, with_rules, posted)
    assert isinstance(plan, Plan), plan
    new = [payment for payment in plan.payments if payment.ref not in posted.refs]
    return PostedDocuments((*posted.steps, *(step for step in plan.steps if step.ref not in posted.refs))), new


@given(captured(), st.data())
def test_in_whatever_order_payouts_come_each_transaction_pays_once_on_its_day_and_all_is_paid(
    sold: Order, data: st.DataObject
) -> None:
    cards = [transaction.id for transaction in sold.transactions if transaction.gateway == "shopify_payments"]
    data.draw(st.randoms(use_true_random=False)).shuffle(cards)
    posted, first = paid_by(sold, WAITING, NOTHING_POSTED)
    assert {one.transaction_id for one in first}.isdisjoint(cards)
    days: dict[str, date] = {}
    made = list(first)
    while cards:
        count = data.draw(st.integers(min_value=1, max_value=len(cards)))
        told, cards = cards[:count], cards[count:]
        day = FIRST + timedelta(days=len(days))
        days |= dict.fromkeys(told, day)
        posted, new = paid_by(with_payout_days(sold, days), WAITING, posted)
        assert {(one.transaction_id, one.day) for one in new} == {(one, day) for one in told}
        made += new
    assert total((one.amount for one in made), "SEK") == sold.total
    assert [one.settles for one in made].count(True) == 1
    assert made[-1].settles or made[-1].day == made[-2].day
    assert not paid_by(with_payout_days(sold, days), WAITING, posted)[1]


@given(captured(), st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_rule_that_is_changed_on_the_way_loses_nothing_and_pays_nothing_twice(
    sold: Order, story: list[tuple[bool, bool]]
) -> None:
    posted, days, made = NOTHING_POSTED, dict[str, date](), list[PayInvoice]()
    for number, (waits, pays_out) in enumerate([*story, (False, False)]):
        if pays_out:
            days |= {f"t{number % 5}": FIRST}
        posted, new = paid_by(with_payout_days(sold, days), WAITING if waits else AT_ONCE, posted)
        made += new
    assert sorted(one.transaction_id for one in made) == sorted(transaction.id for transaction in sold.transactions)
    assert total((one.amount for one in made), "SEK") == sold.total


def test_two_captures_of_the_same_amount_are_two_lines_transactions_and_a_third_line_has_none() -> None:
    money = [paid("100.00", "qliro", kind=TransactionKind.CAPTURE, id=one) for one in ("a", "b")]
    told = PayoutLine("l", PayoutLineKind.CHARGE, FIRST, Money(10000, "SEK"), Money(0, "SEK"))
    used: set[str] = set()
    for wanted in ("a", "b", ""):
        found = transaction_of(told, money, used, by_id=False)
        assert found == wanted
        used.add(found)


def test_payments_id_decides_between_equal_amounts_and_a_named_transaction_is_never_another_one() -> None:
    money = [paid("100.00", "qliro", id=one, payment_id=f"p-{one}") for one in ("a", "b")]
    told = PayoutLine("l", PayoutLineKind.CHARGE, FIRST, Money(10000, "SEK"), Money(0, "SEK"))
    by_payment = replace(told, keys={MatchKey.PAYMENT_ID: "p-b"})
    by_transaction = replace(told, keys={MatchKey.TRANSACTION_ID: "c"})
    assert transaction_of(by_payment, money, (), by_id=False) == "b"
    assert transaction_of(by_transaction, money, (), by_id=True) == ""
    assert transaction_of(replace(told, amount=Money(-10000, "SEK")), money, (), by_id=False) == ""


@given(captured())
def test_what_is_never_paid_out_never_pays(sold: Order) -> None:
    refused = tuple(replace(transaction, paid_out_on=None) for transaction in sold.transactions)
    made = paid_by(replace(sold, transactions=refused), WAITING, NOTHING_POSTED)[1]
    assert {one.role for one in made} <= {"gift_card"}
