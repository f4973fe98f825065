"""Money: exact in, exact out, one rounding, splits that lose nothing."""

from decimal import Decimal

import pytest

from app.kit.money import (
    CurrenciesDifferError,
    Money,
    MoneyError,
    exponent,
    round_half_up,
    split,
    to_whole_units,
    total,
    vat_on_net,
    vat_out_of_gross,
)
from tests.support.builders import sek


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("499.00", "SEK", 49900),
        ("499", "SEK", 49900),
        ("2600.0", "SEK", 260000),
        ("0.01", "SEK", 1),
        ("-12.50", "SEK", -1250),
        ("1E+2", "SEK", 10000),
        ("20", "VND", 20),
        ("20.0", "JPY", 20),
        ("20", "RWF", 20),
        ("1.234", "KWD", 1234),
        ("12345678901234567890.12", "SEK", 1234567890123456789012),
    ],
)
def test_amount_becomes_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.of(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.005", "SEK"),
        ("20.5", "JPY"),
        ("1,50", "SEK"),
        ("", "SEK"),
        ("abc", "SEK"),
        ("NaN", "SEK"),
        ("Infinity", "SEK"),
        ("1e-30", "SEK"),
        ("1e-1999999", "SEK"),
        ("1e999999", "SEK"),
        ("1.00000000000000000000000000000001", "SEK"),
        ("1.00", "sek"),
        ("1.00", "KRONOR"),
        ("1.00", "S1K"),
        ("1.00", "ÅÄÖ"),
    ],
)
def test_amount_that_is_not_exact_is_refused(text: str, currency: str) -> None:
    with pytest.raises(MoneyError):
        Money.of(text, currency)


@pytest.mark.parametrize("minor", [1.0, Decimal(1), "1", True])
def test_minor_units_are_a_whole_number_and_nothing_else(minor: object) -> None:
    with pytest.raises(MoneyError, match="whole number"):
        Money(minor, "SEK")  # type: ignore[arg-type] # that is the test


def test_two_currencies_never_meet() -> None:
    kronor, euro = sek("1"), Money.of("1", "EUR")
    for meeting in (lambda: kronor + euro, lambda: kronor - euro, lambda: kronor < euro, lambda: kronor <= euro):
        with pytest.raises(CurrenciesDifferError, match="SEK and EUR"):
            meeting()
    with pytest.raises(CurrenciesDifferError):
        total([kronor, euro], "SEK")
    assert kronor != euro


def test_arithmetic_is_that_of_integers() -> None:
    assert sek("0.10") + sek("0.20") == sek("0.30")
    assert sek("0.30") - sek("0.40") == sek("-0.10")
    assert abs(-sek("5")) == sek("5")
    assert total([], "SEK") == Money.zero("SEK")
    assert not Money.zero("SEK")
    assert sek("0.01")
    assert sek("1") < sek("1.01") <= sek("1.01")


def test_so_many_units_cost_so_many_times_the_price() -> None:
    assert sek("19.90") * 3 == sek("59.70")
    assert sek("19.90") * -1 == -sek("19.90")


@pytest.mark.parametrize("share", [0.5, Decimal("0.25"), True])
def test_share_of_an_amount_is_no_multiplication(share: object) -> None:
    with pytest.raises(MoneyError):
        sek("10.00") * share  # type: ignore[operator]


def test_people_see_as_many_decimals_as_the_currency_has() -> None:
    assert str(sek("499")) == "499.00 SEK"
    assert str(Money(-1250, "SEK")) == "-12.50 SEK"
    assert str(Money(20, "JPY")) == "20 JPY"
    assert str(Money(1234, "KWD")) == "1.234 KWD"
    assert (exponent("SEK"), exponent("ISK"), exponent("TND")) == (2, 0, 3)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.005", "0.01"), ("0.0049999", "0.00"), ("1.015", "1.02"), ("-0.005", "-0.01"), ("2.5", "2.50")],
)
def test_half_an_ore_rounds_away_from_zero(value: str, rounded: str) -> None:
    assert round_half_up(Decimal(value)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("gross", "rate", "vat"),
    [
        ("499.00", "25", "99.80"),
        ("455.37", "25", "91.07"),
        ("171.63", "6", "9.71"),
        ("560.00", "12", "60.00"),
        ("100.00", "25.5", "20.32"),
        ("0.02", "25", "0.00"),
        ("0.03", "25", "0.01"),
        ("-499.00", "25", "-99.80"),
    ],
)
def test_vat_is_taken_out_of_the_gross_price(gross: str, rate: str, vat: str) -> None:
    assert vat_out_of_gross(sek(gross), Decimal(rate)) == sek(vat)


def test_vat_is_put_on_top_of_a_net_price() -> None:
    assert vat_on_net(sek("399.20"), Decimal(25)) == sek("99.80")
    assert vat_on_net(sek("0.02"), Decimal(25)) == sek("0.01")


@pytest.mark.parametrize(("amount", "whole"), [("199.50", "200"), ("199.49", "199"), ("-199.50", "-200")])
def test_whole_kronor_round_half_up(amount: str, whole: str) -> None:
    assert to_whole_units(sek(amount)) == sek(whole)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("100.00", [44900, 19900, 7900], ["61.76", "27.37", "10.87"]),  # acc-03
        ("99.00", [80000, 20000], ["79.20", "19.80"]),  # acc-05
        ("0.01", [1, 1], ["0.01", "0.00"]),
        ("10.00", [1, 1, 1], ["3.34", "3.33", "3.33"]),
        ("-10.00", [1, 1, 1], ["-3.34", "-3.33", "-3.33"]),
        ("10.00", [0, 5], ["0.00", "10.00"]),
    ],
)
def test_split_gives_the_remainder_to_the_largest_fraction(amount: str, weights: list[int], parts: list[str]) -> None:
    assert split(sek(amount), weights) == [sek(part) for part in parts]


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
def test_nothing_to_split_by_is_refused(weights: list[int]) -> None:
    with pytest.raises(MoneyError, match="cannot split"):
        split(sek("1"), weights)
