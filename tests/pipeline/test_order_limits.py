"""What payouts settle on an order never exceeds what the order was paid; what would is named and settles nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.payouts.line_answer_store import LineAnswering
from app.payouts.views import payout_detail
from app.reconciliation.reconciliation import clearing_accounts
from app.web.reading import StoredReading
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, KLARNA, row, taken
from tests.support.pipeline.person import remedied
from tests.support.pipeline.qliro import Qliro

pytestmark = pytest.mark.usefixtures("files")

BANK, CLEARING = 1930, 1586
BEYOND = "PAYOUT_BEYOND_ORDER"


def order(bench: Bench, **spec: Any) -> str:
    placed = bench.place(**KLARNA | spec)
    bench.rest()
    return placed.name


def told(bench: Bench, code: str = BEYOND) -> list[tuple[str, str, str]]:
    return [
        (finding.data["order"], finding.data["settled_amount"], finding.data["captured_amount"])
        for finding in bench.all_findings(code)
    ]


def say(bench: Bench, payout: str, answer: str = "clearing") -> None:
    payout_id = bench.payout_id(f"payout:klarna:{payout}")
    found = payout_detail(bench.program.store, bench.tenant_id, payout_id)
    assert found is not None
    for one in found.lines:
        if one.choices:
            answering = LineAnswering(bench.program.store, lambda: None)
            answering.answer(bench.tenant_id, payout_id, one.line.id, answer, "", "maja@example.se")
    bench.rest()


def test_refund_above_what_was_captured_stops_the_payout_and_names_order_and_amounts(bench: Bench) -> None:
    name = order(bench)
    taken(bench, HEAD + row(name, "499,00") + row(name, "-900,00", kind="retur"))
    assert (told(bench), bench.balance(BANK)) == ([(name, "900.00 SEK", "499.00 SEK")], 0)
    with remedied(bench, "PAYOUT_BEYOND_ORDER"):
        say(bench, "K-1")
    assert (bench.balance(BANK), bench.balance(CLEARING)) == (-401, 900), "the whole payout, and the line is nobody's"


def test_order_paid_out_twice_under_other_days_and_amounts_stops_the_second(bench: Bench) -> None:
    name = order(bench)
    taken(bench, HEAD + row(name, "300,00"))
    taken(bench, HEAD + row(name, "299,00", payout="K-2"))
    assert (told(bench), bench.balance(BANK)) == ([(name, "599.00 SEK", "499.00 SEK")], 300)


def test_order_of_two_captures_is_paid_out_in_two_payouts(bench: Bench) -> None:
    name = order(bench)
    taken(bench, HEAD + row(name, "300,00"))
    taken(bench, HEAD + row(name, "199,00", payout="K-2"))
    assert (bench.findings(), bench.balance(BANK), bench.balance(CLEARING)) == ([], 499, 0)


def test_refund_may_come_in_an_earlier_payout_than_its_sale(bench: Bench) -> None:
    name = order(bench)
    taken(bench, HEAD + row(name, "-100,00", kind="retur"))
    taken(bench, HEAD + row(name, "499,00", payout="K-2"))
    assert (bench.findings(), bench.balance(BANK)) == ([], 399)


def test_order_that_two_providers_claim_in_full_stops_the_second(bench: Bench) -> None:
    name = order(bench, payments=[{"gateway": "swish"}])
    swish = (
        "Clnr,Kontonr,Bokfdag,Transdag,Valutadag,Mottagarnr,Mottagarnamn,Avsändarnr,Avsändarnamn,Meddelande,Tid,"
        "Belopp,Orderreferens\n8327,7001,2026-11-20,2026-11-20,2026-11-20,1230001,Granström,46700,ANNA,"
        f"{name},10:01,499.00,\n"
    )
    taken(bench, swish)
    taken(bench, HEAD + row(name, "499,00"))
    assert (told(bench), bench.balance(BANK)) == ([(name, "998.00 SEK", "499.00 SEK")], 499)


def test_order_whose_money_went_through_another_provider_is_paid_nothing_through_this_one(bench: Bench) -> None:
    name = order(bench, payments=[{"gateway": "swish"}])
    taken(bench, HEAD + row(name, "499,00"))
    assert (told(bench), bench.balance(BANK)) == ([(name, "499.00 SEK", "0.00 SEK")], 0)
    with remedied(bench, "PAYOUT_BEYOND_ORDER"):
        say(bench, "K-1")


def test_order_of_an_unknown_payment_may_have_been_paid_through_this_provider(bench: Bench) -> None:
    name = order(bench, payments=[{"gateway": "faktura24"}])
    taken(bench, HEAD + row(name, "499,00"))
    assert (told(bench), bench.balance(BANK)) == ([], 499)


def test_rule_books_the_whole_payout_and_leaves_the_doubtful_line_on_the_clearing_account(bench: Bench) -> None:
    bench.rules(beyond_order="book")
    name = order(bench)
    taken(bench, HEAD + row(name, "499,00") + row(name, "120,50"))
    assert told(bench, "PAYOUT_BEYOND_ORDER_BOOKED") == [(name, "619.50 SEK", "499.00 SEK")]
    assert (bench.balance(BANK), bench.balance(CLEARING)) == (Decimal("619.50"), Decimal("-120.50"))
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert ([str(one.amount) for one in clearing.unmatched], clearing.not_settled) == (["120.50 SEK"], ())
    with remedied(bench, "PAYOUT_BEYOND_ORDER_BOOKED"):
        say(bench, "K-1")


def test_order_from_before_the_start_date_is_not_compared(bench: Bench) -> None:
    name = order(bench, processed_at="2026-11-01T10:00:00Z")
    bench.rules(cut_over=date(2026, 11, 10).isoformat())
    taken(bench, HEAD + row(name, "900,00"))
    assert (told(bench), bench.balance(BANK)) == ([], 900)


def test_payout_goes_on_once_the_import_that_has_the_money_is_taken_back(bench: Bench) -> None:
    name = order(bench)
    wrong = taken(bench, HEAD + row(name, "300,00"), bank=None)
    taken(bench, HEAD + row(name, "499,00", payout="K-2"), bank=None)
    assert told(bench) == [(name, "799.00 SEK", "499.00 SEK")]
    bench.program.payout_files.undo.take_back(bench.tenant_id, wrong.file_id, "maja@example.se")
    bench.rest()
    assert (bench.findings(), bench.state("payout:klarna:K-2")) == ([], "waiting")


# --- Qliro, and the overview


def test_qliro_batch_with_a_refund_above_the_capture_stops_and_books_nothing(bench: Bench, qliro: Qliro) -> None:
    placed, number = qliro.sell("648.00")
    bench.rest()
    qliro.close()
    row = qliro.merchant.batches[0].accepted[0]
    refund = {"PaymentTransactionId": 8003, "Action": "Credit", "Amount": 900.00}
    qliro.merchant.batches[0].accepted.append(row | refund)
    qliro.poll()
    assert (told(bench), qliro.states()) == ([(placed.name, "900.00 SEK", "648.00 SEK")], ["stopped"])
    assert bench.balance(BANK) == 0, f"order {number} is settled by nothing"


def test_overview_says_that_shop_and_books_agree_only_while_every_payout_is_proved(bench: Bench) -> None:
    reading = StoredReading(bench.program.store)
    name = order(bench)

    def unreconciled() -> int:
        return reading.home(bench.tenant_id, datetime.now(UTC)).unreconciled

    taken(bench, HEAD + row(name, "499,00"))
    assert unreconciled() == 0
    taken(bench, HEAD + row(name, "120,00", payout="K-2"))
    assert unreconciled() == 1
