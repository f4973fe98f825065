"""What a shop says, in our words: the books' day, a line's worth, and which transactions are money."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.model.order import TransactionKind, books_day
from tests.support.builders import NOON, line, order, paid, sek, shipping, tax_line


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-30T23:30:00+00:00", date(2026, 12, 1)),  # T10: half past midnight in Stockholm
        ("2026-11-30T22:59:59+00:00", date(2026, 11, 30)),
        ("2026-11-30T23:30:00+01:00", date(2026, 11, 30)),
        ("2026-06-30T22:30:00+00:00", date(2026, 7, 1)),  # summer: two hours ahead
        ("2026-06-30T21:59:59+00:00", date(2026, 6, 30)),
        ("2026-03-28T23:30:00+00:00", date(2026, 3, 29)),  # the night summer time begins
        ("2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T22:30:00+00:00", date(2026, 10, 25)),  # the night it ends
        ("2026-10-25T22:30:00+00:00", date(2026, 10, 25)),
        ("2026-12-31T15:00:00-08:00", date(2027, 1, 1)),  # another year for the books
    ],
)
def test_event_falls_on_the_day_of_stockholm(moment: str, day: date) -> None:
    assert books_day(datetime.fromisoformat(moment)) == day


def test_line_is_worth_its_quantity_less_all_discounts() -> None:
    three = line("100.00", quantity=3, discount="50.01")
    assert three.amount == sek("249.99")
    assert three.tax == sek("50.00")


def test_tax_of_a_line_is_the_sum_of_its_tax_lines() -> None:
    assert line(tax_lines=(tax_line("20", "10"), tax_line("5", "2.50"))).tax == sek("12.50")
    assert shipping("99.00", tax_line("25", "15.84"), tax_line("6", "1.12")).tax == sek("16.96")


def test_money_in_is_what_was_sold_or_captured_with_success_oldest_first() -> None:
    later = NOON + timedelta(hours=1)
    transactions = (
        paid("2", id="late", at=later),
        paid("1", id="capture", kind=TransactionKind.CAPTURE),
        paid("4", id="failed", succeeded=False),
        paid("8", id="auth", kind=TransactionKind.AUTHORIZATION),
        paid("16", id="void", kind=TransactionKind.VOID),
        paid("32", id="refund", kind=TransactionKind.REFUND),
        paid("64", id="other", kind=TransactionKind.OTHER),
    )
    assert [one.id for one in order(transactions=transactions).money_in] == ["capture", "late"]


def test_order_is_known_by_platform_and_id() -> None:
    assert order(id="9007199254740993").subject == "order:shopify:9007199254740993"


def test_noon_of_the_builders_is_noon_in_stockholm() -> None:
    assert datetime(2026, 11, 3, 11, tzinfo=UTC) == NOON
    assert books_day(NOON) == date(2026, 11, 3)
