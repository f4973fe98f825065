"""What a person says about a payout's lines: it holds from then on, is booked once, and nothing is guessed from it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from app.jobs import queue as jobs
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.line_answer_store import LineAnswerError
from app.payouts.views import payout_detail
from app.reconciliation.reconciliation import clearing_accounts
from app.web.reading import StoredReading
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_answers import answering, payout_id, say, shown, stray
from tests.support.pipeline.payouts import BANK, CLEARING, FEE, hear, line_of, payout, sek, state
from tests.support.pipeline.person import remedied

LOST = "PAYOUT_LINE_UNMATCHED"


def take_back(bench: Bench) -> None:
    (given,) = [answer for answer in shown(bench).answers if answer.holds]
    answering(bench).take_back(bench.tenant_id, payout_id(bench), given.id, "maja@example.se")
    bench.rest()


def refused(bench: Bench, answer: str, detail: str = "", line: str = "") -> str:
    with pytest.raises(LineAnswerError) as error:
        say(bench, answer, detail, line)
    return str(error.value)


@pytest.fixture
def lost(bench: Bench) -> StoredOrder:
    """An order that is paid, and a booked payout whose only line should be its and names something else."""
    order = bench.place()
    bench.rest()
    hear(bench, payout(stray(order, fee="11.48")))
    assert (state(bench), bench.findings()) == ("booked", [LOST])
    return order


def test_line_that_a_person_knows_is_the_orders_and_no_longer_lost(bench: Bench, lost: StoredOrder) -> None:
    bench.emulators.kit.calls.clear()
    say(bench, "order", lost.name)
    (line,) = shown(bench).lines
    assert (line.order_name, line.matched_by, line.is_lost, bench.findings()) == (lost.name, "order", False, [])
    assert bench.sent() == [], "the voucher stands as it was: the clearing account took the line already"
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (clearing.unmatched, clearing.not_settled) == ((), ())


@pytest.mark.parametrize("written", ["#{0}", "{0}"])
def test_order_is_named_with_or_without_its_number_sign(bench: Bench, lost: StoredOrder, written: str) -> None:
    say(bench, "order", written.format(lost.name.removeprefix("#")))
    assert bench.findings() == []


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize("name", ["", "#", "#9999"])
def test_order_that_is_not_there_is_no_answer(bench: Bench, name: str) -> None:
    assert (refused(bench, "order", name), bench.findings()) == ("order", [LOST])


def test_answer_that_is_taken_back_leaves_the_line_lost_again(bench: Bench, lost: StoredOrder) -> None:
    say(bench, "order", lost.name)
    take_back(bench)
    assert bench.findings() == [LOST]
    assert [(answer.answer, answer.holds) for answer in shown(bench).answers] == [("order", False), ("", False)]


@pytest.mark.usefixtures("lost")
def test_line_for_an_account_gets_one_voucher_from_the_clearing_account(bench: Bench) -> None:
    before = bench.balance(CLEARING)
    bench.emulators.kit.calls.clear()
    say(bench, "account", "3740")
    assert (bench.balance(3740), bench.balance(CLEARING)) == (-499, before + 499)
    assert (bench.sent(), bench.findings(), state(bench)) == (["POST vouchers"], [], "booked")
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert clearing.balance.decimal == bench.balance(CLEARING)
    assert (clearing.unmatched, clearing.providers_own) == ((), ())


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
def test_no_fault_books_the_account_twice(bench: Bench, fault: Any) -> None:
    bench.emulators.kit.faults.order(fault, "POST", "/3/vouchers")
    say(bench, "account", "3740")
    assert (bench.balance(3740), bench.findings()) == (-499, [])


def test_what_is_booked_is_not_answered_otherwise(bench: Bench, lost: StoredOrder) -> None:
    say(bench, "account", "3740")
    (line,) = shown(bench).lines
    assert refused(bench, "order", lost.name, line.line.id) == "booked"
    with pytest.raises(LineAnswerError, match="booked"):
        take_back(bench)
    assert bench.balance(3740) == -499


@pytest.mark.usefixtures("lost")
def test_account_that_fortnox_does_not_have_is_told_and_the_answer_may_be_changed(bench: Bench) -> None:
    say(bench, "account", "9998")
    assert (state(bench), "FORTNOX_ACCOUNT_NOT_FOUND" in bench.findings()) == ("stopped", True)
    take_back(bench)
    assert (state(bench), bench.findings()) == ("booked", [LOST])


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize("account", ["", "374", "37400", "0374", "konto"])
def test_text_that_is_no_account_is_no_answer(bench: Bench, account: str) -> None:
    assert (refused(bench, "account", account), bench.findings()) == ("account", [LOST])


@pytest.mark.usefixtures("lost")
def test_line_that_is_known_stays_on_the_clearing_account_and_is_named_there(bench: Bench) -> None:
    say(bench, "clearing")
    assert bench.findings() == []
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (clearing.unmatched, [one.amount for one in clearing.providers_own]) == ((), [sek("499.00")])
    assert clearing.balance.decimal == bench.balance(CLEARING)


def test_kind_that_no_rule_books_gets_its_account(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    odd = replace(line_of(order), id="odd", kind=PayoutLineKind.OTHER, amount=sek("-10.00"), raw_kind="loan", keys={})
    hear(bench, payout(line_of(order), odd))
    assert bench.findings() == ["PAYOUT_LINE_UNKNOWN"]
    assert refused(bench, "order", order.name, "odd") == "gone", "it is no order's by its kind"
    say(bench, "account", "8410")
    assert (bench.balance(8410), bench.balance(CLEARING), bench.findings()) == (10, 0, [])


def test_payout_that_waits_by_rule_is_booked_when_its_last_line_is_known(bench: Bench) -> None:
    bench.rules(unknown_lines="hold")
    order = bench.place()
    bench.rest()
    hear(bench, payout(stray(order, fee="11.48")))
    assert (state(bench), bench.balance(BANK)) == ("stopped", 0)
    say(bench, "order", order.name)
    assert (state(bench), bench.balance(BANK), bench.balance(FEE), bench.balance(CLEARING)) == (
        "booked", Decimal("487.52"), Decimal("11.48"), 0,
    )  # fmt: skip


def test_held_payout_is_booked_when_it_is_let_go(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    told = payout(line_of(order))
    hear(bench, replace(told, is_final=False))
    assert shown(bench).may_be_held
    answering(bench).hold(bench.tenant_id, payout_id(bench), "maja@example.se")
    hear(bench, told)
    assert (state(bench), bench.findings(), bench.balance(BANK)) == ("stopped", ["PAYOUT_HELD"], 0)
    take_back(bench)
    assert (state(bench), bench.findings(), bench.balance(BANK)) == ("booked", [], 499)


def test_doubled_payout_that_a_person_has_dealt_with_is_closed_with_what_is_told_of_it(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order)))
    hear(bench, payout(line_of(order), name="po_2"))
    second = payout_id(bench, "po_2")
    with pytest.raises(LineAnswerError, match="reference"):
        answering(bench).close(bench.tenant_id, second, " ", "maja@example.se")
    with remedied(bench, "REFUND_PAYOUT_DOUBLED"):
        answering(bench).close(bench.tenant_id, second, "samma pengar som po_1", "maja@example.se")
    assert (bench.state("payout:shopify_payments:po_2"), bench.balance(BANK)) == ("skipped", 499)

    found = payout_detail(bench.program.store, bench.tenant_id, second)
    assert found is not None
    assert not found.may_be_closed
    (given,) = [answer for answer in found.answers if answer.holds]
    assert given.detail == "samma pengar som po_1"
    answering(bench).take_back(bench.tenant_id, second, given.id, "maja@example.se")
    bench.rest()
    assert bench.findings() == ["REFUND_PAYOUT_DOUBLED"]


def test_booked_payout_cannot_be_closed(bench: Bench, lost: StoredOrder) -> None:
    with pytest.raises(LineAnswerError, match="booked"):
        answering(bench).close(bench.tenant_id, payout_id(bench), "A 1", "maja@example.se")
    assert (bench.findings(), shown(bench).may_be_closed) == ([LOST], False), lost.name


@pytest.mark.usefixtures("lost")
def test_booked_payout_cannot_be_held(bench: Bench) -> None:
    assert not shown(bench).may_be_held
    with pytest.raises(LineAnswerError, match="booked"):
        answering(bench).hold(bench.tenant_id, payout_id(bench), "maja@example.se")


def test_answer_waits_while_the_payout_is_worked_on(bench: Bench, lost: StoredOrder) -> None:
    with bench.program.store.write() as session:
        jobs.wake_payouts(session, [payout_id(bench)])
    lease = jobs.claim(bench.program.store, 60)
    assert lease is not None
    assert refused(bench, "order", lost.name) == "busy"


def test_other_companies_lines_and_orders_are_not_there(bench: Bench, lost: StoredOrder) -> None:
    (line,) = shown(bench).lines
    say_as = partial(answering(bench).answer, bench.tenant_id + 1, payout_id(bench), line.line.id)
    with pytest.raises(LineAnswerError, match="gone"):
        say_as("order", lost.name, "eva@example.se")
    assert refused(bench, "order", lost.name, "another line") == "gone"


def test_persons_answer_teaches_the_providers_number_of_the_order(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    number = {MatchKey.PROVIDER_ORDER_ID: "prov-7"}
    hear(bench, payout(replace(line_of(order), keys=number)))
    say(bench, "order", order.name)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    hear(bench, payout(replace(line_of(order, "refund"), keys=number), name="po_2"))
    assert bench.findings() == []


def test_lost_lines_are_one_group_without_a_button_for_each(bench: Bench) -> None:
    lines = [replace(stray(bench.place()), id=f"line-{number}") for number in range(3)]
    bench.rest()
    hear(bench, payout(*lines))
    (group,) = StoredReading(bench.program.store).findings(bench.tenant_id)
    assert (group.code, group.count, group.incidents) == (LOST, 3, ())
