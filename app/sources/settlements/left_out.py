"""Rows of a file that are no movement of money, as they are shown to people. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Reason(StrEnum):
    """Why a row is no line of a payout."""

    FOOTER = "footer"
    """A total of the rows above, or what a report says of itself."""
    STATUS = "status"
    """Its status says that no money has moved."""
    SECTION = "section"
    """It belongs to another section of the file."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is left out, as a person recognises it."""

    line: int
    reason: Reason
    text: str
    """Its first cell that says something."""
    word: str = ""
    """The status, or the section."""
    amount: Decimal | None = None
    """In the file's own unit and sign; None where it has none, or none that can be read."""
    fee: Decimal | None = None
