"""SumUp's report of transactions and Amazon's settlement, flat file V2. Invented rows, written before the readers.

Sources: SumUp, columns of the report as a public converter of it reads them (SumUp to Online Scout Manager, K. Bailey)
and developer.sumup.com/api/schemas/FinancialPayout. Amazon: developer-docs.amazon.com/sp-api/docs/
settlement-reports-attributes (columns) and the announcement of the change to V2 (amounts in local form, `95,00`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from tests.support.payout_files.files import only, payouts, read
from tests.support.payout_files.sumup_and_amazon import PAID, SUMUP, sumup


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def test_sumups_payout_is_the_sum_of_its_rows_which_nothing_proves() -> None:
    found = only((SUMUP + PAID).encode())
    assert (found.provider, found.id, found.paid_on, found.paid_out, found.is_captured) == (
        "sumup", "MSP1", date(2026, 11, 12), sek("98.05"), False,
    )  # fmt: skip
    (line,) = found.lines
    assert (line.id, line.kind, line.amount, line.fee) == ("TX1", PayoutLineKind.CHARGE, sek("100.00"), sek("1.95"))


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "Expired"])
def test_sumups_rows_that_came_to_nothing_are_shown_and_left_out(status: str) -> None:
    found = read((SUMUP + PAID + sumup("TX2", "Sale", status, ("50.0", "0.0", "0.0"), ",")).encode())
    assert [(one.word, one.amount) for one in found.left_out] == [(status, Decimal("50.0"))]
    assert found.pending == 0


@pytest.mark.parametrize("total", ["-20.0", "20.0"])
def test_sumups_refund_lowers_the_payout_however_it_is_signed(total: str) -> None:
    found = only(
        (SUMUP + PAID + sumup("TX3", "Refund", "Paid out", (total, "0.0", "-20.0"), "2026-11-12,MSP1")).encode()
    )
    assert (found.paid_out, found.lines[1].kind) == (sek("78.05"), PayoutLineKind.REFUND)


def test_sumups_rows_that_are_not_paid_out_yet_wait() -> None:
    found = read((SUMUP + PAID + sumup("TX4", "Sale", "Successful", ("10.0", "0.2", "9.8"), ",")).encode())
    assert found.pending == 1


def test_sumups_cash_is_never_paid_out() -> None:
    found = read(
        (SUMUP + PAID + sumup("TX5", "Sale", "Successful", ("10.0", "0.0", "0.0"), ",", method="CASH")).encode()
    )
    assert ([one.word for one in found.left_out], found.pending) == (["CASH"], 0)


def test_sumups_status_that_is_not_known_stops_the_file() -> None:
    (problem,) = read((SUMUP + sumup("TX2", "Sale", "Zzz", ("50.0", "0.0", "0.0"), ",")).encode()).problems
    assert problem.fault.code == "FILE_WORD_NOT_KNOWN"


def test_sumups_row_that_does_not_make_its_payout_is_refused() -> None:
    (problem,) = read(
        (SUMUP + sumup("TX1", "Sale", "Paid out", ("100.0", "1.95", "97.05"), "2026-11-12,M")).encode()
    ).problems
    assert (problem.column, problem.fault.code) == ("Payout", "FILE_ROW_DOES_NOT_ADD_UP")


AMAZON = (
    "settlement-id\tsettlement-start-date\tsettlement-end-date\tdeposit-date\ttotal-amount\tcurrency\ttransaction-type\t"
    "order-id\tmerchant-order-id\tmarketplace-name\tamount-type\tamount-description\tamount\tposted-date\n"
)


def first(number: str, total: str, currency: str = "SEK") -> str:
    days = "2026-11-01 10:00:00 UTC\t2026-11-14 10:00:00 UTC\t2026-11-16 10:00:00 UTC"
    return f"{number}\t{days}\t{total}\t{currency}\t\t\t\t\t\t\t\t\n"


PREVIOUS = "Previous Reserve Amount Balance"


def amazon(number: str, kind: str, amount_type: str, word: str, amount: str, order: str = "171-1") -> str:
    return f"{number}\t\t\t\t\t\t{kind}\t{order}\t1001\tAmazon.se\t{amount_type}\t{word}\t{amount}\t02.11.2026\n"


def test_amazons_settlement_is_proven_by_its_first_row() -> None:
    body = amazon("123", "Order", "ItemPrice", "Principal", "100,00") + amazon(
        "123", "Order", "ItemFees", "Commission", "-20,00"
    )
    found = only((AMAZON + first("123", "80,00") + body).encode())
    assert (found.provider, found.id, found.paid_on, found.paid_out) == (
        "amazon",
        "123",
        date(2026, 11, 16),
        sek("80.00"),
    )
    assert (found.unexplained, found.is_captured) == (sek("0"), True)
    sale, fee = found.lines
    assert (sale.kind, sale.amount, sale.keys[MatchKey.ORDER_NAME]) == (PayoutLineKind.CHARGE, sek("100.00"), "171-1")
    assert (fee.kind, fee.amount, fee.fee) == (PayoutLineKind.FEE, sek("0"), sek("20.00"))


@pytest.mark.parametrize(
    ("kind", "amount_type", "word", "amount", "known"),
    [
        ("Refund", "ItemPrice", "Principal", "-18,00", PayoutLineKind.REFUND),
        ("Refund", "ItemFees", "RefundCommission", "2,00", PayoutLineKind.FEE),
        ("Order", "Promotion", "Principal", "-5,00", PayoutLineKind.CHARGE),
        ("Chargeback Refund", "ItemPrice", "Principal", "-18,00", PayoutLineKind.CHARGEBACK),
        ("other-transaction", "other-transaction", "Current Reserve Amount", "-30,00", PayoutLineKind.RESERVE_HELD),
        ("other-transaction", "other-transaction", PREVIOUS, "30,00", PayoutLineKind.RESERVE_RELEASED),
        ("Order", "ItemWithheldTax", "MarketplaceFacilitatorVAT-Principal", "-4,00", PayoutLineKind.OTHER),
        ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", "-9,00", PayoutLineKind.OTHER),
        ("other-transaction", "other-transaction", "Subscription Fee", "-39,00", PayoutLineKind.OTHER),
    ],
)  # fmt: skip
def test_amazons_kinds_are_known_or_wait_for_a_person(
    kind: str, amount_type: str, word: str, amount: str, known: PayoutLineKind
) -> None:
    total = f"{100 + int(amount.partition(',')[0])},00"
    body = amazon("123", "Order", "ItemPrice", "Principal", "100,00") + amazon("123", kind, amount_type, word, amount)
    found = only((AMAZON + first("123", total) + body).encode())
    assert (found.lines[1].kind, found.unexplained) == (known, sek("0"))


def test_amazons_settlements_of_one_file_have_each_its_own_first_row_and_currency() -> None:
    body = first("123", "100,00") + amazon("123", "Order", "ItemPrice", "Principal", "100,00")
    body += first("124", "50,00", "EUR") + amazon("124", "Order", "ItemPrice", "Principal", "50,00", "302-1")
    assert [(payout.id, payout.currency, payout.unexplained.minor) for payout in payouts((AMAZON + body).encode())] == [
        ("123", "SEK", 0), ("124", "EUR", 0),
    ]  # fmt: skip


def test_amazons_settlement_cut_off_stays_unexplained() -> None:
    body = first("123", "80,00") + amazon("123", "Order", "ItemPrice", "Principal", "100,00")
    assert only((AMAZON + body).encode()).unexplained == sek("-20.00")


def test_amazons_rows_without_their_first_row_are_refused() -> None:
    (problem,) = read((AMAZON + amazon("123", "Order", "ItemPrice", "Principal", "100,00")).encode()).problems
    assert (problem.column, problem.fault.code) == ("total-amount", "FILE_CELL_EMPTY")
