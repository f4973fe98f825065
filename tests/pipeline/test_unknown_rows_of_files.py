"""Rows of a kind that no word of PayPal's or Adyen's tells: booked with the payout, told, and a person's to name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.payouts.line_answer_store import LineAnswering
from app.payouts.planning.line_answers import LineAnswer
from app.payouts.views import payout_detail
from tests.support.payout_files.from_sources import ADYEN_49, PAYPAL_41, adyen, paid_out, paypal, under
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import taken

BANK = 1930
PAYPAL = under(
    PAYPAL_41,
    paypal("13", "Express Checkout Payment", "Completed", ("100,00", "-3,00", "97,00"), "T1", "Credit"),
    paypal("14", "Something New", "Completed", ("-20,00", "0,00", "-20,00"), "T2", "Debit"),
    paypal("15", "General Withdrawal", "Completed", ("-77,00", "0,00", "-77,00"), "T3", "Debit"),
).decode()
ADYEN = under(
    ADYEN_49,
    adyen("1", "Settled", ",100.00", ",97.00", ",1.00,1.00,1.00", "3.00"),
    adyen("2", "SomethingNew", ",", "20.00,"),
    paid_out("77.00"),
).decode()


@pytest.mark.parametrize(
    ("content", "kind", "clearing"), [(PAYPAL, "Something New", 1585), (ADYEN, "SomethingNew", 1589)]
)
def test_unknown_row_is_told_stands_on_the_clearing_account_and_leaves_it_by_a_persons_word(
    bench: Bench, content: str, kind: str, clearing: int
) -> None:
    bench.rules(accounts={"psp.adyen.sek": 1589})
    taken(bench, content, bank=None)
    assert sorted(bench.findings()) == ["PAYOUT_LINE_UNKNOWN", "PAYOUT_LINE_UNMATCHED"]
    assert (bench.balance(BANK), bench.balance(clearing)) == (77, -80), "100.00 of the sale less 20.00 of the row"
    payout_id = bench.payout_id("payout:")
    detail = payout_detail(bench.program.store, bench.tenant_id, payout_id)
    assert detail is not None
    (row,) = [line for line in detail.lines if line.line.raw_kind == kind]
    assert LineAnswer.ACCOUNT in row.choices
    LineAnswering(bench.program.store, lambda: None).answer(
        bench.tenant_id, payout_id, row.line.id, LineAnswer.ACCOUNT.value, "6570", "maja@example.se"
    )
    bench.rest()
    assert (bench.balance(6570), bench.balance(clearing)) == (Decimal(20), -100)
    assert bench.findings() == ["PAYOUT_LINE_UNMATCHED"]


@pytest.mark.parametrize("content", [PAYPAL, ADYEN])
def test_unknown_row_holds_the_payout_where_the_rule_says_so(bench: Bench, content: str) -> None:
    bench.rules(unknown_lines="hold")
    taken(bench, content, bank=None)
    assert "PAYOUT_LINE_UNKNOWN" in bench.findings()
    assert bench.balance(BANK) == 0
