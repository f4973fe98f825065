"""A gift card that was given away is a discount on all it pays; one that was sold is money (accounting.md 0.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adjustments.creditable_lines import PostedDocuments
from app.kit.money import Money, split, total, vat_out_of_gross
from app.model.answers import Answer, Answers
from app.model.order import Line, LineKind, Order, RefundedPart, Transaction, TransactionKind
from app.orders.planning.planner import decide
from app.posting.plan import Plan, Skipped
from app.tenants.rules import RulesConflictError, TenantRules, Trigger
from tests.support.builders import (
    NOON,
    codes,
    findings,
    line,
    order,
    paid,
    plan,
    planned,
    refund,
    rows_of,
    rules,
    sek,
    shipping,
    tax_line,
    vat_of,
)

LISTED = rules(campaign_cards=frozenset({"539685323008"}))
GIVEN_AWAY = Answers({("GIFT_CARD_MAYBE_GIVEN", "g"): Answer.GIVEN_AWAY})
SOLD = Answers({("GIFT_CARD_NOT_TOLD", "g"): Answer.CARD_SOLD})
LATER = NOON + timedelta(days=1)


def by_card(amount: str, **changes: Any) -> Transaction:
    """A payment with the campaign's card."""
    standard: dict[str, Any] = {"id": "g", "payment_id": "pay-g", "card_names": ("539685323008", "1zia")}
    return paid(amount, "gift_card", **(standard | changes))


def onto_card(amount: str, **changes: Any) -> Transaction:
    standard: dict[str, Any] = {"id": "gb", "kind": TransactionKind.REFUND, "at": LATER}
    return by_card(amount, **(standard | changes))


def money_back(amount: str, **changes: Any) -> Transaction:
    standard: dict[str, Any] = {"id": "mb", "at": LATER}
    return paid(amount, kind=TransactionKind.REFUND, **(standard | changes))


def mixed(*transactions: Transaction, **changes: Any) -> Order:
    """600 at 25 %, 300 at 12 %, 100 of freight at 25 %; a card of 300 pays a part unless told otherwise."""
    lines = (line("600.00", id="1", title="Lampa"), line("300.00", id="2", rate="12", title="Te"))
    moved = transactions or (by_card("300.00"), paid("700.00", id="m"))
    return order(*lines, shipping=(shipping("100.00"),), transactions=moved, **changes)


def accounts(*plans: Plan) -> dict[int, Decimal]:
    """Account → what all vouchers of the newest plan move; accounts that come to nothing are left out."""
    sums: dict[int, Decimal] = {}
    for voucher in plans[-1].vouchers:
        for entry in voucher.entries:
            sums[entry.account] = sums.get(entry.account, Decimal(0)) + (entry.debit - entry.credit).decimal
    return {account: amount for account, amount in sums.items() if amount}


