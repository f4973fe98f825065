"""Provisioning: steps that create in a register what a document needs, with the company's consent."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LONGEST_CODE = 20


@dataclass(frozen=True, slots=True)
class EnsureCurrency:
    """The currency must be registered, with a rate that Fortnox keeps up to date itself: we never guess one."""

    code: str

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"currency:{self.code}"


@dataclass(frozen=True, slots=True)
class EnsureWayOfDelivery:
    """The way of delivery must be registered before an invoice can name it."""

    code: str
    description: str

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"way_of_delivery:{self.code}"


def code_of_delivery(title: str) -> str:
    """A code for a way of delivery that the tenant gave none: letters and digits of the shop's own name."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]", "", plain).upper()[:_LONGEST_CODE]
