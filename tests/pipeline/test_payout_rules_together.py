"""Rules about payouts that meet on one payout: money that waits, other currencies, a person's word, Qliro's orders."""

from __future__ import annotations

from dataclasses import replace

from app.model.payout import MatchKey
from app.reconciliation.reconciliation import clearing_accounts
from tests.support.pipeline import foreign_payouts as foreign
from tests.support.pipeline import payout_answers as answers
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import BANK, CLEARING, hear, line_of, payout, state
from tests.support.pipeline.qliro import CLEARING as QLIROS
from tests.support.pipeline.qliro_shop import FREIGHT, VASE, QliroShop

CLAIM = 1510


def owes_nothing(bench: Bench) -> None:
    for account in clearing_accounts(bench.program.store, bench.tenant_id):
        assert (account.balance.minor, account.not_settled, account.unmatched) == (0, (), ())


def test_line_that_a_person_gives_to_an_order_pays_it_where_money_waits_for_its_payout(bench: Bench) -> None:
    bench.rules(clear_at_payout=["shopify_payments"])
    order = bench.place()
    bench.rest()
    hear(bench, payout(answers.stray(order)))
    assert (bench.payments(), bench.balance(CLAIM), bench.balance(CLEARING)) == ([], 499, -499)
    answers.say(bench, "order", order.name)
    assert [(payment["Amount"], payment["Booked"]) for payment in bench.payments()] == [(499, True)]
    assert (bench.balance(CLAIM), bench.balance(CLEARING), bench.findings()) == (0, 0, [])
    owes_nothing(bench)


def test_held_payout_pays_no_invoice_before_it_is_released(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    bench.rules(clear_at_payout=["shopify_payments"], unknown_lines="hold")
    second = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order), answers.stray(second)))
    assert (state(bench), bench.balance(BANK)) == ("stopped", 0)
    answers.answering(bench).hold(bench.tenant_id, answers.payout_id(bench), "maja@example.se")
    answers.say(bench, "order", second.name, line=answers.stray(second).id)
    assert (state(bench), bench.balance(BANK), bench.balance(CLAIM)) == ("stopped", 0, 499)
    held = next(answer for answer in answers.shown(bench).answers if answer.holds and answer.answer == "hold")
    answers.answering(bench).take_back(bench.tenant_id, answers.payout_id(bench), held.id, "maja@example.se")
    bench.rest()
    assert (state(bench), bench.balance(BANK), bench.balance(CLAIM), bench.balance(CLEARING)) == ("booked", 998, 0, 0)
    assert bench.findings() == []


def test_lost_line_of_a_payout_in_euro_is_worth_what_the_order_that_a_person_names_was_booked_at(bench: Bench) -> None:
    order = foreign.sell(bench)
    foreign.rate(bench, "11.20")
    hear(bench, foreign.payout(replace(foreign.line_of(order), keys={MatchKey.ORDER_NAME: "#okänd"})))
    assert (state(bench), bench.findings()) == ("stopped", ["PAYOUT_LINE_WORTH_UNKNOWN"])
    answers.say(bench, "order", order.name)
    assert (state(bench), bench.findings()) == ("booked", [])
    foreign.owes_nothing(bench, foreign.EURO_CLEARING, CLAIM)


def test_orders_that_qliro_tells_of_are_paid_by_its_batch_where_money_waits_for_it(
    bench: Bench, qliro_shop: QliroShop
) -> None:
    bench.rules(clear_at_payout=["qliro"])
    number = qliro_shop.sell(VASE | {"quantity": 2}, FREIGHT)
    qliro_shop.told(number, "ship", units={"GF-VAS-01": 1})
    qliro_shop.told(number, "ship")
    assert (bench.payments(), bench.balance(CLAIM), bench.balance(QLIROS)) == ([], 1047, 0)
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    assert (bench.balance(CLAIM), bench.balance(QLIROS), bench.findings()) == (0, 0, [])
    assert all(invoice["Balance"] == 0 for invoice in bench.invoices())
    owes_nothing(bench)
