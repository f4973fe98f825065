"""How providers' fees are taxed: by rule and by day, never by a guess (accounting.md 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class FeeVat(StrEnum):
    """How a provider's fees are taxed (accounting.md 1.4). The value ends the role of the fee's account."""

    REVERSE_CHARGE = "reverse_charge"
    """A service from another EU country: we calculate 25 % and deduct it, base in box 21."""
    SE_VAT = "se_vat"
    """A Swedish provider: the VAT that its document shows is deducted, none where it shows none."""
    NONE = "none"


DEFAULT_FEE_VAT: Mapping[str, FeeVat] = {
    "shopify_payments": FeeVat.REVERSE_CHARGE,
    "stripe": FeeVat.REVERSE_CHARGE,
    "adyen": FeeVat.NONE,
    "klarna": FeeVat.SE_VAT,
    "kustom": FeeVat.SE_VAT,
    "qliro": FeeVat.SE_VAT,
    "svea": FeeVat.SE_VAT,
    "paypal": FeeVat.NONE,
    "swish": FeeVat.NONE,
}


@dataclass(frozen=True, slots=True)
class FeeVatChange:
    """From this day on a provider's fees are taxed in another way."""

    provider: str
    first_day: date
    mode: FeeVat