class TestDiscount:
    """An order that is not booked yet."""

    def test_card_lowers_every_rate_by_its_worth_and_is_no_payment(self) -> None:
        made = plan(mixed(), LISTED)
        assert made.invoice.total == sek("700.00")
        assert rows_of(made) == [(3001, 1, "420.00", "25"), (3002, 1, "210.00", "12"), (3520, 1, "70.00", "25")]
        assert vat_of(made) == [("25", "392.00", "98.00"), ("12", "187.50", "22.50")]
        assert [(payment.account, payment.amount, payment.settles) for payment in made.payments] == [
            (1581, sek("700.00"), True)
        ]
        assert made.invoice.given_cards == ("g",)

    def test_document_tells_it(self) -> None:
        made = plan(mixed(), LISTED)
        assert made.invoice.text == "Rabatt med presentkort som delats ut: 300.00 SEK."
        assert "minus rabatt 180.00" in made.invoice.rows[0].description

    def test_it_is_the_same_as_a_discount_of_the_shop_on_the_whole_order(self) -> None:
        shops = order(
            line("600.00", id="1", title="Lampa", discount="180.00", tax="84.00"),
            line("300.00", id="2", rate="12", title="Te", discount="90.00", tax="22.50"),
            shipping=(shipping("70.00"),),
            transactions=(paid("700.00", id="m"),),
        )
        ours = plan(mixed(), LISTED)
        assert (rows_of(ours), vat_of(ours)) == (rows_of(plan(shops)), vat_of(plan(shops)))

    def test_prices_without_vat_end_at_the_same_figures(self) -> None:
        net = order(
            line("480.00", id="1", included=False, title="Lampa"),
            line("267.86", id="2", rate="12", included=False, title="Te", tax="32.14"),
            taxes_included=False,
            transactions=(by_card("300.00"), paid("600.00", id="m")),
        )
        made = plan(net, LISTED)
        assert [row.amount for row in made.invoice.rows] == [sek("400.00"), sek("200.00")]
        assert vat_of(made) == [("25", "320.00", "80.00"), ("12", "178.57", "21.43")]

    def test_ore_that_do_not_divide_stand_on_the_first_rows(self) -> None:
        three = order(
            *(line("33.33", id=str(number)) for number in range(3)),
            transactions=(by_card("10.00"), paid("89.99", id="m")),
        )
        made = plan(three, LISTED)
        assert [str(row.amount.decimal) for row in made.invoice.rows] == ["29.99", "30.00", "30.00"]

    def test_card_that_pays_everything_leaves_nothing_to_book(self) -> None:
        decided = decide(mixed(by_card("1000.00")), LISTED)
        assert isinstance(decided, Skipped)
        assert decided.reason == "zero_total"

    def test_tip_is_no_supply_and_is_not_lowered(self) -> None:
        tipped = mixed(by_card("300.00"), paid("750.00", id="m"), tip=sek("50.00"))
        made = plan(tipped, LISTED)
        assert [str(row.amount.decimal) for row in made.invoice.rows] == ["420.00", "210.00", "70.00", "50.00"]

    def test_card_that_pays_a_bought_gift_card_lowers_no_debt_and_the_order_waits_for_money(self) -> None:
        bought = line("500.00", rate=None, kind=LineKind.GIFT_CARD)
        assert not isinstance(decide(order(bought, transactions=(by_card("500.00"),)), LISTED), Plan | Skipped)

    def test_two_cards_may_be_one_of_each_kind(self) -> None:
        bought = by_card("100.00", id="s", card_names=("111111", "abcd"))
        made = plan(mixed(by_card("300.00"), bought, paid("600.00", id="m")), LISTED)
        assert made.invoice.total == sek("700.00")
        assert [(payment.account, payment.amount) for payment in made.payments] == [
            (1581, sek("600.00")),
            (2421, sek("100.00")),
        ]

    def test_invoice_that_was_made_before_the_payment_is_lowered_by_a_credit_note(self) -> None:
        early = rules(campaign_cards=LISTED.campaign_cards, trigger=Trigger.CREATED)
        unpaid = planned(decide(replace(mixed(), transactions=()), early))
        made = planned(decide(mixed(), early, PostedDocuments(unpaid.steps)))
        assert [document.total for document in made.documents] == [sek("1000.00"), sek("-300.00")]
        assert accounts(made) == accounts(plan(mixed(), LISTED))

    def test_wrong_vat_is_found_as_without_the_card(self) -> None:
        wrong = order(line("600.00", tax="100.00"), transactions=(by_card("300.00"), paid("300.00", id="m")))
        assert codes(decide(wrong, LISTED)) == ["VAT_AMOUNT_UNEXPECTED"]

    @pytest.mark.parametrize("rate", [Decimal(25), None])
    def test_single_purpose_cards_change_nothing_for_one_that_was_given_away(self, rate: Decimal | None) -> None:
        single = rules(campaign_cards=LISTED.campaign_cards, gift_card_rate=rate)
        assert accounts(plan(mixed(), single)) == accounts(plan(mixed(), LISTED))
        assert plan(mixed(), single).manual_entries == ()


