"""Lists of payouts and of payments, and Shopify's export of twelve columns. Invented rows, written before the readers.

Sources: Stripe, dashboard exports of payouts and unified payments (columns as public importers of both test them);
Shopify Payments, exports of payouts and of transactions in twelve columns (columns as public payout checkers test them:
`Payout Date,Status,Charges,Refunds,Adjustments,Reserved Funds,Fees,Retried Amount,Total,Currency`).
"""

from __future__ import annotations

from datetime import date

import pytest

from app.kit.money import Money
from app.model.payout import PayoutLineKind
from app.payouts.files.description import StatedSum
from tests.support.payout_files.files import only, read
from tests.support.payout_files.payout_lists import EPAY, SHOPIFY, STRIPE, TWELVE, stripe, twelve


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def test_stripes_list_of_payouts_states_sums_and_has_no_payout() -> None:
    found = read((STRIPE + stripe("po_1", "974.20") + stripe("po_2", "10.00")).encode())
    assert (found.provider, found.problems, found.payouts) == ("stripe", (), ())
    assert found.sums == (
        StatedSum("po_1", date(2026, 11, 14), sek("974.20")),
        StatedSum("po_2", date(2026, 11, 14), sek("10.00")),
    )


@pytest.mark.parametrize("status", ["failed", "canceled", "pending", "in_transit"])
def test_payout_that_is_not_paid_proves_nothing(status: str) -> None:
    found = read((STRIPE + stripe("po_1", "974.20", status)).encode())
    assert found.sums == ()


@pytest.mark.parametrize("more", ["", "Marketplace Sales Tax,Advances,", "Advances,"])
def test_shopifys_list_of_payouts_states_sums_by_day(more: str) -> None:
    header = SHOPIFY.replace("Reserved Funds,", more + "Reserved Funds,")
    zeros = "0.00," * more.count(",")
    found = read(f"{header}2026-11-03,paid,450.00,-100.00,0.00,{zeros}0.00,-13.61,0.00,336.39,SEK\n".encode())
    assert found.sums == (StatedSum("", date(2026, 11, 3), sek("336.39")),)


def test_shopifys_payout_whose_parts_are_not_its_total_is_refused() -> None:
    row = "2026-11-03,paid,450.00,-100.00,0.00,0.00,-13.61,0.00,337.39,SEK\n"
    (problem,) = read((SHOPIFY + row).encode()).problems
    assert (problem.column, problem.fault.code) == ("Total", "FILE_ROW_DOES_NOT_ADD_UP")


def test_shopifys_export_without_payout_ids_is_a_payout_per_day() -> None:
    content = TWELVE + twelve("charge", "450.00,13.61,436.39") + twelve("refund", "-100.00,0.00,-100.00")
    found = only(content.encode())
    assert (found.provider, found.id, found.paid_on, found.paid_out) == (
        "shopify_payments", "2026-11-03 SEK", date(2026, 11, 3), sek("336.39"),
    )  # fmt: skip
    assert (found.is_captured, found.is_known_by_day) == (False, True)
    assert [line.kind for line in found.lines] == [PayoutLineKind.CHARGE, PayoutLineKind.REFUND]


def test_rows_of_no_payout_day_wait() -> None:
    found = read((TWELVE + twelve("charge", "450.00,13.61,436.39", day="", status="pending")).encode())
    assert (found.payouts, found.pending) == ((), 1)


@pytest.mark.parametrize(
    ("word", "amount", "kind"),
    [
        ("Reserved funds", "-5.00", PayoutLineKind.RESERVE_HELD),
        ("reserved_funds", "5.00", PayoutLineKind.RESERVE_RELEASED),
        ("Payout failure", "5.00", PayoutLineKind.PAYOUT_FAILED),
        ("Payout cancellation", "5.00", PayoutLineKind.PAYOUT_FAILED),
        ("Refund failure", "5.00", PayoutLineKind.REFUND_FAILED),
        ("Shop Cash credit", "5.00", PayoutLineKind.OTHER),
    ],
)
def test_printed_words_are_known_beside_the_apis(word: str, amount: str, kind: PayoutLineKind) -> None:
    row = twelve(word, f"{amount},0.00,{amount}")
    assert only((TWELVE + twelve("charge", "450.00,13.61,436.39") + row).encode()).lines[1].kind is kind


UNIFIED = (
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Amount Refunded,"
    "Converted Currency,Fee,Taxes On Fee,Description,Status,PaymentIntent ID,Transfer\n"
)


@pytest.mark.parametrize(
    ("content", "provider"),
    [
        (UNIFIED + "ch_1,2026-11-11 10:00,100.00,0.00,sek,true,100.00,0.00,sek,2.00,0.00,Order,Paid,pi_1,\n", "stripe"),
        (EPAY + '"2";"2";"10";"1001";"100.00";"752";"1-11-2026";"SEK";"100.00";"0.00";"";"";"0.00"\n', "epay"),
    ],
)  # fmt: skip
def test_list_of_payments_says_that_no_payout_stands_in_it(content: str, provider: str) -> None:
    found = read(content.encode())
    assert found.provider == provider
    assert [problem.fault.code for problem in found.problems] == ["FILE_PAYMENTS_WITHOUT_PAYOUTS"]
