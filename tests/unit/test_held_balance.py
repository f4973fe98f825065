"""What stands aside leaves by what it was set aside at: first in, first out, and the last öre with the last part."""

from __future__ import annotations

from datetime import date

import pytest

from app.kit.money import Money
from app.model.payout import PayoutLine, PayoutLineKind
from app.payouts.fx.held_balance import HeldBalance
from tests.support.builders import sek

HELD, RELEASED, CARRIED = PayoutLineKind.RESERVE_HELD, PayoutLineKind.RESERVE_RELEASED, PayoutLineKind.CARRIED_FORWARD


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def line(kind: PayoutLineKind, amount: str) -> PayoutLine:
    return PayoutLine("l", kind, date(2026, 11, 3), eur(amount), eur("0"))


def no_rate(_amount: Money) -> Money | None:
    return None


def taken(standing: HeldBalance, kind: PayoutLineKind, amount: str, order: int = 0) -> Money | None:
    return standing.carrying_amount(line(kind, amount), order, no_rate)


def test_parts_go_in_proportion_and_the_last_one_takes_the_last_ore() -> None:
    standing = HeldBalance()
    standing.put(HELD, eur("3.00"), sek("10.00"))
    assert [taken(standing, RELEASED, "1.00") for _part in range(3)] == [sek("3.33"), sek("3.34"), sek("3.33")]


def test_first_in_is_first_out_over_the_edge_of_a_lot() -> None:
    standing = HeldBalance()
    standing.put(HELD, eur("1.00"), sek("11.00"))
    standing.put(HELD, eur("2.00"), sek("20.00"))
    assert [taken(standing, RELEASED, amount) for amount in ("2.00", "1.00")] == [sek("21.00"), sek("10.00")]


@pytest.mark.parametrize("amount", ["3.01", "-1.00"])
def test_more_than_stands_aside_has_no_worth_and_takes_nothing(amount: str) -> None:
    standing = HeldBalance()
    standing.put(HELD, eur("3.00"), sek("10.00"))
    assert taken(standing, RELEASED, amount) is None
    assert taken(standing, RELEASED, "3.00") == sek("10.00")


def test_dispute_comes_back_as_the_one_of_its_amount_and_never_as_another_orders() -> None:
    standing = HeldBalance()
    standing.put(PayoutLineKind.CHARGEBACK, eur("5.00"), sek("55.00"), order=1)
    standing.put(PayoutLineKind.CHARGEBACK, eur("2.00"), sek("24.00"), order=1)
    reversed_ = PayoutLineKind.CHARGEBACK_REVERSED
    assert taken(standing, reversed_, "2.00", order=2) is None
    assert [taken(standing, reversed_, amount, order=1) for amount in ("2.00", "5.00")] == [sek("24.00"), sek("55.00")]


def test_carried_amount_takes_back_what_was_carried_and_only_the_rest_has_the_days_rate() -> None:
    standing = HeldBalance()

    def at_ten(amount: Money) -> Money:
        return Money(amount.minor * 10, "SEK")

    carrying_amounts = [standing.carrying_amount(line(CARRIED, amount), 0, at_ten) for amount in ("-4.00", "3.00")]
    assert carrying_amounts == [sek("-40.00"), sek("30.00")]
    standing.note(line(CARRIED, "-1.00"), 0, sek("-12.00"))
    assert standing.carrying_amount(line(CARRIED, "5.00"), 0, at_ten) == sek("52.00")  # 10.00, 12.00 and 30.00


def test_payout_booked_before_an_earlier_one_leaves_no_ore_behind() -> None:
    standing = HeldBalance()
    standing.put(HELD, eur("2.00"), sek("24.00"))
    standing.put(HELD, eur("2.00"), sek("20.00"))
    # It was booked when only the second lot was known.
    standing.note(line(RELEASED, "2.00"), 0, sek("20.00"))
    assert taken(standing, RELEASED, "2.00") == sek("24.00")