class TestWhichCards:
    """The list, the answers, and what the shop does not say."""

    @pytest.mark.parametrize("listed", ["539685323008", "1ZIA", "1zia"])
    def test_listed_by_its_id_or_its_last_characters(self, listed: str) -> None:
        assert plan(mixed(), rules(campaign_cards=frozenset({listed}))).invoice.total == sek("700.00")

    @pytest.mark.parametrize("listed", [frozenset[str](), frozenset({"zzzz"})])
    def test_card_that_nobody_listed_pays(self, listed: frozenset[str]) -> None:
        made = plan(mixed(), rules(campaign_cards=listed))
        assert made.invoice.total == sek("1000.00")
        assert [payment.account for payment in made.payments] == [2421, 1581]

    def test_card_that_the_shop_does_not_name_is_asked_about_where_cards_are_listed(self) -> None:
        untold = mixed(by_card("300.00", card_names=()), paid("700.00", id="m"))
        (asked,) = findings(decide(untold, LISTED))
        assert (asked.code, asked.about, asked.data["amount"]) == ("GIFT_CARD_NOT_TOLD", "g", "300.00 SEK")
        assert planned(decide(untold, LISTED, answers=SOLD)).invoice.total == sek("1000.00")
        assert planned(decide(untold, LISTED, answers=GIVEN_AWAY)).invoice.total == sek("700.00")
        assert plan(untold).invoice.total == sek("1000.00")

    def test_answer_goes_before_the_list_and_the_newest_before_an_older_one(self) -> None:
        assert planned(decide(mixed(), LISTED, answers=SOLD)).invoice.total == sek("1000.00")
        both = Answers({**GIVEN_AWAY.by_question, **SOLD.by_question})
        assert planned(decide(mixed(), LISTED, answers=both)).invoice.total == sek("1000.00")

    @pytest.mark.parametrize("now", [rules(), rules(campaign_cards=frozenset({"zzzz"}))])
    def test_card_that_leaves_the_list_changes_no_booked_order(self, now: TenantRules) -> None:
        made = plan(mixed(), LISTED)
        again = planned(decide(mixed(), now, PostedDocuments(made.steps)))
        assert again.steps == made.steps

    def test_card_that_comes_to_the_list_changes_no_booked_order(self) -> None:
        made = plan(mixed())
        again = planned(decide(mixed(), LISTED, PostedDocuments(made.steps)))
        assert again.steps == made.steps

    @pytest.mark.parametrize("pasted", ["ABCD-EFGH-IJKL-1ZIA", "abcdefghijkl1zia", "12", ""])
    def test_whole_code_is_refused(self, pasted: str) -> None:
        with pytest.raises(RulesConflictError, match="campaign_cards: not_a_card"):
            rules(campaign_cards=frozenset({pasted}))


class TestBookedBefore:
    """The card paid from 2421, and then a person says that it was given away."""

    def test_credit_note_lowers_the_sale_and_its_amount_goes_back_to_the_account(self) -> None:
        made = plan(mixed())
        again = planned(decide(mixed(), rules(), PostedDocuments(made.steps), answers=GIVEN_AWAY))
        (note,) = [document for document in again.documents if document.credits]
        assert [str(row.amount.decimal) for row in note.rows] == ["-180.00", "-90.00", "-30.00"]
        (put_back,) = [payment for payment in again.payments if payment.document == note.ref]
        assert (put_back.account, put_back.amount, put_back.settles) == (2421, sek("-300.00"), True)
        assert accounts(again) == accounts(plan(mixed(), LISTED))
        assert again.notices == ()

    def test_nothing_more_is_asked_for_once_that_is_done_even_when_the_answer_is_taken_back(self) -> None:
        made = plan(mixed())
        again = planned(decide(mixed(), rules(), PostedDocuments(made.steps), answers=GIVEN_AWAY))
        for answers in (GIVEN_AWAY, Answers()):
            after = planned(decide(mixed(), rules(), PostedDocuments(again.steps), answers=answers))
            assert (after.steps, after.notices) == (again.steps, ())

    def test_whole_order_by_card_is_credited_whole(self) -> None:
        free = mixed(by_card("1000.00"))
        made = plan(free)
        again = planned(decide(free, rules(), PostedDocuments(made.steps), answers=GIVEN_AWAY))
        assert [document.total for document in again.documents] == [sek("1000.00"), sek("-1000.00")]
        assert accounts(again) == {}

    def test_goods_that_came_back_before_the_answer_are_credited_once(self) -> None:
        returned = back("1", "600.00", card="180.00", money="420.00")
        sold = plan(mixed())
        debt = planned(decide(returned, rules(), PostedDocuments(sold.steps)))
        assert accounts(debt)[2421] == Decimal("120.00")
        again = planned(decide(returned, rules(), PostedDocuments(debt.steps), answers=GIVEN_AWAY))
        assert accounts(again) == accounts(
            planned(decide(returned, LISTED, PostedDocuments(plan(mixed(), LISTED).steps)))
        )
        assert again.notices == ()


