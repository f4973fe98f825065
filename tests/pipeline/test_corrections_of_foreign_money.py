"""A payout in foreign money that is told otherwise after it was booked: one voucher in kronor, at the payout's rate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.planning.correction import ChangeAnswer, NoVoucher
from app.payouts.views import PayoutDetail
from app.schema import StoredPayout
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.corrections import detail, say
from tests.support.pipeline.foreign_payouts import (
    EURO_BANK,
    EURO_CLEARING,
    GAIN,
    LOSS,
    QLIRO,
    eur,
    line_of,
    owes_nothing,
    payout,
    rate,
    sell,
)
from tests.support.pipeline.payouts import BANK, FEE, TODAY, hear, sek, state

CHANGED = "PAYOUT_CHANGED_AFTER_BOOKING"
VAT_IN, VAT_OUT, RESERVE = 2645, 2614, 1588


def balances(bench: Bench, *accounts: int) -> dict[int, Decimal]:
    return {account: Decimal(bench.balance(account)) for account in accounts}


def block(bench: Bench) -> NoVoucher | None:
    change = shown(bench).change
    assert change is not None
    return change.block


def shown(bench: Bench) -> PayoutDetail:
    return detail(bench, "payout:")


def moved(bench: Bench) -> dict[int, Decimal]:
    """Account → what the offered voucher moves, debit positive."""
    change = shown(bench).change
    assert change is not None
    assert change.voucher is not None, change.block
    assert sum((one.debit - one.credit).minor for one in change.voucher.rows) == 0
    return {row.account: (row.debit - row.credit).decimal for row in change.voucher.rows}


def correct_it(bench: Bench) -> None:
    bench.emulators.kit.calls.clear()
    say(bench, "payout:")
    assert bench.sent() == ["POST vouchers"]
    assert (state(bench), bench.findings()) == ("booked", [])


@pytest.mark.parametrize("is_kept", [True, False])
def test_fee_that_changed_moves_at_the_rate_that_the_payout_was_booked_at(bench: Bench, *, is_kept: bool) -> None:
    """11.20 then; whatever the rate of the day is by now, and for payouts from before rates were kept."""
    order = sell(bench)
    rate(bench, "11.20")
    hear(bench, payout(line_of(order, fee="1.00")))
    if not is_kept:
        with bench.program.store.write() as session:
            session.execute(update(StoredPayout).values(booked=StoredPayout.booked.op("-")("rates")))
    rate(bench, "12.00")
    hear(bench, payout(line_of(order, fee="1.50")))
    assert bench.findings() == [CHANGED]
    assert moved(bench) == {
        EURO_BANK: Decimal("-5.60"), FEE: Decimal("5.60"), VAT_IN: Decimal("1.40"), VAT_OUT: Decimal("-1.40"),
    }  # fmt: skip
    correct_it(bench)
    assert balances(bench, EURO_BANK, FEE, GAIN) == {
        EURO_BANK: Decimal("537.60"), FEE: Decimal("16.80"), GAIN: Decimal("-7.42"),
    }  # fmt: skip
    owes_nothing(bench, EURO_CLEARING)


def test_sale_that_the_payout_lacked_leaves_at_what_it_was_booked_at_and_the_rest_is_exchange(bench: Bench) -> None:
    first, second = sell(bench), sell(bench)
    rate(bench, "11.20")
    hear(bench, payout(line_of(first)))
    hear(bench, payout(line_of(first), line_of(second, fee="1.00")))
    assert moved(bench) == {
        EURO_BANK: Decimal("543.20"), FEE: Decimal("11.20"), VAT_IN: Decimal("2.80"), VAT_OUT: Decimal("-2.80"),
        EURO_CLEARING: Decimal("-546.98"), GAIN: Decimal("-7.42"),
    }  # fmt: skip
    correct_it(bench)
    assert bench.balance(EURO_BANK) == Decimal("1097.60"), "98.00 EUR at 11.20"
    owes_nothing(bench, EURO_CLEARING)


def test_sale_that_is_not_in_the_payout_any_more_stands_on_the_clearing_account_until_another_brings_it(
    bench: Bench,
) -> None:
    first, second = sell(bench), sell(bench)
    rate(bench, "10.90")
    hear(bench, payout(line_of(first), line_of(second)))
    hear(bench, payout(line_of(first)))
    assert moved(bench) == {
        EURO_BANK: Decimal("-539.55"), EURO_CLEARING: Decimal("546.98"), LOSS: Decimal("-7.43"),
    }  # fmt: skip
    correct_it(bench)
    assert balances(bench, EURO_BANK, EURO_CLEARING) == {EURO_BANK: Decimal("539.55"), EURO_CLEARING: Decimal("546.98")}
    hear(bench, replace(payout(line_of(second)), id="po_2"))
    assert bench.findings() == []
    owes_nothing(bench, EURO_CLEARING)


def test_payout_that_the_provider_turned_into_kronor_has_the_banks_new_amount(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order, fee="1.00"), bank_amount=Money.of("530.00", "SEK")))
    hear(bench, payout(line_of(order, fee="1.50"), bank_amount=Money.of("524.54", "SEK")))
    assert moved(bench)[BANK] == Decimal("-5.46")
    correct_it(bench)
    assert bench.balance(BANK) == Decimal("524.54")
    owes_nothing(bench, EURO_CLEARING)


def test_sale_in_euro_that_is_paid_out_in_kronor_keeps_its_worth(bench: Bench) -> None:
    order = sell(bench, payments=[{"gateway": "qliro"}])
    (row,) = order.transactions
    keys = {MatchKey.PAYMENT_ID: str(row["payment_id"])}

    def told(amount: str, fee: str) -> Payout:
        line = PayoutLine("q1", PayoutLineKind.CHARGE, TODAY, sek(amount), sek(fee), keys=keys)
        return Payout("qliro", "m", "7", TODAY, "SEK", line.net, (replace(line, order_amount=eur("49.50")),))

    hear(bench, told("540.00", "0"))
    assert balances(bench, BANK, LOSS) == {BANK: Decimal(540), LOSS: Decimal("6.98")}
    hear(bench, told("541.00", "2.00"))
    say(bench, "payout:")
    assert bench.findings() == []
    assert balances(bench, BANK, LOSS) == {BANK: Decimal(539), LOSS: Decimal("5.98")}
    owes_nothing(bench, QLIRO)


def test_sale_in_euro_that_a_payout_in_kronor_lacked_is_explained_in_euro(bench: Bench) -> None:
    """What is kept of the corrected state has the worth of the new line: the proof needs it."""
    orders = [sell(bench, payments=[{"gateway": "qliro"}]) for _ in range(2)]

    def told(*sold: StoredOrder) -> Payout:
        lines = tuple(
            PayoutLine(
                f"q{order.id}", PayoutLineKind.CHARGE, TODAY, sek("540.00"), sek("0"),
                keys={MatchKey.PAYMENT_ID: str(order.transactions[0]["payment_id"])}, order_amount=eur("49.50"),
            )
            for order in sold
        )  # fmt: skip
        return Payout("qliro", "m", "7", TODAY, "SEK", sek(f"{540 * len(sold)}"), lines)

    hear(bench, told(orders[0]))
    hear(bench, told(*orders))
    say(bench, "payout:")
    assert (bench.findings(), balances(bench, BANK, LOSS)) == ([], {BANK: Decimal(1080), LOSS: Decimal("13.96")})
    owes_nothing(bench, QLIRO)


def test_third_state_is_corrected_from_the_second(bench: Bench) -> None:
    order = sell(bench)
    rate(bench, "11.20")
    for fee in ("1.00", "1.50", "0.50"):
        hear(bench, payout(line_of(order, fee=fee)))
        if state(bench) != "booked":
            correct_it(bench)
    assert balances(bench, EURO_BANK, FEE) == {EURO_BANK: Decimal("548.80"), FEE: Decimal("5.60")}
    owes_nothing(bench, EURO_CLEARING)


def test_new_sale_that_is_booked_nowhere_is_refused_until_its_order_is(bench: Bench) -> None:
    known = sell(bench)
    strange = bench.place(hear=False, lines=[{"title": "Vas", "sku": "VAS", "price": "550.00"}], presentment={
        "currency": "EUR", "rate": "0.09"})  # fmt: skip
    rate(bench, "11.20")
    hear(bench, payout(line_of(known)))
    hear(bench, payout(line_of(known), line_of(strange)))
    assert block(bench) is NoVoucher.CARRYING_AMOUNT_UNKNOWN
    say(bench, "payout:")
    assert (bench.findings(), bench.balance(EURO_BANK)) == ([CHANGED], Decimal("554.40"))
    bench.hear(strange)
    bench.rest()
    assert block(bench) is None
    say(bench, "payout:")
    bench.program.payout_poll._look_again()
    bench.rest()
    assert (state(bench), bench.findings(), bench.balance(EURO_BANK)) == ("booked", [], Decimal("1108.80"))
    owes_nothing(bench, EURO_CLEARING)


def test_part_of_a_booked_payment_has_no_worth_and_is_corrected_by_hand(bench: Bench) -> None:
    order = sell(bench)
    rate(bench, "11.20")
    hear(bench, payout(line_of(order)))
    hear(bench, payout(line_of(order, "40.00")))
    assert block(bench) is NoVoucher.CARRYING_AMOUNT_UNKNOWN
    say(bench, "payout:", ChangeAnswer.BY_HAND, "A 117")
    assert (bench.findings(), [one.reference for one in shown(bench).corrected]) == ([], ["A 117"])


@pytest.mark.parametrize(("before", "after"), [("0", "-5.00"), ("-5.00", "0"), ("-5.00", "-6.00")])
def test_reserve_that_changed_may_be_anothers_by_now_and_is_corrected_by_hand(
    bench: Bench, before: str, after: str
) -> None:
    order = sell(bench)
    rate(bench, "11.20")

    def told(amount: str) -> Payout:
        kept = PayoutLine("r", PayoutLineKind.RESERVE_HELD, TODAY, eur(amount), eur("0"))
        return payout(line_of(order), *([] if amount == "0" else [kept]))

    hear(bench, told(before))
    assert state(bench) == "booked"
    stands = bench.balance(RESERVE)
    hear(bench, told(after))
    assert block(bench) is NoVoucher.HELD_BALANCE
    say(bench, "payout:")
    assert (bench.findings(), bench.balance(RESERVE)) == ([CHANGED], stands)
    say(bench, "payout:", ChangeAnswer.BY_HAND, "A 118")
    assert bench.findings() == []


def test_fee_beside_a_reserve_that_stays_is_corrected_by_voucher(bench: Bench) -> None:
    order = sell(bench)
    rate(bench, "11.20")
    kept = PayoutLine("r", PayoutLineKind.RESERVE_HELD, TODAY, eur("-5.00"), eur("0"))
    hear(bench, payout(line_of(order, fee="1.00"), kept))
    hear(bench, payout(line_of(order, fee="1.50"), kept))
    assert moved(bench)[EURO_BANK] == Decimal("-5.60")
    correct_it(bench)
    assert balances(bench, RESERVE, EURO_CLEARING) == {RESERVE: Decimal(56), EURO_CLEARING: Decimal(0)}


def test_corrected_payout_that_bounces_takes_back_what_the_bank_got_by_the_correction(bench: Bench) -> None:
    order = sell(bench)
    rate(bench, "11.20")
    told = payout(line_of(order, fee="1.50"))
    hear(bench, payout(line_of(order, fee="1.00")))
    hear(bench, told)
    correct_it(bench)
    hear(bench, replace(told, bounced=True))
    assert (bench.findings(), bench.balance(EURO_BANK)) == (["PAYOUT_BOUNCED"], 0)
    assert bench.balance(EURO_CLEARING) == Decimal("537.60"), "48.00 EUR at 11.20"


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
def test_no_fault_books_a_correction_twice(bench: Bench, fault: Any) -> None:
    first, second = sell(bench), sell(bench)
    rate(bench, "11.20")
    hear(bench, payout(line_of(first)))
    hear(bench, payout(line_of(first), line_of(second, fee="1.00")))
    bench.emulators.kit.faults.order(fault, "POST", "/3/vouchers")
    say(bench, "payout:")
    assert (state(bench), bench.findings(), bench.balance(EURO_BANK)) == ("booked", [], Decimal("1097.60"))
    assert len([voucher for voucher in bench.vouchers() if "Rättelse" in voucher.description]) == 1
    owes_nothing(bench, EURO_CLEARING)
