"""Provisioning: steps that create in a register what a document needs, with the company's consent."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.posting.references import RecordRef, Referenced, Register

_LONGEST_CODE = 20


@dataclass(frozen=True, slots=True)
class EnsureCurrency(Referenced):
    """The currency must be registered, with a rate that Fortnox keeps up to date itself: we never guess one."""

    code: str

    @property
    def ref(self) -> RecordRef:
        """Names the step."""
        return RecordRef(Register.CURRENCY, self.code)


@dataclass(frozen=True, slots=True)
class EnsureWayOfDelivery(Referenced):
    """The way of delivery must be registered before an invoice can name it."""

    code: str
    description: str

    @property
    def ref(self) -> RecordRef:
        """Names the step."""
        return RecordRef(Register.WAY_OF_DELIVERY, self.code)


def code_of_delivery(title: str) -> str:
    """A code for a way of delivery that the tenant gave none: letters and digits of the shop's own name."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]", "", plain).upper()[:_LONGEST_CODE]