def back(number: str, gross: str, *, card: str = "", money: str = "", was: Order | None = None) -> Order:
    """The order after some goods came back: at the shop's price, for money and for what went onto the card again."""
    was = was or mixed()
    sold = next(one for one in was.lines if one.id == number)
    rate = sold.tax_lines[0].rate_percent
    part = RefundedPart(sold.source, 1, sek(gross), vat_out_of_gross(sek(gross), rate))
    moved = [onto_card(card, id=f"gb{number}")] if card else []
    moved += [money_back(money, id=f"mb{number}")] if money else []
    whole = total((one.amount for one in moved), "SEK")
    made = refund(
        str(whole.decimal),
        id=f"r{number}",
        created_at=LATER + timedelta(minutes=len(was.refunds)),
        parts=(part,),
        transaction_ids=tuple(one.id for one in moved),
        discrepancy=whole - sek(gross) or None,
    )
    return replace(was, refunds=(*was.refunds, made), transactions=(*was.transactions, *moved))


class TestReturns:
    """Goods of an order that is booked with the discount come back."""

    def followed(self, *states: Order) -> Plan:
        made = plan(mixed(), LISTED)
        for state in states:
            made = planned(decide(state, LISTED, PostedDocuments(made.steps)))
            assert made.notices == ()
        return made

    def test_what_goes_back_onto_the_card_is_no_debt(self) -> None:
        made = self.followed(back("1", "600.00", card="180.00", money="420.00"))
        note = made.documents[-1]
        assert (note.total, note.total_vat) == (sek("-420.00"), sek("-84.00"))
        assert 2421 not in accounts(made)
        assert accounts(made) == {
            1581: Decimal("280.00"), 2611: Decimal("-14.00"), 2621: Decimal("-22.50"),
            3520: Decimal("-56.00"), 3002: Decimal("-187.50"),
        }  # fmt: skip

    def test_money_first_and_the_card_last_lowers_what_is_left(self) -> None:
        first = back("1", "600.00", money="600.00")
        made = self.followed(first)
        assert accounts(made)[1581] == Decimal("100.00")
        assert sum(document.total.minor for document in made.documents) == 100_00
        last = back("2", "300.00", card="300.00", was=first)
        made = self.followed(first, last)
        assert accounts(made) == {1581: Decimal("100.00"), 2611: Decimal("-20.00"), 3520: Decimal("-80.00")}

    def test_card_first_raises_what_is_left_at_its_own_rate(self) -> None:
        made = self.followed(back("1", "600.00", card="300.00", money="300.00"))
        assert accounts(made) == {
            1581: Decimal("400.00"), 2611: Decimal("-20.00"), 2621: Decimal("-32.14"),
            3520: Decimal("-80.00"), 3002: Decimal("-267.86"),
        }  # fmt: skip

    def test_card_first_and_money_later_leaves_what_the_money_paid(self) -> None:
        first = back("1", "600.00", card="300.00", money="300.00")
        made = self.followed(first, back("2", "300.00", money="300.00", was=first))
        assert accounts(made) == {1581: Decimal("100.00"), 2611: Decimal("-20.00"), 3520: Decimal("-80.00")}

    def test_fee_that_the_shop_keeps_is_a_supply_all_the_same(self) -> None:
        made = self.followed(back("1", "600.00", card="180.00", money="370.00"))
        assert made.documents[-1].total == sek("-370.00")
        assert accounts(made)[1581] == Decimal("330.00")

    def test_gift_onto_the_card_changes_no_price(self) -> None:
        gift = refund("100.00", id="r9", created_at=LATER, transaction_ids=("gb9",), discrepancy=sek("100.00"))
        more = replace(mixed(), refunds=(gift,), transactions=(*mixed().transactions, onto_card("100.00", id="gb9")))
        assert len(self.followed(more).documents) == 1

    def test_goods_for_the_card_alone_move_no_money(self) -> None:
        free = order(line("600.00", id="1"), line("400.00", id="2"), transactions=(by_card("1000.00"),))
        assert isinstance(decide(back("1", "600.00", card="600.00", was=free), LISTED), Skipped)

    def test_everything_back_leaves_nothing(self) -> None:
        first = back("1", "600.00", card="180.00", money="420.00")
        second = back("2", "300.00", card="90.00", money="210.00", was=first)
        made = self.followed(first, second)
        assert accounts(made) == {1581: Decimal("70.00"), 2611: Decimal("-14.00"), 3520: Decimal("-56.00")}

    def test_money_that_is_under_way_onto_the_card_holds_up_nothing(self) -> None:
        returned = back("1", "600.00", card="180.00", money="420.00")
        moved = tuple(
            replace(transaction, succeeded=False, pending=True) if transaction.id == "gb1" else transaction
            for transaction in returned.transactions
        )
        made = self.followed(replace(returned, transactions=moved))
        assert made.documents[-1].total == sek("-420.00")

    def test_refund_onto_a_card_that_may_be_either_is_asked_about(self) -> None:
        bought = by_card("100.00", id="s", card_names=("111111", "abcd"))
        sold = mixed(by_card("300.00"), bought, paid("600.00", id="m"))
        returned = back("1", "600.00", card="180.00", money="420.00", was=sold)
        untold = tuple(
            replace(transaction, card_names=()) if transaction.id == "gb1" else transaction
            for transaction in returned.transactions
        )
        made = plan(sold, LISTED)
        (asked,) = findings(decide(replace(returned, transactions=untold), LISTED, PostedDocuments(made.steps)))
        assert (asked.code, asked.about) == ("GIFT_CARD_NOT_TOLD", "gb1")
        named = planned(decide(returned, LISTED, PostedDocuments(made.steps)))
        assert accounts(named)[2421] == Decimal("100.00")


