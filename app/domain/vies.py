"""What VIES said of a buyer's VAT number: the proof that a sale without VAT rests on (accounting.md 2.2, row 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class VatCheck:
    """One answer of VIES. It outranks our own check digits: a number that is registered is right as it is."""

    number: str
    valid: bool
    day: date
    """The books' day of the answer."""
    name: str = ""
    """To whom the number belongs; many member states do not say."""
    consultation: str = ""
    """VIES's number of the consultation: what a tax auditor asks for. Only given to a seller who names itself."""
