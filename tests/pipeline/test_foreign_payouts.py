"""Payouts in other currencies: the clearing account leaves at what was booked, the bank arrives at the day's rate."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.foreign_payouts import (
    EURO,
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
from tests.support.pipeline.payouts import BANK, CLEARING, FEE, TODAY, hear, state
from tests.support.pipeline.polled_payouts import close


@pytest.mark.parametrize(
    ("day_rate", "bank", "fee", "vat", "difference"),
    [
        ("11.20", "543.20", "11.20", "2.80", {GAIN: "-7.42", LOSS: "0"}),
        ("10.90", "528.65", "10.90", "2.73", {GAIN: "0", LOSS: "7.43"}),
    ],
)
def test_payout_in_euro_to_a_euro_account_has_the_days_rate_and_its_difference_apart(
    bench: Bench, day_rate: str, bank: str, fee: str, vat: str, difference: dict[int, str]
) -> None:
    order = sell(bench)
    assert bench.balance(EURO_CLEARING) == Decimal("546.98")
    rate(bench, day_rate)
    bench.emulators.kit.calls.clear()
    hear(bench, payout(line_of(order, fee="1.00")))
    assert (state(bench), bench.findings()) == ("booked", [])
    assert (bench.balance(EURO_BANK), bench.balance(FEE)) == (Decimal(bank), Decimal(fee))
    assert (bench.balance(2645), bench.balance(2614)) == (Decimal(vat), -Decimal(vat))
    assert {account: bench.balance(account) for account in difference} == {
        account: Decimal(amount) for account, amount in difference.items()
    }
    assert bench.sent()[-1] == "POST vouchers"
    owes_nothing(bench, EURO_CLEARING, 1510)


def test_payout_in_euro_that_the_provider_turned_into_kronor_needs_no_other_rate(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order, fee="1.00"), bank_amount=Money.of("530.00", "SEK")))
    assert (state(bench), bench.findings()) == ("booked", [])
    assert (bench.balance(BANK), bench.balance(FEE), bench.balance(LOSS)) == (
        530,
        Decimal("10.93"),
        Decimal("6.05"),
    )
    owes_nothing(bench, EURO_CLEARING)


def test_rate_that_nobody_knows_stops_the_payout_until_a_person_writes_it(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order)))
    assert (state(bench), bench.findings(), bench.balance(EURO_CLEARING)) == (
        "stopped",
        ["PAYOUT_RATE_UNKNOWN"],
        Decimal("546.98"),
    )
    rate(bench, "11.05")
    bench.program.payout_poll._look_again()
    bench.rest()
    assert (state(bench), bench.findings(), bench.balance(EURO_BANK)) == ("booked", [], Decimal("546.98"))


def test_rate_of_the_day_is_that_of_an_invoice_that_fortnox_booked_then(bench: Bench) -> None:
    order = sell(bench)
    hear(bench, payout(line_of(order), paid_on=TODAY))
    assert (state(bench), bench.balance(EURO_BANK)) == ("booked", Decimal("546.98"))
    owes_nothing(bench, EURO_CLEARING, GAIN, LOSS)


def test_refund_leaves_at_the_rate_of_its_sale_whatever_the_day_says(bench: Bench) -> None:
    order = sell(bench)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    rate(bench, "12.00")
    hear(bench, payout(line_of(order, fee="1.00"), line_of(order, "-49.50", "refund")))
    assert (state(bench), bench.balance(EURO_BANK), bench.balance(FEE)) == ("booked", -12, 12)
    owes_nothing(bench, EURO_CLEARING, GAIN, LOSS)


def test_line_without_a_booked_worth_stops_the_payout_until_its_order_is_booked(bench: Bench) -> None:
    known = sell(bench)
    strange = bench.place(hear=False, **EURO)
    rate(bench, "11.20")
    hear(bench, payout(line_of(known), line_of(strange)))
    assert (state(bench), bench.findings()) == ("stopped", ["PAYOUT_LINE_WORTH_UNKNOWN"])
    assert (bench.balance(EURO_BANK), bench.balance(EURO_CLEARING)) == (0, Decimal("546.98"))
    bench.hear(strange)
    bench.rest()
    bench.program.payout_poll._look_again()
    bench.rest()
    assert (state(bench), bench.findings()) == ("booked", [])
    owes_nothing(bench, EURO_CLEARING)


def test_part_of_what_was_booked_is_no_worth_that_anyone_knows(bench: Bench) -> None:
    order = sell(bench)
    rate(bench, "11.20")
    hear(bench, payout(line_of(order, "40.00")))
    assert (state(bench), bench.findings()) == ("stopped", ["PAYOUT_LINE_WORTH_UNKNOWN"])


@pytest.mark.parametrize(
    "kind", ["CHARGEBACK", "CHARGEBACK_REVERSED", "RESERVE_RELEASED", "REFUND_FAILED", "PAYOUT_FAILED"]
)
def test_foreign_movement_that_nothing_of_ours_gave_a_worth_is_for_a_person(bench: Bench, kind: str) -> None:
    order = sell(bench)
    rate(bench, "11.20")
    other = PayoutLine("x", PayoutLineKind[kind], TODAY, eur("-5.00"), eur("0"))
    hear(bench, payout(line_of(order), other))
    assert state(bench) == "stopped"
    assert "PAYOUT_LINE_WORTH_UNKNOWN" in bench.findings()


@pytest.mark.parametrize("told", [True, False])
def test_sale_in_euro_that_is_paid_out_in_kronor_leaves_at_what_was_booked(bench: Bench, *, told: bool) -> None:
    order = sell(bench, payments=[{"gateway": "qliro"}])
    assert bench.balance(QLIRO) == Decimal("546.98")
    (row,) = order.transactions
    line = PayoutLine(
        "q1", PayoutLineKind.CHARGE, TODAY, Money.of("540.00", "SEK"), Money.of("0", "SEK"),
        keys={MatchKey.PAYMENT_ID: str(row["payment_id"])}, order_amount=eur("49.50") if told else None,
    )  # fmt: skip
    hear(bench, Payout("qliro", "m", "7", TODAY, "SEK", line.amount, (line,)))
    if told:
        assert (bench.balance(BANK), bench.balance(LOSS), bench.findings()) == (540, Decimal("6.98"), [])
        owes_nothing(bench, QLIRO)
    else:
        assert (bench.balance(BANK), bench.findings()) == (0, ["PAYOUT_LINE_WORTH_UNKNOWN"])


def test_shop_with_a_bank_account_in_euro_is_paid_out_in_both_and_owes_nothing_in_either(bench: Bench) -> None:
    bench.emulators.emulator.put_shop(bench.domain, {"payments": {"currencies": ["SEK", "EUR"]}})
    sell(bench)
    back = sell(bench)
    bench.place()
    bench.act(back, "refund", lines=[{"line": 0}])
    bench.rest()
    close(bench)
    assert bench.program.payout_poll.run() >= 2
    bench.rest()
    assert bench.findings() == []
    assert bench.balance(BANK) > 0
    assert bench.balance(EURO_BANK) > 0
    owes_nothing(bench, CLEARING, EURO_CLEARING, 1510)


def test_sale_in_a_currency_without_a_bank_account_is_paid_out_in_kronor(bench: Bench) -> None:
    bench.emulators.emulator.put_shop(bench.domain, {"payments": {"currencies": ["SEK"]}})
    sell(bench)
    close(bench)
    assert bench.program.payout_poll.run() >= 1
    bench.rest()
    assert bench.findings() == []
    assert bench.balance(BANK) == 550 - bench.balance(FEE)
    owes_nothing(bench, CLEARING, EURO_CLEARING, 1510)