PRICES = st.integers(1, 90_000)
SOLD_LINES = st.lists(st.tuples(PRICES, st.sampled_from(["25", "12", "6"]), st.integers(1, 3)), min_size=1, max_size=4)


@settings(deadline=None)
@given(lines=SOLD_LINES, card=st.integers(1, 300_000), included=st.booleans(), first=st.booleans())
def test_books_hold_the_money_and_no_ore_of_the_card(
    lines: list[tuple[int, str, int]], card: int, *, first: bool, included: bool
) -> None:
    """Whether the card is listed before the booking or answered after it, and all goods come back in two refunds."""
    sold = [
        line(Money(price, "SEK"), id=str(number), rate=rate, quantity=quantity, included=included)
        for number, (price, rate, quantity) in enumerate(lines)
    ]
    taxed = [_with_whole_tax(one, included=included) for one in sold]
    whole = total((one.gross(taxes_included=included) for one in taxed), "SEK")
    discount = Money(min(card, whole.minor), "SEK")
    rest = whole - discount
    moved = [by_card(str(discount.decimal)), *([paid(rest, id="m")] if rest else [])]
    was = order(*taxed, taxes_included=included, transactions=tuple(moved), total=whole)
    if first:
        made = decide(was, LISTED)
        if not rest:
            assert isinstance(made, Skipped)
            return
        posted = PostedDocuments(planned(made).steps)
    else:
        posted = PostedDocuments(planned(decide(was, rules())).steps)
        posted = PostedDocuments(planned(decide(was, rules(), posted, answers=GIVEN_AWAY)).steps)
    booked = planned(decide(was, LISTED, posted, answers=GIVEN_AWAY))
    assert sum(document.total.minor for document in booked.documents) == rest.minor
    assert 2421 not in accounts(booked)
    assert 1510 not in accounts(booked)
    after = was
    shares = split(discount, [one.gross(taxes_included=included).minor for one in taxed])
    for sold_line, share in zip(taxed, shares, strict=True):
        gross = sold_line.gross(taxes_included=included)
        onto, money = share, gross - share
        part = RefundedPart(sold_line.source, sold_line.quantity, gross, sold_line.tax)
        again = [onto_card(str(onto.decimal), id=f"gb{sold_line.id}")] if onto else []
        again += [money_back(str(money.decimal), id=f"mb{sold_line.id}")] if money else []
        made_back = refund(
            str(gross.decimal), id=f"r{sold_line.id}", created_at=LATER + timedelta(minutes=int(sold_line.id)),
            parts=(part,), transaction_ids=tuple(one.id for one in again),
        )  # fmt: skip
        after = replace(after, refunds=(*after.refunds, made_back), transactions=(*after.transactions, *again))
    end = planned(decide(after, LISTED, posted, answers=GIVEN_AWAY))
    assert sum(one.total.minor for one in end.documents) == 0
    assert {account: amount for account, amount in accounts(end).items() if account in (1510, 1581, 2421)} == {}


