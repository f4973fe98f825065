"""Gift cards that were given away, through the whole product: read, listed, asked about, corrected, returned."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.schema import LedgerReading
from sandbox.shopify.model import StoredOrder
from sandbox.shopify.paying import last_characters
from sandbox.shopify.switches import Switches
from tests.support.pipeline.bench import CARD, Bench
from tests.support.pipeline.person import Person, remedied

CAMPAIGN, BOUGHT = 539685323008, 539687321856
LAMP = {"title": "Lampa", "sku": "L-1", "price": "600.00", "tax": "25"}
BOOK = {"title": "Bok", "sku": "B-1", "price": "400.00", "tax": "6"}
KEPT = {1510: 0, 1581: 700, 2421: 0, 2611: -84, 2631: Decimal("-15.85"), 3001: -336, 3003: Decimal("-264.15")}
"""1,000.00 for 700.00 of money: a lamp for 420.00 and a book for 280.00."""
DEBT = {1510: 0, 1581: 700, 2421: 300, 2611: -120, 2631: Decimal("-22.64"), 3001: -480, 3003: Decimal("-377.36")}


def told(bench: Bench, receipt: str) -> None:
    bench.emulators.emulator.world.switches = Switches.model_validate({"card_receipt": receipt})


def sold(bench: Bench, *, card: int = CAMPAIGN, amount: str = "300.00") -> StoredOrder:
    payments: list[dict[str, Any]] = [{"gateway": "gift_card", "amount": amount, "card": card}]
    rest = Decimal(1000) - Decimal(amount)
    payments += [CARD | {"amount": f"{rest:.2f}"}] if rest else []
    order = bench.place(lines=[LAMP, BOOK], payments=payments)
    bench.rest()
    return order


def balances(bench: Bench) -> dict[int, Decimal | int]:
    return {account: bench.balance(account) for account in KEPT}


def night(bench: Bench) -> None:
    """The books are read whole."""
    with bench.program.store.write() as session:
        for reading in session.scalars(select(LedgerReading)):
            reading.read_at -= timedelta(days=1)
    bench.program.scheduler.compare_ledgers()
    bench.rest()


class TestListed:
    """A company lists the cards of its campaign under Settings."""

    @pytest.mark.parametrize("listed", [str(CAMPAIGN), last_characters(CAMPAIGN).upper()])
    def test_order_is_booked_with_a_discount(self, bench: Bench, person: Person, listed: str) -> None:
        person.set(campaign_cards=f"{listed}, 111111")
        order = sold(bench)
        assert (bench.state(order), bench.findings()) == ("booked", [])
        assert balances(bench) == KEPT
        assert [payment["Amount"] for payment in bench.payments()] == [700]
        assert "presentkort" in bench.invoices()[0]["Remarks"]

    def test_other_cards_pay(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        sold(bench, card=BOUGHT)
        assert balances(bench) == DEBT

    def test_order_that_the_card_pays_whole_is_an_order_of_nothing(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        order = sold(bench, amount="1000.00")
        assert (bench.state(order), bench.findings(), bench.invoices()) == ("skipped", [], [])

    def test_difference_between_shop_and_books_is_nothing(self, bench: Bench, person: Person) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        order = sold(bench)
        night(bench)
        assert bench.findings() == []
        assert "minus rabatt 180.00" in person.get(f"/orders/{bench.order_id(order)}")

    def test_goods_that_come_back_onto_the_card_leave_no_debt(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        order = sold(bench)
        bench.act(order, "refund", lines=[{"line": 0}])  # as Shopify may: the card is filled first
        bench.rest()
        assert bench.findings() == []
        assert balances(bench) == {
            1510: 0, 1581: 400, 2421: 0, 2611: 0, 2631: Decimal("-22.64"), 3001: 0, 3003: Decimal("-377.36"),
        }  # fmt: skip
        bench.act(order, "refund", lines=[{"line": 1}])
        bench.rest()
        assert bench.findings() == []
        assert balances(bench) == dict.fromkeys(KEPT, 0)

    def test_list_that_changes_later_changes_no_booked_order(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        order = sold(bench)
        bench.rules(campaign_cards=[])
        bench.act(order, "update", note="en anteckning")
        bench.rest()
        assert (bench.findings(), balances(bench)) == ([], KEPT)

    def test_whole_code_is_refused(self, person: Person) -> None:
        answer = person.settings(campaign_cards="abcd-efgh-ijkl-1zia")
        assert answer.status_code == 422
        assert "aldrig hela koden" in answer.text


# Shopify may stop telling which card paid: then nothing is guessed where cards are listed.


@pytest.mark.parametrize("receipt", ["none", "gone"])
@pytest.mark.parametrize(("answer", "books"), [("given_away", KEPT), ("card_sold", DEBT)])
def test_order_waits_for_a_persons_word(
    bench: Bench, person: Person, receipt: str, answer: str, books: dict[int, Any]
) -> None:
    told(bench, receipt)
    person.set(campaign_cards=str(CAMPAIGN))
    order = sold(bench)
    assert (bench.state(order), bench.invoices()) == ("stopped", [])
    with remedied(bench, "GIFT_CARD_NOT_TOLD"):
        person.answer(order, "GIFT_CARD_NOT_TOLD", answer)
    assert (bench.state(order), balances(bench)) == ("booked", books)
    bench.act(order, "refund", lines=[{"line": 0}, {"line": 1}])
    bench.rest()
    assert (bench.findings(), balances(bench)) == ([], dict.fromkeys(KEPT, 0))


@pytest.mark.parametrize("receipt", ["none", "gone", "last"])
def test_without_a_list_the_card_pays_as_before(bench: Bench, receipt: str) -> None:
    told(bench, receipt)
    order = sold(bench)
    assert (bench.state(order), bench.findings(), balances(bench)) == ("booked", [], DEBT)


class TestOverdrawn:
    """More was paid with cards than was sold: the orders are asked about, and an answer corrects what is booked."""

    def test_answer_makes_the_payment_a_discount_and_the_debt_is_whole_again(
        self, bench: Bench, person: Person
    ) -> None:
        order = sold(bench)
        night(bench)
        assert bench.findings() == ["GIFT_CARDS_OVERDRAWN", "GIFT_CARD_MAYBE_GIVEN"]
        asked = bench.finding("GIFT_CARD_MAYBE_GIVEN")
        assert asked.data["card"] == f"{CAMPAIGN}, {last_characters(CAMPAIGN)}"
        with remedied(bench, "GIFT_CARDS_OVERDRAWN"):
            with remedied(bench, "GIFT_CARD_MAYBE_GIVEN", "GIFT_CARDS_OVERDRAWN"):
                person.answer(order, "GIFT_CARD_MAYBE_GIVEN", "given_away")
            night(bench)
        assert (bench.state(order), bench.findings(), balances(bench)) == ("booked", [], KEPT)
        assert [invoice["Total"] for invoice in bench.invoices()] == [1000, -300]

    def test_later_refund_of_a_corrected_order_moves_the_account_no_more(self, bench: Bench, person: Person) -> None:
        order = sold(bench)
        night(bench)
        person.answer(order, "GIFT_CARD_MAYBE_GIVEN", "given_away")
        bench.rest()
        bench.act(order, "refund", lines=[{"line": 0}])
        bench.rest()
        assert (bench.findings(), bench.balance(2421), bench.balance(1581)) == (["GIFT_CARDS_OVERDRAWN"], 0, 400)
        bench.act(order, "refund", lines=[{"line": 1}])
        bench.rest()
        night(bench)
        assert (bench.findings(), balances(bench)) == ([], dict.fromkeys(KEPT, 0))

    def test_refund_before_the_answer_is_corrected_with_it(self, bench: Bench, person: Person) -> None:
        order = sold(bench)
        bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}], amount="200.00")
        bench.rest()
        assert bench.balance(2421) == 100
        night(bench)
        person.answer(order, "GIFT_CARD_MAYBE_GIVEN", "given_away")
        bench.rest()
        night(bench)
        assert (bench.findings(), bench.balance(2421), bench.balance(1581)) == ([], 0, 700)

    def test_card_that_was_sold_before_is_asked_about_once(self, bench: Bench, person: Person) -> None:
        order = sold(bench, card=BOUGHT)
        night(bench)
        person.answer(order, "GIFT_CARD_MAYBE_GIVEN", "card_sold")
        bench.rest()
        night(bench)
        assert (bench.findings(), balances(bench)) == (["GIFT_CARDS_OVERDRAWN"], DEBT)

    def test_card_that_is_listed_later_asks_about_the_orders_it_paid_before(self, bench: Bench) -> None:
        bench.place(lines=[{"title": "Presentkort", "price": "500.00", "gift_card": True, "tax": None}])
        sold(bench)
        sold(bench, card=BOUGHT, amount="100.00")
        night(bench)
        assert bench.findings() == []
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        night(bench)
        (asked,) = bench.all_findings("GIFT_CARD_MAYBE_GIVEN")
        assert asked.data["amount"] == "300.00 SEK"
        bench.rules(campaign_cards=[])
        night(bench)
        assert bench.findings() == []

    def test_locked_month_moves_the_correction_to_the_first_open_day(self, bench: Bench, person: Person) -> None:
        order = sold(bench)
        night(bench)
        bench.company_is(locked_until=bench.invoices()[0]["InvoiceDate"])
        bench.pass_time()
        person.answer(order, "GIFT_CARD_MAYBE_GIVEN", "given_away")
        bench.rest()
        assert "CREDIT_MOVED_TO_OPEN_PERIOD" in bench.findings()
        assert bench.balance(2421) == 0


class TestChanges:
    """The order is edited after it was booked with the discount: the card takes no more off than it paid."""

    def test_goods_that_are_added_are_paid_with_money(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        order = sold(bench)
        bench.act(order, "edit", add=[LAMP | {"sku": "L-2", "price": "500.00"}])
        bench.act(order, "pay", gateway="shopify_payments", amount="500.00")
        bench.rest()
        assert bench.findings() == []
        assert (bench.balance(1510), bench.balance(1581), bench.balance(2421)) == (0, 1200, 0)

    def test_goods_that_are_taken_away_leave_what_was_paid_for_the_rest(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        order = sold(bench)
        bench.act(order, "edit", remove=[{"line": 1}])
        bench.act(order, "refund", amount="400.00")
        bench.rest()
        assert (bench.balance(1510), bench.balance(2421)) == (0, 0)
        assert bench.balance(1581) == 600, "the emulator fills the card first: 300.00, and 100.00 of money"
        assert (bench.balance(3001), bench.balance(3003)) == (-480, 0)
        assert bench.findings() == []

    def test_cancelled_order_leaves_nothing(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)])
        order = sold(bench)
        bench.act(order, "cancel", refund=True)
        bench.rest()
        assert (bench.findings(), balances(bench)) == ([], dict.fromkeys(KEPT, 0))

    def test_delivery_in_parts_shares_the_discount(self, bench: Bench) -> None:
        bench.rules(campaign_cards=[str(CAMPAIGN)], trigger="fulfilled")
        order = sold(bench)
        bench.act(order, "fulfil", lines=[{"line": 0}])
        bench.rest()
        assert bench.balance(3001) == -336
        bench.act(order, "fulfil", lines=[{"line": 1}])
        bench.rest()
        assert (bench.findings(), balances(bench)) == ([], KEPT)
