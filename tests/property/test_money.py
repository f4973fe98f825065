"""The laws of money."""

import itertools
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from app.kit.money import Money, exponent, round_half_up, split, total, vat_on_net, vat_out_of_gross

MINOR = st.integers(min_value=-(10**12), max_value=10**12)
CURRENCY = st.sampled_from(("SEK", "EUR", "JPY", "KWD"))
AMOUNT = st.builds(Money, MINOR, CURRENCY)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=20).filter(sum)
RATE = st.sampled_from((Decimal(25), Decimal(12), Decimal(6), Decimal("25.5"), Decimal(0)))


@given(AMOUNT)
def test_amount_written_down_and_read_is_the_same(amount: Money) -> None:
    assert Money.of(str(amount.decimal), amount.currency) == amount
    assert Money.of(str(amount).split()[0], amount.currency) == amount


@given(st.decimals(allow_nan=True, allow_infinity=True), CURRENCY)
def test_any_decimal_is_an_exact_amount_or_refused(value: Decimal, currency: str) -> None:
    try:
        amount = Money.of(value, currency)
    except ValueError:
        return
    assert amount.decimal == value


@given(AMOUNT, WEIGHTS)
def test_split_loses_nothing(amount: Money, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert len(parts) == len(weights)
    assert total(parts, amount.currency) == amount
    assert all(part.minor == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(AMOUNT, WEIGHTS)
def test_split_gives_no_lighter_part_more(amount: Money, weights: list[int]) -> None:
    parts = sorted(zip(weights, (abs(part).minor for part in split(amount, weights)), strict=True))
    for (lighter, small), (heavier, large) in itertools.pairwise(parts):
        assert small <= large or lighter == heavier


@given(AMOUNT, WEIGHTS)
def test_split_is_off_by_less_than_one_unit(amount: Money, weights: list[int]) -> None:
    for part, weight in zip(split(amount, weights), weights, strict=True):
        assert abs(Decimal(part.minor) - Decimal(amount.minor) * weight / sum(weights)) < 1


@given(AMOUNT, WEIGHTS)
def test_split_of_a_debt_mirrors_that_of_a_claim(amount: Money, weights: list[int]) -> None:
    assert split(-amount, weights) == [-part for part in split(amount, weights)]


@given(AMOUNT, RATE)
def test_vat_out_of_gross_is_the_vat_on_its_net_but_for_rounding(gross: Money, rate: Decimal) -> None:
    vat = vat_out_of_gross(gross, rate)
    assert abs((vat_on_net(gross - vat, rate) - vat).minor) <= 1
    assert vat_out_of_gross(-gross, rate) == -vat
    assert abs(vat).minor <= abs(gross).minor


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6), CURRENCY)
@example(Decimal("0.005"), "SEK")
@example(Decimal("-2.665"), "EUR")
@example(Decimal("0.5"), "JPY")
def test_rounding_is_to_the_nearest_and_away_from_zero_at_half(value: Decimal, currency: str) -> None:
    decimals = exponent(currency)
    rounded = round_half_up(value, decimals)
    off = abs(rounded - value) * 10**decimals
    assert off <= Decimal("0.5")
    assert off != Decimal("0.5") or abs(rounded) > abs(value)
