"""Accounts for OSS: one sales role per country and rate, one VAT role per country (accounting.md 1.2)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from app.vat.rates import RATES, oss_countries

_SALES = {1: 3110, 2: 3140, 3: 3170}
"""Level of the rate → what the country's number is added to."""
_VAT = 2670
SWEDISH_VAT_CODES = frozenset({"MP1", "MP2", "MP3", "MF", "VEU", "VTEU", "TEU", "ÖTEU", "3FEU", "FEU"})
"""VAT codes that feed a box of the Swedish return: an OSS account must carry none of them (accounting.md 0.8)."""


@lru_cache(maxsize=256)
def rate_text(rate: Decimal) -> str:
    """A rate as people write it: 25, 25.5. The world has few, and every row of a large order asks."""
    return f"{rate.normalize():f}"


def oss_sales_role(country: str, rate: Decimal) -> str:
    """The role a sale to a country at a rate goes to: `oss_sales.DE.19`. Shipping follows the goods."""
    return f"oss_sales.{country}.{rate_text(rate)}"


def oss_vat_role(country: str) -> str:
    """The role the VAT of a country goes to: `oss_vat.DE`, for all its rates."""
    return f"oss_vat.{country}"


def proposed_oss_accounts() -> dict[str, int]:
    """The numbers that accounting.md 1.2 proposes. Nobody's chart has them by itself: a tenant takes them or others.

    A rate without a proposed number (super-reduced, parts of a country) has to be mapped by hand.
    """
    accounts: dict[str, int] = {}
    for position, country in enumerate(oss_countries(), start=1):
        accounts[oss_vat_role(country)] = _VAT + position
        for rate in RATES:
            if rate.country == country and rate.level:
                accounts[oss_sales_role(country, rate.percent)] = _SALES[rate.level] + position
    return accounts
