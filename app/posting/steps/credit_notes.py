"""The step that has the ledger make the credit note that it links to an invoice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MakeCredit:
    """Fortnox makes the one credit note that it links to an invoice: unbooked, with all rows of the invoice.

    The next step replaces its content by what is really credited; until then it has no effect on any account.
    """

    original: str
    """Key of the invoice."""
    credit: str
    """Key of the document that the next step makes of it."""

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.credit}:made"
