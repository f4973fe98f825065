"""Money: an integer number of minor units with its currency, and the only rounding of the program.

Inside Bokbro no amount is ever a float: `Decimal` while computing, `Money` wherever an amount is kept or
passed on. Rounding is half up (accounting.md 0, T2); splits lose nothing (largest remainder).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Self

_WITHOUT_DECIMALS = frozenset(re.findall(r"\S+", "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"))
_WITH_THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_CURRENCY = re.compile(r"[A-Z]{3}")


class MoneyError(ValueError):
    """An amount that is no amount, or two currencies that were mixed."""


class CurrenciesDifferError(MoneyError):
    """Amounts in two currencies cannot be added or compared."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} cannot be combined")
        self.left, self.right = left, right


def exponent(currency: str) -> int:
    """Number of decimals of a currency (ISO 4217): 2 for SEK and EUR, 0 for ISK, 3 for KWD."""
    if currency in _WITHOUT_DECIMALS:
        return 0
    return 3 if currency in _WITH_THREE_DECIMALS else 2


def round_half_up(value: Decimal, decimals: int = 2) -> Decimal:
    """Round half away from zero to `decimals` places: the rule of Fortnox rows and of Swedish VAT."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


@cache
def _is_currency(code: str) -> bool:
    """Kept for every code: a large order makes ten thousands of amounts."""
    return _CURRENCY.fullmatch(code) is not None


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (öre, cent) of one currency (ISO 4217, upper case)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"minor units must be a whole number, not {self.minor!r}")
        if not _is_currency(self.currency):
            raise MoneyError(f"not a currency code: {self.currency!r}")

    @classmethod
    def of(cls, amount: Decimal | str, currency: str) -> Self:
        """An exact amount in major units ("499.00"). Raises MoneyError if it has more decimals than the currency."""
        decimals = exponent(currency)
        try:
            value = Decimal(amount)
            # Quantizing refuses what has no place in 28 digits; comparing is exact where scaling would round.
            exact = round_half_up(value, decimals)
        except (InvalidOperation, TypeError) as error:
            raise MoneyError(f"not an amount: {amount!r}") from error
        if not exact.is_finite():
            raise MoneyError(f"not an amount: {amount!r}")
        if exact != value:
            raise MoneyError(f"{amount} is not an exact amount in {currency}")
        return cls(int(exact.scaleb(decimals)), currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Self:
        """The amount in major units, rounded half up to the currency's smallest unit."""
        try:
            return cls.of(round_half_up(amount, exponent(currency)), currency)
        except InvalidOperation as error:
            raise MoneyError(f"not an amount: {amount!r}") from error

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in a currency."""
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return _computed(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return _computed(self.minor - other.minor, self.currency)

    def __mul__(self, units: int) -> Money:
        """So many units at this price. Shares and percentages are `split` and the VAT functions: they round."""
        if type(units) is not int:
            raise MoneyError(f"units must be a whole number, not {units!r}")
        return _computed(self.minor * units, self.currency)

    def __neg__(self) -> Money:
        return _computed(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return _computed(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        return f"{self.decimal:.{exponent(self.currency)}f} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrenciesDifferError(self.currency, other.currency)


_set_minor, _set_currency = (Money.__dict__[name].__set__ for name in ("minor", "currency"))


def _computed(minor: int, currency: str) -> Money:
    """Money made of money: checked when that was made, and a large order makes ten thousands of such amounts."""
    money = object.__new__(Money)
    _set_minor(money, minor)
    _set_currency(money, currency)
    return money


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts that must all be in `currency`; zero for none."""
    minor, amount = 0, None
    for amount in amounts:
        if amount.currency != currency:
            raise CurrenciesDifferError(currency, amount.currency)
        minor += amount.minor
    return Money.zero(currency) if amount is None else _computed(minor, currency)


def split(amount: Money, weights: Sequence[int]) -> list[Money]:
    """Split an amount by weights so that the parts add up exactly (largest remainder, earlier part first on a tie).

    Raises MoneyError when there is nothing to split by.
    """
    weight_sum = sum(weights)
    if not weights or weight_sum <= 0 or min(weights) < 0:
        raise MoneyError(f"cannot split {amount} by {list(weights)}")
    sign = -1 if amount.minor < 0 else 1
    size = abs(amount.minor)
    floors = [size * weight // weight_sum for weight in weights]
    remainders = [size * weight % weight_sum for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: size - sum(floors)]:
        floors[index] += 1
    return [_computed(sign * part, amount.currency) for part in floors]


def whole_units(amount: Money, quantity: int) -> list[tuple[int, Money]]:
    """Spread an amount over whole units without a remainder: 3 for 100.00 are 2 × 33.33 and 1 × 33.34.

    Fortnox rounds each row by itself (fortnox-api.md 4, 11), so a unit price that does not divide would drift.
    """
    units = max(quantity, 1)
    low, extra = divmod(amount.minor, units)
    if not extra:
        return [(units, _computed(low, amount.currency))]
    return [(units - extra, _computed(low, amount.currency)), (extra, _computed(low + 1, amount.currency))]


def vat_out_of_gross(gross: Money, rate_percent: Decimal) -> Money:
    """The VAT inside a gross amount: gross × rate / (100 + rate), half up (accounting.md 0.3)."""
    return Money.rounded(gross.decimal * rate_percent / (100 + rate_percent), gross.currency)


def vat_on_net(net: Money, rate_percent: Decimal) -> Money:
    """The VAT on top of a net amount: net × rate / 100, half up."""
    return Money.rounded(net.decimal * rate_percent / 100, net.currency)


def to_whole_units(amount: Money) -> Money:
    """The amount rounded half up to whole kronor: what Fortnox makes of a SEK total (fortnox-api.md 4, 10)."""
    return Money.of(round_half_up(amount.decimal, 0), amount.currency)


class UnbalancedPlanError(ValueError):
    """Rows and total, or debit and credit, differ: a fault of ours, never sent."""

    def __init__(self, what: str, left: Money, right: Money) -> None:
        super().__init__(f"{what}: {left} is not {right}")
        self.what, self.left, self.right = what, left, right
