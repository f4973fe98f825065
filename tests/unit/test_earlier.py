"""A sale that others booked: on whose accounts its rows stand, told by amount and VAT rate or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.orders.planning.planner import decide
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan
from app.posting.pre_existing_sales import BookedRows, with_booked_accounts
from tests.support.builders import line, order, paid, rules


def sale() -> CreateInvoice:
    """Goods of 125.00 on 3001 at 25 %."""
    plan = decide(order(line("125.00"), transactions=(paid("125.00"),)), rules())
    assert isinstance(plan, Plan)
    return plan.invoice


def stands(account: int, gross: str, rate: str = "25") -> BookedRows:
    return BookedRows(account, Decimal(rate), Decimal(gross), 1)


def test_rows_move_to_the_account_that_holds_their_amount_at_their_rate() -> None:
    moved = with_booked_accounts(sale(), [stands(3041, "125.00")])
    assert moved is not None
    assert {row.account for row in moved.rows} == {3041}
    assert moved.total == sale().total


def test_own_account_goes_before_another_of_the_same_amount() -> None:
    assert with_booked_accounts(sale(), [stands(3001, "125.00")]) is not None


@pytest.mark.parametrize(
    "standing",
    [
        [],
        [stands(3041, "100.00")],
        [stands(3041, "125.00", "12")],
        [stands(3041, "62.50"), stands(3042, "62.50")],
        [stands(3041, "125.00"), stands(3042, "125.00")],
        [stands(3041, "125.00"), stands(3740, "1.00", "0")],
    ],
    ids=["nothing", "another amount", "another rate", "split over accounts", "two that fit", "something more"],
)
def test_rows_that_are_not_told_apart_are_a_question(standing: list[BookedRows]) -> None:
    assert with_booked_accounts(sale(), standing) is None
