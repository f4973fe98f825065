"""The step that has an invoice mailed to its buyer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailInvoice:
    """Fortnox mails the invoice to the buyer. It is not idempotent: it is looked up before it is repeated."""

    document: str

    @property
    def key(self) -> str:
        """Key in the posting log."""
        return f"{self.document}:mail"
