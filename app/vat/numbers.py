"""VAT numbers as text: form and check digits of each member state. Whether one is registered only VIES can tell."""

from __future__ import annotations

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

_GREECE = {"GR": "EL"}
"""Greece's prefix in VAT numbers is not its country code."""


def vat_number(text: str) -> str | None:
    """The number without spaces and signs, upper case; None when no member state's number looks like that.

    Northern Ireland's begin with XI. Numbers of the union scheme itself (EU…, IM…) name no member state: None.
    """
    try:
        number: str = vat.validate(text)
    except ValidationError:
        return None
    prefix = _GREECE.get(number[:2], number[:2])
    return None if prefix in ("EU", "IM") else prefix + number[2:]


def complete_number(text: str, country: str) -> str:
    """A number with its country's prefix where it has none; the bare text where no number comes of it.

    Buyers type it either way (VAT numbers stand in free fields of a shop). `country`: ISO 3166-1 of the buyer.
    """
    return vat_number(text) or vat_number(_GREECE.get(country, country) + bare_number(text)) or bare_number(text)


def bare_number(text: str) -> str:
    """The text without separators, upper case, whether it is a VAT number or not."""
    return "".join(char for char in text if char.isalnum()).upper()


def foreign_prefix(text: str) -> str:
    """The prefix of another member state's numbers that a text begins with; empty without."""
    prefix = bare_number(text)[:2]
    members = {_GREECE.get(code.upper(), code.upper()) for code in vat.MEMBER_STATES} - {"SE"}
    return prefix if prefix in members else ""
