"""A payout that is told otherwise after it was booked: both states stay, and a person's word corrects the books."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.model.payout import MatchKey
from app.payouts.line_answer_store import LineAnswerError, LineAnswering
from app.payouts.planning.correction import ChangeAnswer
from app.payouts.views import PayoutDetail, payout_detail
from app.reconciliation.reconciliation import clearing_accounts
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, KLARNA, row, taken
from tests.support.pipeline.person import remedied

pytestmark = pytest.mark.usefixtures("files")

BANK, CLEARING, FEES = 1930, 1586, 6064
CHANGED = "PAYOUT_CHANGED_AFTER_BOOKING"


def payout_id(bench: Bench) -> int:
    return bench.payout_id("payout:klarna:K-1")


def detail(bench: Bench) -> PayoutDetail:
    found = payout_detail(bench.program.store, bench.tenant_id, payout_id(bench))
    assert found is not None
    return found


def say(bench: Bench, answer: ChangeAnswer = ChangeAnswer.CORRECT, reference: str = "") -> None:
    answering = LineAnswering(bench.program.store, lambda: None)
    answering.say_of_change(bench.tenant_id, payout_id(bench), answer, reference, "maja@example.se")
    bench.rest()


def balances(bench: Bench) -> Mapping[str, Any]:
    return {name: bench.balance(account) for name, account in (("bank", BANK), ("clearing", CLEARING), ("fee", FEES))}


def test_correction_is_one_voucher_of_the_difference_and_both_states_stay(bench: Bench) -> None:
    first, second = bench.place(**KLARNA), bench.place(**KLARNA)
    bench.rest()
    part = HEAD + row(first.name, "499,00", "12,00")
    taken(bench, part)
    taken(bench, part + row(second.name, "499,00", "12,00"), bank=None)
    assert (bench.findings(), balances(bench)) == ([CHANGED], {"bank": 487, "clearing": 499, "fee": 12})

    change = detail(bench).change
    assert change is not None
    assert change.voucher is not None
    assert (str(change.booked.paid_out), str(change.reported.paid_out)) == ("487.00 SEK", "974.00 SEK")
    assert {one.account: (one.debit - one.credit).decimal for one in change.voucher.rows} == {
        BANK: 487, CLEARING: -499, FEES: 12,
    }  # fmt: skip
    assert [new.keys for _old, new in detail(bench).versions if new] == [{MatchKey.ORDER_NAME: second.name}]

    bench.emulators.kit.calls.clear()
    with remedied(bench, "PAYOUT_CHANGED_AFTER_BOOKING"):
        say(bench)

    assert bench.sent() == ["POST vouchers"]
    assert (bench.findings(), balances(bench)) == ([], {"bank": 974, "clearing": 0, "fee": 24})
    shown = detail(bench)
    assert (shown.state, shown.change, [str(one.payout.paid_out) for one in shown.corrected]) == (
        "booked", None, ["487.00 SEK"],
    )  # fmt: skip
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (clearing.balance.minor, clearing.not_settled) == (0, ())


def test_corrected_payout_is_known_and_a_third_state_of_it_is_told_anew(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    taken(bench, HEAD + row(order.name, "499,00"))
    taken(bench, HEAD + row(order.name, "499,00", "9,00"), bank=None)
    say(bench)
    assert (bench.findings(), balances(bench)) == ([], {"bank": 490, "clearing": 0, "fee": 9})
    taken(bench, HEAD + row(order.name, "499,00", "9,00"), bank=None)
    assert bench.findings() == []
    taken(bench, HEAD + row(order.name, "499,00", "10,00"), bank=None)
    assert bench.findings() == [CHANGED]
    say(bench)
    assert (bench.findings(), balances(bench)) == ([], {"bank": 489, "clearing": 0, "fee": 10})


def test_correction_by_hand_books_nothing_and_closes_the_finding(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    taken(bench, HEAD + row(order.name, "499,00"))
    taken(bench, HEAD + row(order.name, "499,00", "9,00"), bank=None)
    with pytest.raises(LineAnswerError, match="reference"):
        say(bench, ChangeAnswer.BY_HAND, " ")
    say(bench, ChangeAnswer.BY_HAND, "A 117")
    assert (bench.findings(), balances(bench)) == ([], {"bank": 499, "clearing": 0, "fee": 0})
    assert [one.reference for one in detail(bench).corrected] == ["A 117"]


def test_word_about_one_state_does_not_correct_to_another(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    taken(bench, HEAD + row(order.name, "499,00"))
    with pytest.raises(LineAnswerError, match="gone"):
        say(bench)
    taken(bench, HEAD + row(order.name, "499,00", "9,00"), bank=None)
    bench.rules(payout_series="Ö")
    say(bench)
    assert "PAYOUT_CHANGED_AFTER_BOOKING" not in bench.findings(), "what stops the correction is told instead"
    bench.rules(payout_series="A")
    taken(bench, HEAD + row(order.name, "499,00", "10,00"), bank=None)
    assert (bench.findings(), bench.balance(BANK)) == ([CHANGED], 499)


def test_correction_that_another_payout_has_the_money_of_is_not_booked(bench: Bench) -> None:
    first, second = bench.place(**KLARNA), bench.place(**KLARNA)
    bench.rest()
    taken(bench, HEAD + row(first.name, "499,00"))
    taken(bench, HEAD + row(second.name, "499,00", payout="K-2"))
    taken(bench, HEAD + row(first.name, "499,00") + row(second.name, "499,00"), bank=None)
    say(bench)
    assert sorted(bench.findings()) == [CHANGED, "REFUND_PAYOUT_DOUBLED"]
    assert (bench.balance(BANK), bench.balance(CLEARING)) == (998, 0)
