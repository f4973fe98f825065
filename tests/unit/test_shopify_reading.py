"""The small readers of amounts, rates, ids and times."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.kit.money import Money
from app.model.order import TransactionKind
from app.shops.base import BodyNotUnderstoodError
from app.shops.shopify import reading


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("2600.0", "SEK", 260000),
        ("20", "VND", 20),
        (12, "SEK", 1200),
        ("-4.00", "EUR", -400),
        (Decimal("0.1"), "SEK", 10),
    ],
)
def test_amount_is_exact(amount: Any, currency: str, minor: int) -> None:
    assert reading.money(amount, currency, "price") == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.005", "SEK"), ("x", "SEK"), (None, "SEK"), ("1", None), (True, "SEK")]
)
def test_amount_that_is_none_is_named(amount: Any, currency: Any) -> None:
    with pytest.raises(BodyNotUnderstoodError, match="price"):
        reading.money(amount, currency, "price")


@pytest.mark.parametrize(
    ("fraction", "percent"),
    [("0.25", "25"), ("0.255", "25.5"), (0, "0"), ("0.0", "0"), (Decimal("0.06"), "6"), ("1", "100")],
)
def test_rate_is_a_fraction_shown_in_percent(fraction: Any, percent: str) -> None:
    assert reading.percent(fraction, "rate") == Decimal(percent)


@pytest.mark.parametrize("rate", ["NaN", "Infinity", "-0.25", "25 %", None, "10", ""])
def test_rate_that_is_none_is_named(rate: Any) -> None:
    with pytest.raises(BodyNotUnderstoodError, match="rate is no rate"):
        reading.percent(rate, "rate")


@pytest.mark.parametrize(
    ("given", "digits"),
    [
        (9007199254740993, "9007199254740993"),
        ("9007199254740993", "9007199254740993"),
        ("gid://shopify/Order/9007199254740993", "9007199254740993"),
        ("gid://shopify/LineItem/5?key=1", "5"),
    ],
)
def test_id_keeps_every_digit(given: Any, digits: str) -> None:
    assert reading.numeric_id(given, "id") == digits


@pytest.mark.parametrize("given", [None, "", "gid://shopify/Order/", "abc", True, -5, 1.5, "²", "٣"])
def test_id_that_is_none_is_named(given: Any) -> None:
    with pytest.raises(BodyNotUnderstoodError, match="id is no id"):
        reading.numeric_id(given, "id")


@pytest.mark.parametrize("given", ["2026-11-03T10:15:00Z", "2026-11-03T11:15:00+01:00", "2026-11-03T21:15:00+11:00"])
def test_time_is_read_with_its_zone(given: str) -> None:
    assert reading.moment(given, "at") == datetime(2026, 11, 3, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize("given", ["2026-11-03", "2026-11-03T10:15:00", 1762164900, None, ""])
def test_time_without_zone_is_no_time(given: Any) -> None:
    with pytest.raises(BodyNotUnderstoodError, match="at "):
        reading.moment(given, "at")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("SALE", TransactionKind.SALE),
        ("capture", TransactionKind.CAPTURE),
        ("suggested_refund", TransactionKind.OTHER),
        (None, TransactionKind.OTHER),
        ("AUTHORIZATION", TransactionKind.AUTHORIZATION),
    ],
)
def test_kind_of_a_transaction_is_known_or_kept_apart(word: Any, kind: TransactionKind) -> None:
    assert reading.transaction_kind(word) is kind


def test_null_is_an_empty_list_and_another_thing_is_none() -> None:
    assert reading.listing(None, "rows") == []
    with pytest.raises(BodyNotUnderstoodError, match="rows is no list"):
        reading.listing({}, "rows")