@settings(deadline=None)
@given(st.data(), SOLD_LINES, st.integers(1, 300_000), st.permutations(range(4)), st.booleans())
def test_what_the_buyer_keeps_is_sold_for_the_money_that_the_shop_keeps(
    data: st.DataObject, lines: list[tuple[int, str, int]], card: int, turns: list[int], is_seen: Any
) -> None:
    """However the shop divides each refund between the card and the money, line by line, in any order."""
    sold = [
        _with_whole_tax(line(Money(price, "SEK"), id=str(number), rate=rate, quantity=quantity), included=True)
        for number, (price, rate, quantity) in enumerate(lines)
    ]
    whole = total((one.amount for one in sold), "SEK")
    left_on_card = Money(min(card, whole.minor - 1), "SEK")
    if not left_on_card:
        return
    kept = whole - left_on_card
    now = order(*sold, transactions=(by_card(str(left_on_card.decimal)), paid(kept, id="m")))
    made = plan(now, LISTED)
    for number in [turn for turn in turns if turn < len(sold)]:
        price = sold[number].amount
        least, most = max(price - kept, Money.zero("SEK")), min(price, left_on_card)
        onto = Money(data.draw(st.integers(least.minor, most.minor)), "SEK")
        kept, left_on_card = kept - (price - onto), left_on_card - onto
        texts = {name: str(one.decimal) if one else "" for name, one in (("card", onto), ("money", price - onto))}
        now = back(str(number), str(price.decimal), was=now, **texts)
        if is_seen:
            made = planned(decide(now, LISTED, PostedDocuments(made.steps)))
            assert total((one.total for one in made.documents), "SEK") == kept
    end = planned(decide(now, LISTED, PostedDocuments(made.steps)))
    assert total((document.total for document in end.documents), "SEK") == kept == Money.zero("SEK")
    assert {account: amount for account, amount in accounts(end).items() if account in (1510, 1581, 2421)} == {}
    again = planned(decide(now, LISTED, PostedDocuments(end.steps)))
    assert again.steps == end.steps


def _with_whole_tax(one: Line, *, included: bool) -> Line:
    """The tax of the whole line, as a shop states it."""
    rate = one.tax_lines[0].rate_percent
    if included:
        return replace(one, tax_lines=(tax_line(str(rate), vat_out_of_gross(one.amount, rate)),))
    return replace(one, tax_lines=(tax_line(str(rate), Money.rounded(one.amount.decimal * rate / 100, "SEK")),))


class TestRefundsInParts:
    """Goods and money that come back apart, as shops note it or not."""

    @pytest.mark.parametrize("noted", [True, False])
    @pytest.mark.parametrize("at_once", [True, False])
    def test_goods_first_and_what_went_back_for_them_later(self, *, noted: bool, at_once: bool) -> None:
        whole = back("1", "600.00", card="180.00", money="420.00")
        (both,) = whole.refunds
        none = sek("0.00")
        goods = replace(both, amount=none, transaction_ids=(), discrepancy=sek("-600.00") if noted else None)
        moved = replace(
            both, id="r2", created_at=LATER + timedelta(hours=1), parts=(),
            discrepancy=sek("600.00") if noted else None,
        )  # fmt: skip
        made = plan(mixed(), LISTED)
        if not at_once:
            first = replace(mixed(), refunds=(goods,))
            made = planned(decide(first, LISTED, PostedDocuments(made.steps)))
        made = planned(decide(replace(whole, refunds=(goods, moved)), LISTED, PostedDocuments(made.steps)))
        assert made.notices == ()
        assert (accounts(made)[1581], 1510 in accounts(made), 2421 in accounts(made)) == (
            Decimal("280.00"),
            False,
            False,
        )
        if not noted:  # what a shop notes as kept is a supply at the rate of the goods until it says otherwise
            assert accounts(made) == {
                1581: Decimal("280.00"), 2611: Decimal("-14.00"), 2621: Decimal("-22.50"),
                3520: Decimal("-56.00"), 3002: Decimal("-187.50"),
            }  # fmt: skip

    def test_money_for_goods_that_an_edit_took_away_is_no_gift(self) -> None:
        lines = tuple(replace(one, quantity=0, tax_lines=()) if one.id == "1" else one for one in mixed().lines)
        edited = replace(mixed(), lines=lines, total=sek("400.00"), edited_at=LATER, updated_at=LATER)
        moved = (onto_card("300.00"), money_back("300.00"))
        gone = refund("600.00", created_at=LATER, transaction_ids=("gb", "mb"), discrepancy=sek("600.00"))
        made = plan(mixed(), LISTED)
        after = planned(decide(
            replace(edited, refunds=(gone,), transactions=(*edited.transactions, *moved)),
            LISTED,
            PostedDocuments(made.steps),
        ))  # fmt: skip
        assert after.notices == ()
        assert accounts(after) == {
            1581: Decimal("400.00"), 2611: Decimal("-20.00"), 2621: Decimal("-32.14"),
            3520: Decimal("-80.00"), 3002: Decimal("-267.86"),
        }  # fmt: skip
