"""Money as whole minor units, always in two currencies: the shop's and the buyer's.

Shopify states every amount twice, in `shop_money` and `presentment_money`, and rounds each on its own
(shopify-api.md 3.2), so every computation here runs once per currency and never converts a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO_DECIMAL_CURRENCIES = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"})
THREE_DECIMAL_CURRENCIES = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""ISO 4217. How many decimals Shopify itself writes of them no page shows."""


def digits(currency: str) -> int:
    """Decimals of a currency's minor unit: 2 for SEK, 0 for JPY, 3 for KWD."""
    if currency in THREE_DECIMAL_CURRENCIES:
        return 3
    return 0 if currency in ZERO_DECIMAL_CURRENCIES else 2


def half_up(value: Decimal) -> int:
    """Nearest whole number; a half goes away from zero. Shopify's own tie rule is unknown (3.4, identity 5)."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def minor(amount: str | int | Decimal, currency: str) -> int:
    """Minor units of an amount written in major units: "627.50" SEK is 62750."""
    return half_up(Decimal(str(amount)).scaleb(digits(currency)))


def rest_text(units: int, currency: str) -> str:
    """The amount as REST and webhooks write it: "499.00", and "20" for a currency without decimals."""
    places = digits(currency)
    return f"{Decimal(units).scaleb(-places):.{places}f}"


def graphql_text(units: int, currency: str) -> str:
    """The amount as GraphQL writes it: trailing zeros dropped down to one decimal, "499.0" and "627.5"."""
    text = rest_text(units, currency)
    return text[:-1] if digits(currency) == 2 and text.endswith("0") else text


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Share out a total by weight so that the parts add up: the largest remainders get the units left over."""
    whole = sum(weights)
    if whole == 0:
        return [0 for _ in weights]
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def tax_within(gross: int, rate: Decimal) -> int:
    """Tax contained in an amount that includes it, rounded once for the whole line (3.4, identity 5)."""
    return half_up(Decimal(gross) * rate / (1 + rate))


def tax_upon(net: int, rate: Decimal) -> int:
    """Tax that comes on top of an amount without it."""
    return half_up(Decimal(net) * rate)


@dataclass(frozen=True)
class Bag:
    """One amount in both currencies, in minor units: Shopify's MoneyBag."""

    shop: int
    presentment: int
    shop_currency: str
    presentment_currency: str

    def __add__(self, other: Bag) -> Bag:
        return self.with_units(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: Bag) -> Bag:
        return self.with_units(self.shop - other.shop, self.presentment - other.presentment)

    def __neg__(self) -> Bag:
        return self.with_units(-self.shop, -self.presentment)

    def with_units(self, shop: int, presentment: int) -> Bag:
        """Other amounts in the same two currencies."""
        return Bag(shop, presentment, self.shop_currency, self.presentment_currency)

    def times(self, quantity: int) -> Bag:
        """So many of it."""
        return self.with_units(self.shop * quantity, self.presentment * quantity)

    def part(self, numerator: int, denominator: int) -> Bag:
        """A fraction of it, each currency rounded on its own."""
        return self.with_units(
            half_up(Decimal(self.shop * numerator) / denominator),
            half_up(Decimal(self.presentment * numerator) / denominator),
        )

    def zero(self) -> Bag:
        """Nothing, in the same two currencies."""
        return self.with_units(0, 0)

    @property
    def text(self) -> str:
        """The plain string beside a `*_set`: equals shop_money (3.2)."""
        return rest_text(self.shop, self.shop_currency)

    def rest(self) -> dict[str, Any]:
        """The `*_set` of a REST or webhook body."""
        return {
            "shop_money": {"amount": self.text, "currency_code": self.shop_currency},
            "presentment_money": {
                "amount": rest_text(self.presentment, self.presentment_currency),
                "currency_code": self.presentment_currency,
            },
        }

    def graphql(self) -> dict[str, Any]:
        """The MoneyBag of a GraphQL answer."""
        return {
            "__typename": "MoneyBag",
            "shopMoney": money_v2(self.shop, self.shop_currency),
            "presentmentMoney": money_v2(self.presentment, self.presentment_currency),
        }


def money_v2(units: int, currency: str) -> dict[str, Any]:
    """Shopify's MoneyV2."""
    return {"__typename": "MoneyV2", "amount": graphql_text(units, currency), "currencyCode": currency}


def total_of(bags: Iterable[Bag], start: Bag) -> Bag:
    """Sum of many bags; `start` carries the currencies and is usually zero."""
    result = start
    for bag in bags:
        result += bag
    return result


def split_bag(amount: Bag, weights: Sequence[Bag]) -> list[Bag]:
    """Largest-remainder shares in each currency separately."""
    shop = split(amount.shop, [weight.shop for weight in weights])
    presentment = split(amount.presentment, [weight.presentment for weight in weights])
    return [amount.with_units(*pair) for pair in zip(shop, presentment, strict=True)]


def read_bag(holder: dict[str, Any], key: str, currencies: Bag) -> Bag:
    """Read `key_set`, else the plain `key`, else zero: older and foreign bodies lack one or the other."""
    found = holder.get(f"{key}_set")
    if isinstance(found, dict):
        shop, presentment = found.get("shop_money") or {}, found.get("presentment_money") or {}
        return currencies.with_units(
            minor(shop.get("amount") or 0, currencies.shop_currency),
            minor(presentment.get("amount") or shop.get("amount") or 0, currencies.presentment_currency),
        )
    plain = holder.get(key)
    units = minor(plain if plain is not None else 0, currencies.shop_currency)
    return currencies.with_units(units, units)


def pair(key: str, bag: Bag) -> dict[str, Any]:
    """The two spellings of one REST amount: the plain string and its set."""
    return {key: bag.text, f"{key}_set": bag.rest()}
